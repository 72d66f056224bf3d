//! Clusters of every shape, for every release: where both sides hold the same, nothing is reported.

use kraft_bridge_metadata::image::Replay;
use kraft_bridge_metadata::release::Release;
use kraft_bridge_protocol::Offset;
use proptest::prelude::*;
use proptest::sample::select;

use crate::finding::Severity;
use crate::parity::Verdict;
use crate::testing::{Pair, Side, any_legacy_cluster};

/// How a KRaft side may have come to be.
pub(super) fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![
        4 => select(&Release::ALL[..]).prop_map(Side::Copied),
        1 => Just(Side::DualWrite),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_100, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_reported_of_an_equal_pair(znodes in any_legacy_cluster(), side in any_side()) {
        let pair = Pair::equal(&znodes, side);
        prop_assert!(pair.findings.iter().all(|finding| finding.severity < Severity::Blocker), "{:?}", pair.findings);
        let report = pair.compare_with(&Pair::terms());
        prop_assert_eq!(&report.differences, &[]);
        prop_assert_eq!(report.verdict, Verdict::Equal);
        if report.explained.is_empty() {
            prop_assert_eq!(report.zookeeper.digest, report.kraft.digest);
        }
    }
}

proptest! {
    #[test]
    fn bytes_give_the_image_that_their_records_give(znodes in any_legacy_cluster(), side in any_side()) {
        let pair = Pair::equal(&znodes, side);
        let mut replay = Replay::default();
        for record in &pair.records {
            // Whatever the offset: it says nothing.
            replay.push(Offset(7), record.clone()).unwrap();
        }
        let decoded = pair.replay();
        prop_assert_eq!(replay.image(), decoded.image());
    }
}
