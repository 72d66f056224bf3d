//! Both sides, asked one thing after the other.

use std::collections::{BTreeMap, VecDeque};

use fastrand::Rng;
use kraft_bridge_protocol::BrokerEpoch;

use crate::asking::{BROKERS, Choice};
use crate::side::{Caller, Release, Side, versions};
use crate::{brokers, metadata, outcome, partitions};

/// So many are told.
const DISAGREEMENTS_MAX: usize = 10;

/// Asks both so many things, chosen by the seed.
pub(crate) fn compare(release: &'static Release, seed: u64, requests: u32) {
    let mut both = [true, false].map(|ours| Side::start(release, ours, Caller::WithAllRights));
    for id in BROKERS {
        let request = brokers::register(release, id, 1, BrokerEpoch(-1));
        for side in &mut both {
            side.ask(*versions(release, request.api()).end(), &request);
        }
    }
    let mut random = Rng::with_seed(seed);
    let mut disagreements = Vec::new();
    let mut asked: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut next = VecDeque::new();
    for number in 0..requests {
        if next.is_empty() {
            let image = both[1].image().clone();
            let mut choice = Choice {
                random: &mut random,
                release,
                image: &image,
            };
            match metadata::led_by_gone(&image) {
                Some(topic) => next.push_back(partitions::delete_one(topic.to_owned())),
                None => next.extend(choice.ask()),
            }
        }
        let ask = next.pop_front().expect("something is asked");
        let said = both.each_mut().map(|side| {
            let request = ask(side);
            let version = *versions(release, request.api()).end();
            let answer = side.ask(version, &request);
            (request, outcome::of(&answer), answer)
        });
        let [(request, ours, our_answer), (_, kafkas, kafkas_answer)] = &said;
        let differences = metadata::differences(both[0].image(), both[1].image());
        if ours != kafkas || !differences.is_empty() {
            disagreements.push(format!(
                "request {number}: {request:?}\n  ours:    {ours:?}\n  Kafka's: {kafkas:?}\n    {our_answer:?}\n    \
                 {kafkas_answer:?}\n  {}",
                differences.join("\n  ")
            ));
        }
        // Once the metadata differ, all that follows may.
        if !differences.is_empty() || disagreements.len() == DISAGREEMENTS_MAX {
            break;
        }
        let counted = asked.entry(request.api().name).or_default();
        counted.0 += 1;
        counted.1 += u32::from(ours.iter().all(|said| !is_refusal(said)));
    }
    if !disagreements.is_empty() {
        let kept = both.each_mut().map(Side::keep);
        panic!(
            "Kafka {}, seed {seed}, files kept in {kept:?}:\n{}",
            release.version,
            disagreements.join("\n")
        );
    }
    println!(
        "Kafka {}, seed {seed}: {requests} requests, (all, of them without any error): {asked:?}",
        release.version
    );
    assert!(asked.len() >= 15, "{asked:?}");
}

/// Whether something is refused: an error stands at the end of what is said of a thing, or is all of it.
fn is_refusal(said: &str) -> bool {
    let last = said.rsplit(' ').next().unwrap_or(said);
    let is_name = |word: &str| {
        word.len() > 4
            && word
                .chars()
                .all(|letter| letter.is_ascii_uppercase() || letter == '_')
    };
    is_name(last) || said.split(' ').next().is_some_and(is_name)
}
