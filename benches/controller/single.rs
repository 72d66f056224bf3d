//! One topic at a time, by one client and by 64 at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::{now, timed};
use crate::cluster::{Cluster, Program, check_created, create};
use crate::connection::Connection;
use crate::figures::Figures;

/// How long each client goes on, and before it counts.
const MEASURED: Duration = Duration::from_secs(5);
const WARMING: Duration = Duration::from_secs(3);
const CLIENTS: usize = 64;

/// Measures a quorum of so many.
pub(crate) fn measure(program: Program, controllers: usize, figures: &mut Figures) -> anyhow::Result<()> {
    let cluster = Cluster::start(program, controllers)?;
    cluster.register_brokers()?;
    let first = create(std::iter::once("first".to_owned()), 1);
    let (_, _, leader) = cluster.ask_leader(&first)?;
    let port = cluster.controllers[leader].port;
    let size = u32::try_from(controllers)?;
    drop(create_for(port, WARMING, CLIENTS, "warm")?);
    let mut alone = create_for(port, MEASURED, 1, "one")?;
    figures.cost(
        "create one topic, 1 client, median",
        size,
        median(&mut alone),
        "ms",
    );
    let mut many = create_for(port, MEASURED, CLIENTS, "many")?;
    let rate = many.len() as f64 / MEASURED.as_secs_f64();
    figures.cost(
        "create one topic, 64 clients, median",
        size,
        median(&mut many),
        "ms",
    );
    figures.rate("create one topic, 64 clients", size, rate, "/s");
    Ok(())
}

/// Creates topics for a while; how long each took, in milliseconds.
fn create_for(port: u16, time: Duration, clients: usize, prefix: &str) -> anyhow::Result<Vec<f64>> {
    let next = AtomicU64::new(0);
    let until = now() + time;
    let create_alone = || -> anyhow::Result<Vec<f64>> {
        let mut connection = Connection::open(port)?;
        let mut taken = Vec::new();
        while now() < until {
            let name = format!("{prefix}-{}", next.fetch_add(1, Ordering::Relaxed));
            let request = create(std::iter::once(name), 1);
            let (answer, time) = timed(|| connection.ask(&request));
            check_created(&answer?)?;
            taken.push(time.as_secs_f64() * 1000.0);
        }
        Ok(taken)
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..clients).map(|_| scope.spawn(create_alone)).collect();
        let mut all = Vec::new();
        for one in running {
            all.extend(one.join().expect("a client does not panic")?);
        }
        Ok(all)
    })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
