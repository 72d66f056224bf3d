//! How long it takes to compare a live server of 10k, 100k and 1M partitions with a metadata log: whole, and after one
//! change.
//!
//! `cargo bench -p kraft-bridge-migration --features live --bench parity_live [-- PARTITIONS …]`. A real server is
//! started on a made-up data directory; the log is the bytes of its records. The first measurement finds the server's
//! code not yet compiled.
//!
//! Targets: 1M partitions in 3.5 s, reading included; a pass after one change in 10 ms.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod common;
#[path = "common/pair.rs"]
mod pair;
#[path = "common/peak.rs"]
mod peak;
#[path = "common/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::error::Error;

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_migration::capture::Summary;
use kraft_bridge_migration::diff::{Scope, Touched};
use kraft_bridge_migration::legacy::Decoder;
use kraft_bridge_migration::parity::{Kind, Observed, Terms, compare, unexplained};
use kraft_bridge_migration::zk::{ConnectOptions, FollowedEnsemble};
use kraft_bridge_protocol::Timestamp;
use pair::{Records, lead, terms, timed, wanted};
use tokio::runtime::Runtime;
use zookeeper_client::Client;

/// So many single changes are made, each followed by a pass.
const CHANGES: usize = 51;

fn main() -> Result<(), Box<dyn Error>> {
    common::main(prepare, measure)
}

fn prepare(partitions: &str) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let server = server::start(dir.path(), partitions)?;
    ["not yet compiled", "compiled", "compiled"]
        .into_iter()
        .try_for_each(|server_is| common::in_a_process(server_is, &server.address))
}

fn measure(server_is: &str, servers: &str) -> Result<(), Box<dyn Error>> {
    println!("  the server's code is {server_is}");
    let mut decoder = Decoder::new();
    let mut ensemble = FollowedEnsemble::open(ConnectOptions::plain(servers.parse()?))?;
    let (summary, reading) = timed(|| ensemble.read(&mut decoder));
    let summary = summary?;
    println!(
        "    read and decode znodes  {reading:>8.3} s  {} znodes",
        summary.znodes
    );
    let records = Records::of(decoder.cluster(), Release::V3_9, lead);
    let (replay, replaying) = timed(|| records.replay());
    let replay = replay?;
    println!("    read records            {replaying:>8.3} s");
    let terms = terms(Kind::ALL.iter().copied());
    let (report, comparing) = timed(|| {
        compare(
            observed(&decoder, &summary),
            wanted(&replay, decoder.cluster()),
            &terms,
            None,
        )
    });
    println!(
        "    the whole report        {comparing:>8.3} s  {}",
        report.verdict
    );
    println!(
        "    znodes and report       {:>8.3} s  peak {} MiB",
        reading + comparing,
        peak::peak_mib().unwrap_or(0)
    );
    passes(servers, &mut ensemble, &mut decoder, &replay, &terms)?;
    ensemble.close();
    Ok(())
}

fn observed<'a>(decoder: &'a Decoder, summary: &'a Summary) -> Observed<'a> {
    Observed {
        cluster: decoder.cluster(),
        findings: &[],
        summary,
        youngest: Timestamp(decoder.last_modified()),
    }
}

/// Has one leader epoch after the other changed behind everybody's back, and looks what differs.
fn passes(
    servers: &str,
    ensemble: &mut FollowedEnsemble,
    decoder: &mut Decoder,
    replay: &Replay,
    terms: &Terms,
) -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let writer = runtime.block_on(Client::connect(servers))?;
    let (mut taken, mut states) = (Vec::new(), Vec::new());
    for number in 0..CHANGES {
        let path = format!("/brokers/topics/topic-{number:07}/partitions/3/state");
        let state =
            format!(r#"{{"controller_epoch":1,"leader":7,"version":1,"leader_epoch":{number},"isr":[7]}}"#);
        let (before, _) = runtime.block_on(writer.get_data(&path))?;
        runtime.block_on(writer.set_data(&path, state.as_bytes(), None))?;
        let (found, seconds) = timed(|| {
            let mut scopes = BTreeSet::new();
            let mut touched = Touched::new(decoder, &mut scopes);
            let summary = ensemble.catch_up(&BTreeSet::new(), &mut touched)?;
            let found = unexplained(
                observed(decoder, &summary),
                wanted(replay, decoder.cluster()),
                terms,
                &scopes,
            );
            Ok::<_, Box<dyn Error>>((found, scopes))
        });
        let (found, scopes) = found?;
        let only = BTreeSet::from([Scope::Topic(format!("topic-{number:07}"))]);
        if found.is_empty() || scopes != only {
            return Err(format!("{path}: {scopes:?} were looked at, {} differ", found.len()).into());
        }
        taken.push(seconds * 1000.0);
        states.push((path, before));
    }
    // The next measurement finds everything as this one did.
    for (path, before) in &states {
        runtime.block_on(writer.set_data(path, before, None))?;
    }
    taken.sort_by(f64::total_cmp);
    println!(
        "    a pass after one change {:>8.3} ms (median of {CHANGES}), {:.3} ms at most",
        taken[CHANGES / 2],
        taken[CHANGES - 1]
    );
    Ok(())
}
