//! Registrations, heartbeats, fencing and shutdown.

use std::time::Duration;

use kraft_bridge_protocol::rpc::{
    AllocateProducerIdsRequest, AnyRequest, AnyResponse, BrokerRegistrationRequest, ErrorCode,
    UnregisterBrokerRequest,
};
use kraft_bridge_protocol::{BrokerEpoch, NodeId, Offset, ProducerId, Uuid};

use crate::bed::{Bed, LEVEL, nodes, registration, topic};

const SESSION: Duration = Duration::from_secs(9);

#[test]
fn a_broker_is_fenced_until_it_has_applied_its_own_registration() {
    let mut bed = Bed::new(LEVEL, &[]);
    let epoch = bed.register(registration(1, 1)).unwrap();
    assert_eq!(epoch, BrokerEpoch(10), "the offset of its registration");
    let early = bed.beat(1, epoch, |beat| {
        beat.current_metadata_offset = Offset(epoch.0 - 1)
    });
    assert!(early.is_fenced && !early.is_caught_up);
    let waiting = bed.beat(1, epoch, |beat| beat.want_fence = true);
    assert!(waiting.is_fenced && waiting.is_caught_up);
    let ready = bed.beat(1, epoch, |_| {});
    assert!(!ready.is_fenced && ready.is_caught_up);
}

#[test]
fn a_registration_is_refused_for_what_is_wrong_with_it() {
    type Change = fn(&mut BrokerRegistrationRequest);
    let cases: [(Change, ErrorCode); 9] = [
        (
            |request| request.cluster_id.push('x'),
            ErrorCode::InconsistentClusterId,
        ),
        (
            |request| request.is_migrating_zk_broker = true,
            ErrorCode::BrokerIdNotRegistered,
        ),
        (|request| request.log_dirs.clear(), ErrorCode::InvalidRegistration),
        (
            |request| request.log_dirs = vec![Uuid::LOST],
            ErrorCode::InvalidRegistration,
        ),
        (
            |request| request.log_dirs = vec![request.log_dirs[0]; 2],
            ErrorCode::InvalidRegistration,
        ),
        (
            |request| request.log_dirs = registration(1, 1).log_dirs,
            ErrorCode::InvalidRegistration,
        ),
        (
            |request| request.listeners[0].security_protocol = 9,
            ErrorCode::InvalidRegistration,
        ),
        (|request| request.features.clear(), ErrorCode::InvalidRegistration),
        (
            |request| request.features[0].max_version = LEVEL - 1,
            ErrorCode::UnsupportedVersion,
        ),
    ];
    let mut bed = Bed::new(LEVEL, &[1]);
    for (change, error) in cases {
        let mut request = registration(2, 1);
        change(&mut request);
        assert_eq!(bed.register(request), Err(error));
    }
}

#[test]
fn another_run_of_a_broker_is_taken_only_once_the_first_is_silent_or_fenced() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let first = bed.epoch(1);
    assert_eq!(
        bed.register(registration(1, 2)),
        Err(ErrorCode::DuplicateBrokerRegistration)
    );
    bed.beat(1, first, |beat| beat.want_fence = true);
    let second = bed.register(registration(1, 2)).unwrap();
    assert!(second > first);
    assert_eq!(bed.beat(1, first, |_| {}).error_code, ErrorCode::StaleBrokerEpoch);
}

#[test]
fn the_same_run_may_register_again_and_stays_in_service() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let epoch = bed.epoch(1);
    let mut again = registration(1, 1);
    again.log_dirs.push(Uuid::from_u128(77_777));
    assert_eq!(bed.register(again), Ok(epoch));
    let broker = &bed.replica.brokers[&NodeId(1)];
    assert!(!broker.fenced);
    assert_eq!(broker.log_dirs.len(), 2);
}

#[test]
fn a_silent_broker_is_fenced_and_leads_no_more() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("t", &[&[1, 2]]));
    bed.create(topic("alone", &[&[1]]));
    bed.wait(SESSION / 2);
    let epoch = bed.epoch(2);
    bed.beat(2, epoch, |_| {});
    bed.wait(SESSION / 2);
    assert!(bed.replica.brokers[&NodeId(1)].fenced && !bed.replica.brokers[&NodeId(2)].fenced);
    let shared = bed.partition("t", 0);
    assert_eq!((shared.leader, &*shared.isr), (Some(NodeId(2)), &*nodes(&[2])));
    let alone = bed.partition("alone", 0);
    assert_eq!(
        (alone.leader, &*alone.isr),
        (None, &*nodes(&[1])),
        "the last in sync stays listed"
    );

    let epoch = bed.epoch(1);
    bed.beat(1, epoch, |_| {});
    assert_eq!(bed.partition("alone", 0).leader, Some(NodeId(1)));
}

