//! Any bytes at all, and damaged files of real servers: an answer or an error that names the place, and little memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod memory;
mod model;
mod worst;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use kraft_bridge_protocol::rpc::APIS;
use kraft_bridge_robustness::{ANSWER, KINDS, Kind, REQUEST, SEALED_CAPTURE};
use proptest::prelude::*;

use damage::any_damage;
use memory::{allowed, alone, peak};

/// Feeds the bytes, and fails if that takes more memory than it may.
fn feed(kind: &Kind, bytes: &[u8]) -> Result<(), String> {
    let mut outcome = Ok(());
    let peak = peak(|| outcome = (kind.feed)(bytes));
    let allowed = allowed(kind, bytes.len());
    assert!(
        peak <= allowed,
        "{}: {peak} bytes of memory for {} bytes, {allowed} allowed",
        kind.name,
        bytes.len()
    );
    outcome
}

/// Sound inputs of each kind, made once: a sealed one takes a while.
fn seeds(kind: &Kind) -> &'static [Vec<u8>] {
    static SEEDS: LazyLock<BTreeMap<&str, Vec<Vec<u8>>>> =
        LazyLock::new(|| KINDS.iter().map(|kind| (kind.name, (kind.seeds)())).collect());
    &SEEDS[kind.name]
}

fn any_kind() -> impl Strategy<Value = Kind> {
    // Each sealed capture costs the derivation of a key.
    let cheap = KINDS.into_iter().filter(|kind| kind.name != SEALED_CAPTURE.name);
    prop_oneof![
        1 => Just(SEALED_CAPTURE),
        60 => proptest::sample::select(cheap.collect::<Vec<_>>()),
    ]
}

#[test]
fn the_undamaged_files_of_real_servers_are_read_to_their_end() {
    let _alone = alone();
    for kind in KINDS
        .iter()
        .filter(|kind| !["data_dir", "znode"].contains(&kind.name))
    {
        assert!(!seeds(kind).is_empty(), "{}", kind.name);
        for seed in seeds(kind) {
            assert_eq!(feed(kind, seed), Ok(()), "{}", kind.name);
        }
    }
}

#[test]
fn every_version_of_every_request_and_answer_is_among_the_seeds() {
    let known: BTreeSet<(i16, i16)> = APIS
        .iter()
        .filter_map(|api| Some((i16::try_from(api.key).unwrap(), api.known.clone()?)))
        .flat_map(|(key, versions)| versions.map(move |version| (key, version)))
        .collect();
    let number = |bytes: &[u8]| i16::from_be_bytes(bytes.try_into().unwrap());
    let requests = seeds(&REQUEST).iter();
    let requests: BTreeSet<_> = requests
        .map(|seed| (number(&seed[..2]), number(&seed[2..4])))
        .collect();
    assert_eq!(requests, known);
    let answers = seeds(&ANSWER).iter();
    let answers: BTreeSet<_> = answers
        .map(|seed| (i16::from(seed[0]), i16::from(seed[1])))
        .collect();
    assert_eq!(answers, known);
}

/// `found/KIND/NAME`: inputs that a reader once failed at.
#[test]
fn what_was_found_once_is_not_found_again() {
    let _alone = alone();
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("found");
    for directory in fs::read_dir(&found).unwrap() {
        let directory = directory.unwrap();
        let name = directory.file_name();
        let kind = KINDS
            .iter()
            .find(|kind| *kind.name == *name)
            .expect("named after a kind");
        for file in fs::read_dir(directory.path()).unwrap() {
            let _outcome = feed(kind, &fs::read(file.unwrap().path()).unwrap());
        }
    }
}

#[test]
fn mending_leaves_alone_what_is_sound() {
    for kind in KINDS {
        for seed in seeds(&kind) {
            let mut mended = seed.clone();
            (kind.mend)(&mut mended);
            assert!(mended == *seed, "{}", kind.name);
        }
    }
}

#[test]
fn files_that_are_cut_off_are_read_or_refused_with_the_place() {
    let _alone = alone();
    for kind in KINDS {
        let seeds = seeds(&kind).iter().step_by(1 + seeds(&kind).len() / 10);
        for seed in seeds {
            for end in (0..seed.len().min(100)).chain((100..seed.len()).step_by(331)) {
                let _outcome = feed(&kind, &seed[..end]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_bytes_are_read_or_refused_with_the_place(
        kind in any_kind(),
        bytes in proptest::collection::vec(any::<u8>(), 0..2_000),
    ) {
        let _alone = alone();
        let _outcome = feed(&kind, &bytes);
    }

    #[test]
    fn damaged_files_of_real_servers_are_read_or_refused_with_the_place(
        kind in any_kind(),
        seed: prop::sample::Index,
        damages in proptest::collection::vec(any_damage(), 1..6),
        mend: bool,
    ) {
        let _alone = alone();
        let mut bytes = seed.get(seeds(&kind)).clone();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        if mend {
            (kind.mend)(&mut bytes);
        }
        let _outcome = feed(&kind, &bytes);
    }
}
