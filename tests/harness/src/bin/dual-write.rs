//! Kafka's own migration, to be tried by hand: `dual-write DIR` starts it and then obeys its standard input.
//!
//! ```text
//! churn SECONDS SEED   changes of all kinds          settle     waits until ZooKeeper has what is committed
//! tools                changes by command line       move ID    restarts a broker in KRaft mode
//! lose-a-quota         what dual write loses         finalize   restarts the controller without ZooKeeper
//! roll-back            back to ZooKeeper mode; the servers go on until the input ends
//! ```

#![expect(clippy::print_stdout, reason = "a program of its own, whose answer this is")]

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use kraft_bridge_harness::{Churn, DualWrite, churn};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dir] = arguments.as_slice() else {
        bail!("usage: dual-write DIR");
    };
    let mut cluster = DualWrite::start(Path::new(dir))?;
    println!("ZooKeeper   {}", cluster.legacy.connect());
    println!("brokers     {}", cluster.legacy.brokers.bootstrap_servers());
    println!(
        "controller  {}, in {}",
        cluster.kraft.controller_addresses(),
        cluster.controller_dir().display()
    );
    let mut rolled_back = None;
    for line in std::io::stdin().lines() {
        let line = line?;
        if line == "roll-back" {
            rolled_back = Some(cluster.roll_back()?);
            break;
        }
        match obey(&mut cluster, &line) {
            Ok(()) => println!("done: {line}"),
            Err(error) => println!("failed: {line}: {error:#}"),
        }
    }
    if rolled_back.is_some() {
        println!("done: roll-back");
        std::io::stdin().lines().try_for_each(|line| line.map(drop))?;
    }
    Ok(())
}

fn obey(cluster: &mut DualWrite, line: &str) -> anyhow::Result<()> {
    let brokers = cluster.legacy.brokers.clone();
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["churn", seconds, seed] => {
            let duration = Duration::from_secs(seconds.parse()?);
            let seed = seed.parse()?;
            let changes = Churn {
                duration,
                seed,
                faults: false,
            }
            .run(&brokers)?;
            println!("{}", changes.join("\n"));
        }
        ["tools"] => churn::by_command_line(&brokers)?,
        ["lose-a-quota"] => churn::lose_a_quota(&brokers)?,
        ["settle"] => cluster.settle()?,
        ["move", id] => {
            let id: i32 = id.parse()?;
            let broker = brokers.members.iter().find(|broker| broker.id == id);
            cluster.move_broker(broker.context("no such broker")?)?;
        }
        ["finalize"] => cluster.finalize()?,
        _ => bail!("no such command: {line}"),
    }
    Ok(())
}
