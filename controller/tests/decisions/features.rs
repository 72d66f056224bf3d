//! Levels of features.

use kraft_bridge_controller::Settings;
use kraft_bridge_metadata::records::ConfigResource;
use kraft_bridge_protocol::NodeId;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse, ErrorCode, FeatureUpdate, UpdateFeaturesRequest};

use crate::bed::{Bed, CLUSTER, LEVEL, NEWEST, registration};

const UPGRADE: i8 = 1;
const SAFE: i8 = 2;
const UNSAFE: i8 = 3;
const METADATA: &str = "metadata.version";
const ELR: &str = "eligible.leader.replicas.version";
/// 4.2-IV1.
const BEFORE_NEWEST: i16 = 29;

impl Bed {
    fn upgrade(&mut self, updates: &[(&str, i16, i8)], validate_only: bool) -> ErrorCode {
        let updates = updates.iter().map(|(feature, level, kind)| FeatureUpdate {
            feature: (*feature).to_owned(),
            max_version_level: *level,
            upgrade_type: *kind,
            ..Default::default()
        });
        let request = UpdateFeaturesRequest {
            feature_updates: updates.collect(),
            validate_only,
            ..Default::default()
        };
        match self.ask(AnyRequest::UpdateFeatures(request)) {
            AnyResponse::UpdateFeatures(response) => response.error_code,
            answer => panic!("{answer:?}"),
        }
    }

    fn level(&self, feature: &str) -> Option<i16> {
        self.replica.features.levels.get(feature).copied()
    }
}

#[test]
fn levels_rise_all_together_or_not_at_all() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let both = [(METADATA, NEWEST, UPGRADE), (ELR, 1, UPGRADE)];
    assert_eq!(bed.upgrade(&both, true), ErrorCode::None);
    assert_eq!(
        (bed.level(METADATA), bed.level(ELR)),
        (Some(LEVEL), None),
        "it was a trial"
    );
    let one_bad = [(METADATA, NEWEST, UPGRADE), (ELR, 7, UPGRADE)];
    assert_eq!(bed.upgrade(&one_bad, false), ErrorCode::InvalidUpdateVersion);
    assert_eq!(bed.level(METADATA), Some(LEVEL));
    assert_eq!(bed.upgrade(&both, false), ErrorCode::None);
    assert_eq!((bed.level(METADATA), bed.level(ELR)), (Some(NEWEST), Some(1)));
    assert_eq!(bed.upgrade(&[(ELR, 0, SAFE)], false), ErrorCode::None);
    assert_eq!(bed.level(ELR), None);
}

#[test]
fn eligible_leaders_need_a_level_and_one_number_of_replicas_that_is_enough() {
    let settings = Settings {
        inherited: [("min.insync.replicas".to_owned(), "2".to_owned())].into(),
        ..Settings::new(NodeId(3000), CLUSTER)
    };
    let mut bed = Bed::with(settings, &[(METADATA, LEVEL)], &[1]);
    let elr = [(ELR, 1, UPGRADE)];
    assert_eq!(bed.upgrade(&elr, false), ErrorCode::InvalidUpdateVersion);
    bed.upgrade(&[(METADATA, NEWEST, UPGRADE)], false);
    assert_eq!(bed.upgrade(&elr, false), ErrorCode::None);
    let of_all = bed.replica.configs.get(ConfigResource::Broker, "").unwrap();
    assert_eq!(
        of_all["min.insync.replicas"], "2",
        "what the file says is said in the log"
    );
}

#[test]
fn a_level_is_refused_that_somebody_does_not_know() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let mut old = registration(2, 1);
    old.features
        .iter_mut()
        .for_each(|feature| feature.max_version = feature.max_version.min(LEVEL));
    bed.register(old).unwrap();
    assert_eq!(
        bed.upgrade(&[(METADATA, NEWEST, UPGRADE)], false),
        ErrorCode::InvalidUpdateVersion
    );

    let mut bed = Bed::new(LEVEL, &[1]);
    bed.controller.quorum_is(vec![NodeId(3000), NodeId(3001)]);
    assert_eq!(
        bed.upgrade(&[(METADATA, NEWEST, UPGRADE)], false),
        ErrorCode::InvalidUpdateVersion,
        "a voter has not said what it knows"
    );
}

#[test]
fn a_level_goes_down_only_where_nothing_is_lost() {
    let mut bed = Bed::new(NEWEST, &[1]);
    for kind in [UPGRADE, SAFE, UNSAFE] {
        let error = bed.upgrade(&[(METADATA, BEFORE_NEWEST, kind)], false);
        assert_eq!(error, ErrorCode::InvalidUpdateVersion, "{kind}");
    }
    let mut bed = Bed::new(BEFORE_NEWEST, &[1]);
    assert_eq!(
        bed.upgrade(&[(METADATA, 25, UPGRADE)], false),
        ErrorCode::InvalidUpdateVersion
    );
    assert_eq!(bed.upgrade(&[(METADATA, 25, SAFE)], false), ErrorCode::None);
    assert_eq!(
        bed.upgrade(&[(METADATA, 26, SAFE)], false),
        ErrorCode::InvalidUpdateVersion
    );
    assert_eq!(
        bed.upgrade(&[(METADATA, 26, 4)], false),
        ErrorCode::InvalidUpdateVersion
    );
    assert_eq!(
        bed.upgrade(&[(METADATA, -1, UNSAFE)], false),
        ErrorCode::InvalidUpdateVersion
    );
}
