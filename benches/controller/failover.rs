//! The leader of three is killed: from the last answer of the old one to the first of the new.

use crate::clock::now;
use crate::cluster::{Cluster, Program, check_created, create};
use crate::figures::Figures;

const KILLS: u32 = 5;

pub(crate) fn measure(program: Program, figures: &mut Figures) -> anyhow::Result<()> {
    let mut cluster = Cluster::start(program, 3)?;
    cluster.register_brokers()?;
    let mut taken = Vec::new();
    for kill in 0..KILLS {
        let name = |which: &str| std::iter::once(format!("{which}-{kill}"));
        let (_, answer, leader) = cluster.ask_leader(&create(name("before"), 1))?;
        check_created(&answer)?;
        let last = now();
        if let Some(process) = cluster.controllers[leader].process.take() {
            process.kill()?;
        }
        let (_, answer, _) = cluster.ask_leader(&create(name("after"), 1))?;
        check_created(&answer)?;
        taken.push(last.elapsed().as_secs_f64() * 1000.0);
        cluster.spawn(leader)?;
        cluster.wait_until_listening(leader)?;
        crate::clock::pause(std::time::Duration::from_secs(5));
    }
    taken.sort_by(f64::total_cmp);
    figures.cost("the leader is killed, median", 3, taken[taken.len() / 2], "ms");
    figures.cost("the leader is killed, longest", 3, taken[taken.len() - 1], "ms");
    Ok(())
}
