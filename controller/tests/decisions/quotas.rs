//! Quotas of clients.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AlterClientQuotasRequest, AnyRequest, AnyResponse, CreatableTopic, CreateTopicsRequest, ErrorCode,
    QuotaAlteration, QuotaChange, QuotaEntityName,
};

use crate::bed::{Bed, LEVEL};

/// Quotas for an entity: a value, or none.
fn quota(entity: &[(&str, Option<&str>)], changes: &[(&str, Option<f64>)]) -> QuotaAlteration {
    let entity = entity.iter().map(|(kind, name)| QuotaEntityName {
        entity_type: (*kind).to_owned(),
        entity_name: name.map(str::to_owned),
        ..Default::default()
    });
    let ops = changes.iter().map(|(key, value)| QuotaChange {
        key: (*key).to_owned(),
        value: value.unwrap_or_default(),
        remove: value.is_none(),
        ..Default::default()
    });
    QuotaAlteration {
        entity: entity.collect(),
        ops: ops.collect(),
        ..Default::default()
    }
}

impl Bed {
    fn limit(&mut self, entries: Vec<QuotaAlteration>) -> Vec<ErrorCode> {
        let request = AlterClientQuotasRequest {
            entries,
            ..Default::default()
        };
        match self.ask(AnyRequest::AlterClientQuotas(request)) {
            AnyResponse::AlterClientQuotas(response) => {
                response.entries.iter().map(|entry| entry.error_code).collect()
            }
            answer => panic!("{answer:?}"),
        }
    }
}

#[test]
fn quotas_are_set_and_removed() {
    let mut bed = Bed::new(LEVEL, &[]);
    let alice = [("user", Some("alice")), ("client-id", None)];
    let set = quota(
        &alice,
        &[
            ("producer_byte_rate", Some(1024.0)),
            ("request_percentage", Some(12.5)),
        ],
    );
    assert_eq!(bed.limit(vec![set.clone()]), [ErrorCode::None]);
    let before = bed.end;
    assert_eq!(bed.limit(vec![set]), [ErrorCode::None]);
    assert_eq!(bed.end, before, "nothing changes, nothing is written");
    let swapped = [alice[1], alice[0]];
    let removed = quota(&swapped, &[("producer_byte_rate", None), ("no.such", None)]);
    assert_eq!(bed.limit(vec![removed]), [ErrorCode::None]);
    let left: Vec<_> = bed.replica.client_quotas.0.values().flatten().collect();
    assert_eq!(left, [(&"request_percentage".to_owned(), &12.5)]);
}

#[test]
fn quotas_that_mean_nothing_are_refused() {
    let mut bed = Bed::new(LEVEL, &[]);
    let rate = |value| ("producer_byte_rate", Some(value));
    for bad in [
        quota(&[], &[rate(1.0)]),
        quota(&[("group", Some("a"))], &[rate(1.0)]),
        quota(&[("user", Some(""))], &[rate(1.0)]),
        quota(&[("user", Some("a")), ("user", Some("b"))], &[rate(1.0)]),
        quota(&[("user", Some("a")), ("ip", Some("10.0.0.1"))], &[rate(1.0)]),
        quota(&[("ip", Some("10.0.0.1"))], &[rate(1.0)]),
        quota(&[("user", Some("a"))], &[("connection_creation_rate", Some(1.0))]),
        quota(&[("user", Some("a"))], &[rate(0.0)]),
        quota(&[("user", Some("a"))], &[rate(-1.0)]),
        quota(&[("user", Some("a"))], &[rate(1.5)]),
        quota(&[("user", Some("a"))], &[rate(1e19)]),
        quota(&[("user", Some("a"))], &[rate(1.0), rate(2.0)]),
    ] {
        assert_eq!(
            bed.limit(vec![bad.clone()]),
            [ErrorCode::InvalidRequest],
            "{bad:?}"
        );
    }
    assert!(bed.replica.client_quotas.0.is_empty());
    let address = quota(
        &[("ip", Some("10.0.0.1"))],
        &[("connection_creation_rate", Some(1.0))],
    );
    assert_eq!(bed.limit(vec![address.clone()]), [ErrorCode::None]);
    assert_eq!(
        bed.limit(vec![address.clone(), address]),
        [ErrorCode::InvalidRequest]
    );
}

impl Bed {
    /// Creates a topic of so many partitions; the error, and how long the client shall wait.
    fn create_wide(&mut self, name: &str, partitions: i32) -> (ErrorCode, i32) {
        let request = CreateTopicsRequest {
            topics: vec![CreatableTopic {
                name: name.to_owned(),
                num_partitions: partitions,
                replication_factor: 1,
                ..Default::default()
            }],
            ..Default::default()
        };
        match self.ask(AnyRequest::CreateTopics(request)) {
            AnyResponse::CreateTopics(response) => (response.topics[0].error_code, response.throttle_time_ms),
            answer => panic!("{answer:?}"),
        }
    }
}

#[test]
fn whoever_has_changed_more_partitions_than_its_rate_allows_waits() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let rate = [("controller_mutation_rate", Some(2.0))];
    bed.limit(vec![
        quota(&[("user", None)], &rate),
        quota(&[("client-id", Some("other"))], &rate),
    ]);
    // Eleven seconds of it are saved up.
    assert_eq!(bed.create_wide("a", 22), (ErrorCode::None, 0));
    assert_eq!(
        bed.create_wide("b", 10),
        (ErrorCode::None, 5000),
        "as long as there are any"
    );
    assert_eq!(
        bed.create_wide("c", 1),
        (ErrorCode::ThrottlingQuotaExceeded, 5000)
    );
    bed.wait(Duration::from_secs(4));
    assert_eq!(
        bed.create_wide("c", 1),
        (ErrorCode::ThrottlingQuotaExceeded, 1000)
    );
    bed.wait(Duration::from_secs(1));
    assert_eq!(bed.create_wide("c", 1).0, ErrorCode::None);

    // A quota of its own counts instead.
    bed.limit(vec![quota(
        &[("user", Some("alice"))],
        &[("controller_mutation_rate", Some(1000.0))],
    )]);
    bed.wait(Duration::from_secs(1));
    assert_eq!(bed.create_wide("d", 900), (ErrorCode::None, 0));
}
