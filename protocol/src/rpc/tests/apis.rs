//! The table against the APIs that Kafka's own classes list.

use std::ops::RangeInclusive;

use super::*;

/// `key name lowest highest flexible` of each API of a controller of Kafka 3.9.2.
const KAFKA_3_9: &str = include_str!("../../../../fixtures/rpc/apis-3.9.2.txt");
/// The same of 4.3.1.
const KAFKA_4_3: &str = include_str!("../../../../fixtures/rpc/apis-4.3.1.txt");

/// The table as Kafka's list, given where a release's versions stand in it.
fn listed(versions: impl Fn(&Api) -> Option<RangeInclusive<i16>>) -> Vec<String> {
    let mut apis: Vec<&Api> = APIS.iter().collect();
    apis.sort_by_key(|api| api.key);
    let line = |api: &Api| {
        let (lowest, highest) = versions(api)?.into_inner();
        // Kafka's list names the first flexible version of those that the release has.
        let flexible = match api.flexible_since.max(lowest) {
            i16::MAX => "never".to_owned(),
            since => since.to_string(),
        };
        Some(format!("{} {} {lowest} {highest} {flexible}", api.key, api.name))
    };
    apis.into_iter().filter_map(line).collect()
}

#[test]
fn apis_are_those_of_kafkas_controllers() {
    assert_eq!(
        listed(|api| api.kafka_3_9.clone()),
        KAFKA_3_9.lines().collect::<Vec<_>>()
    );
    assert_eq!(
        listed(|api| api.kafka_4_3.clone()),
        KAFKA_4_3.lines().collect::<Vec<_>>()
    );
}

#[test]
fn a_version_that_both_releases_have_is_known_of_every_api_that_is_known_at_all() {
    for api in APIS {
        let (Some(known), Some(old), Some(new)) = (&api.known, &api.kafka_3_9, &api.kafka_4_3) else {
            continue;
        };
        assert_eq!(known.end(), new.end(), "{}", api.name);
        // Fetch names topics by their ids from version 13 on, and the metadata log is read by nothing else.
        let lowest = if api.name == "Fetch" {
            13
        } else {
            *old.start().max(new.start())
        };
        assert_eq!(*known.start(), lowest, "{}", api.name);
    }
}

#[test]
fn a_server_answers_with_the_versions_that_are_known() {
    let of = |key| Api::of(key).and_then(Api::versions);
    let versions = of(1).unwrap();
    assert_eq!(
        (versions.api_key, versions.min_version, versions.max_version),
        (1, 13, 18)
    );
    assert_eq!(of(41), None, "an API of Kafka's that is not known");
    assert_eq!(of(3), None, "an API that controllers do not have");
    assert_eq!(of(-1), None, "no API at all");
}
