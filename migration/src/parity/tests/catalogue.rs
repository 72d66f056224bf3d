//! `fixtures/differences/`: one file for each kind of difference, with the lines that a report must list.
//!
//! ```text
//! What is wrong, in a sentence.
//! copied to 3.9 and to 4.3, dual write         how KRaft came to be: each is tried
//!
//! in KRaft: /config/users/alice                 the side that is changed, and the znode; KRaft's records are made
//! - 12.5                                        of the changed znodes. A text is replaced (`-`, `+`), the znode is
//! + 13                                          `gone`, `new PAYLOAD`, or at another `version`
//!
//! quotas user alice: request_percentage, …      the differences, every one and no other
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use kraft_bridge_metadata::release::Release;

use crate::parity::{Kind, Verdict};
use crate::testing::{Pair, Side, Znodes};

/// A file of the catalogue.
struct Case {
    name: String,
    sides: Vec<Side>,
    zookeeper: Znodes,
    kraft: Znodes,
    expected: BTreeSet<String>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/differences")
}

/// The cluster that every case changes.
pub(super) fn cluster() -> Znodes {
    Znodes::parse(&std::fs::read_to_string(directory().join("cluster.znodes")).unwrap())
}

fn cases() -> Vec<Case> {
    let files = std::fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|it| it == "txt"))
        .collect();
    files.sort();
    files.iter().map(|path| case(path)).collect()
}

fn case(path: &Path) -> Case {
    let text = std::fs::read_to_string(path).unwrap();
    let mut paragraphs = text.trim_end().split("\n\n");
    let head = paragraphs.next().unwrap();
    let how = head.lines().nth(1).unwrap();
    let sides = [
        ("3.9", Side::Copied(Release::V3_9)),
        ("4.3", Side::Copied(Release::V4_3)),
        ("dual write", Side::DualWrite),
    ];
    let mut case = Case {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        sides: sides
            .into_iter()
            .filter(|(word, _)| how.contains(word))
            .map(|(_, side)| side)
            .collect(),
        zookeeper: cluster(),
        kraft: cluster(),
        expected: BTreeSet::new(),
    };
    for paragraph in paragraphs {
        if let Some(edit) = paragraph.strip_prefix("in KRaft: ") {
            apply(&mut case.kraft, edit);
        } else if let Some(edit) = paragraph.strip_prefix("in ZooKeeper: ") {
            apply(&mut case.zookeeper, edit);
        } else {
            case.expected = paragraph.lines().map(str::to_owned).collect();
        }
    }
    case
}

fn apply(znodes: &mut Znodes, edit: &str) {
    let mut lines = edit.lines();
    let path = lines.next().unwrap();
    let lines: Vec<&str> = lines.collect();
    match lines.as_slice() {
        ["gone"] => drop(znodes.0.remove(path).unwrap()),
        [line] if line.starts_with("new ") => znodes.set(path, &line[4..], 0),
        [line] if line.starts_with("version ") => {
            znodes.0.get_mut(path).unwrap().1 = line[8..].parse().unwrap()
        }
        [old, new] => {
            let (old, new) = (
                old.strip_prefix("- ").unwrap(),
                new.strip_prefix('+').unwrap().trim_start(),
            );
            let data = &mut znodes.0.get_mut(path).unwrap().0;
            assert_eq!(data.matches(old).count(), 1, "{path}: {old}");
            *data = data.replace(old, new);
        }
        other => panic!("{path}: {other:?} is no edit"),
    }
}

#[test]
fn each_difference_of_the_catalogue_is_reported_once_and_nothing_else() {
    for case in cases() {
        assert!(
            !case.sides.is_empty() && !case.expected.is_empty(),
            "{}",
            case.name
        );
        for side in &case.sides {
            let report = Pair::new(&case.zookeeper, &case.kraft, *side).compare();
            let lines: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
            let expected: Vec<String> = case.expected.iter().cloned().collect();
            let mut sorted = lines.clone();
            sorted.sort();
            assert_eq!(sorted, expected, "{}, {side:?}", case.name);
            assert_eq!(report.verdict, Verdict::Different, "{}", case.name);
        }
    }
}

#[test]
fn without_the_difference_both_sides_are_equal() {
    for side in [
        Side::Copied(Release::V3_9),
        Side::Copied(Release::V4_3),
        Side::DualWrite,
    ] {
        let report = Pair::equal(&cluster(), side).compare();
        assert_eq!(report.differences, [], "{side:?}");
        assert_eq!(report.verdict, Verdict::Equal, "{side:?}");
    }
}

#[test]
fn the_catalogue_has_two_of_each_kind_at_least() {
    let cases = cases();
    assert!(cases.len() >= 40, "{}", cases.len());
    for kind in Kind::ALL {
        let begins = format!("{kind} ");
        let of_kind = cases
            .iter()
            .filter(|case| case.expected.iter().any(|line| line.starts_with(&begins)));
        // What only KRaft can hold is explained, and decisions differ as their ACLs do.
        let never = [Kind::OtherConfigs, Kind::AclDecisions].contains(kind);
        assert!(never || of_kind.count() >= 2, "{kind}");
    }
}