#[test]
fn a_broker_that_wants_to_stop_may_once_what_it_led_has_moved_and_the_others_know() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("t", &[&[1, 2]]));
    let (first, second) = (bed.epoch(1), bed.epoch(2));
    bed.beat(2, second, |_| {});
    let before = bed.end;
    let begun = bed.beat(1, first, |beat| beat.want_shut_down = true);
    assert!(!begun.should_shut_down && !begun.is_fenced);
    assert_eq!(bed.partition("t", 0).leader, Some(NodeId(2)));
    assert!(bed.replica.brokers[&NodeId(1)].in_controlled_shutdown);

    bed.beat(2, second, |beat| beat.current_metadata_offset = before);
    assert!(
        !bed.beat(1, first, |beat| beat.want_shut_down = true)
            .should_shut_down
    );
    bed.beat(2, second, |_| {});
    let done = bed.beat(1, first, |beat| beat.want_shut_down = true);
    assert!(done.should_shut_down && done.is_fenced);
}

#[test]
fn the_only_holder_of_a_partition_is_let_go_if_it_leads_nothing() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let epoch = bed.epoch(1);
    assert!(
        bed.beat(1, epoch, |beat| beat.want_shut_down = true)
            .should_shut_down
    );
}

#[test]
fn replicas_in_a_directory_that_failed_are_out_of_sync() {
    let mut bed = Bed::new(LEVEL, &[2]);
    let mut request = registration(1, 1);
    let bad = Uuid::from_u128(500);
    request.log_dirs.push(bad);
    let epoch = bed.register(request).unwrap();
    bed.beat(1, epoch, |_| {});
    bed.create(topic("t", &[&[1, 2]]));
    bed.assign(1, "t", 0, bad);

    let answer = bed.beat(1, epoch, |beat| beat.offline_log_dirs = vec![bad]);

    assert!(!answer.is_fenced);
    assert_eq!(
        bed.replica.brokers[&NodeId(1)].log_dirs,
        registration(1, 1).log_dirs
    );
    let partition = bed.partition("t", 0);
    assert_eq!(
        (partition.leader, &*partition.isr),
        (Some(NodeId(2)), &*nodes(&[2]))
    );
}

#[test]
fn a_broker_that_is_forgotten_is_gone_from_every_isr() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("t", &[&[1, 2]]));
    let request = UnregisterBrokerRequest {
        broker_id: NodeId(1),
        ..Default::default()
    };
    let error = |answer| match answer {
        AnyResponse::UnregisterBroker(response) => response.error_code,
        answer => panic!("{answer:?}"),
    };
    let epoch = bed.epoch(1);
    assert_eq!(
        error(bed.ask(AnyRequest::UnregisterBroker(request.clone()))),
        ErrorCode::None
    );
    assert_eq!(&*bed.partition("t", 0).isr, &*nodes(&[2]));
    assert_eq!(bed.beat(1, epoch, |_| {}).error_code, ErrorCode::StaleBrokerEpoch);
    assert_eq!(
        error(bed.ask(AnyRequest::UnregisterBroker(request))),
        ErrorCode::BrokerIdNotRegistered
    );
}

#[test]
fn producer_ids_are_handed_out_once_in_blocks_of_a_thousand() {
    let mut bed = Bed::new(LEVEL, &[1]);
    let mut block = |broker_epoch| {
        let request = AllocateProducerIdsRequest {
            broker_id: NodeId(1),
            broker_epoch,
            ..Default::default()
        };
        match bed.ask(AnyRequest::AllocateProducerIds(request)) {
            AnyResponse::AllocateProducerIds(response) => (response.error_code, response.producer_id_start),
            answer => panic!("{answer:?}"),
        }
    };
    let epoch = BrokerEpoch(10);
    assert_eq!(block(epoch), (ErrorCode::None, ProducerId(0)));
    assert_eq!(block(epoch), (ErrorCode::None, ProducerId(1000)));
    assert_eq!(block(BrokerEpoch(9)).0, ErrorCode::StaleBrokerEpoch);
}

#[test]
fn an_idle_controller_keeps_the_log_moving() {
    let mut bed = Bed::new(LEVEL, &[]);
    let before = bed.end;
    bed.wait(Duration::from_secs(5));
    assert_eq!(bed.end.0 - before.0, 10);
}

#[test]
fn the_oldest_levels_have_records_of_their_own_for_fencing() {
    let mut bed = Bed::new(5, &[1, 2]);
    bed.create(topic("t", &[&[1, 2]]));
    bed.fence(1);
    assert!(bed.replica.brokers[&NodeId(1)].fenced);
    assert_eq!(bed.partition("t", 0).leader, Some(NodeId(2)));
    bed.unfence(1);
    assert!(!bed.replica.brokers[&NodeId(1)].fenced);
}
