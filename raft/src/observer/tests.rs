//! The observer against answers as leaders, followers and strangers give them.

use kraft_bridge_protocol::rpc::{
    EpochEndOffset, FetchPartitionResponse, FetchResponse, LeaderIdAndEpoch, SnapshotPartitionResponse,
};
use proptest::prelude::*;

use super::testing::*;
use super::*;

#[test]
fn the_leader_is_found_by_asking_anybody() {
    let mut observer = observer(&["c1", "c2"]);
    assert_eq!(asks(&mut observer), "c1 at 0: 0 after 0");

    let answer = elsewhere(ErrorCode::FencedLeaderEpoch, Some(7), 3);
    give(&mut observer, "c1", &answer).unwrap();

    assert_eq!(asks(&mut observer), "c7 at 3: 0 after 0");
}

#[test]
fn it_fetches_as_no_replica_and_lets_nobody_wait() {
    let Step::Ask(_, Question::Fetch(request)) = following().next(NOW).unwrap() else {
        panic!("a log is fetched first");
    };
    assert_eq!((request.replica_id, request.replica_state), Default::default());
    assert_eq!(request.max_wait_ms, 0);
    assert_eq!(request.cluster_id.as_deref(), Some("c"));
}

#[test]
fn a_leader_without_an_address_is_looked_for_among_the_bootstrap_servers() {
    let mut observer = observer(&["c1", "c2"]);
    let mut answer = elsewhere(ErrorCode::NotLeaderOrFollower, Some(2), 3);
    answer.node_endpoints.clear();
    give(&mut observer, "c1", &answer).unwrap();
    assert_eq!(asks(&mut observer), "c1 at 3: 0 after 0");
    give(&mut observer, "c1", &answer).unwrap();
    assert_eq!(asks(&mut observer), "c2 at 3: 0 after 0");
}

#[test]
fn only_what_is_below_the_high_watermark_is_given_out() {
    let mut observer = following();
    let answer = records(5, &[batch(2, 0..3), batch(3, 3..5), batch(3, 5..8)]);

    let given = give(&mut observer, "c1", &answer).unwrap();

    assert_eq!(given, ["0", "1", "2", "3", "4"]);
    let Step::Done(up_to) = observer.next(NOW).unwrap() else {
        panic!("everything committed was read");
    };
    assert_eq!(
        up_to,
        ReadUpTo {
            end: at(3, 5),
            high_watermark: Offset(5),
            from_checkpoint: None
        }
    );
}

#[test]
fn a_batch_that_was_cut_off_comes_whole_with_the_next_answer() {
    let mut observer = following();
    let cut = batch(3, 2..4);
    let answer = records(4, &[batch(3, 0..2), cut[..cut.len() - 1].to_vec()]);
    assert_eq!(give(&mut observer, "c1", &answer).unwrap(), ["0", "1"]);
    assert_eq!(asks(&mut observer), "c1 at 3: 2 after 3");
    assert_eq!(
        give(&mut observer, "c1", &records(4, &[cut])).unwrap(),
        ["2", "3"]
    );
}

#[test]
fn a_reading_ends_where_the_log_was_committed_when_it_began() {
    let mut observer = following();
    give(&mut observer, "c1", &records(4, &[batch(3, 0..2)])).unwrap();
    give(&mut observer, "c1", &records(9, &[batch(3, 2..6)])).unwrap();
    assert!(matches!(observer.next(NOW).unwrap(), Step::Done(it) if it.end == at(3, 6)));

    observer.begin(NOW);

    assert_eq!(asks(&mut observer), "c1 at 3: 6 after 3");
    give(&mut observer, "c1", &records(9, &[batch(3, 6..9)])).unwrap();
    assert!(matches!(observer.next(NOW).unwrap(), Step::Done(it) if it.end == at(3, 9)));
}

#[test]
fn an_offered_checkpoint_is_read_piece_by_piece_and_the_log_from_its_end_on() {
    let mut observer = following();
    let id = at(2, 40);
    let whole = checkpoint(&["a", "b"]);
    give(&mut observer, "c1", &offer(id)).unwrap();
    assert_eq!(asks(&mut observer), "c1 at 3: checkpoint 40 from 0");

    let given = give_piece(&mut observer, "c1", &piece(id, &whole, 0..100)).unwrap();
    assert_eq!(given, ["-"]);
    assert_eq!(asks(&mut observer), "c1 at 3: checkpoint 40 from 100");
    let given = give_piece(&mut observer, "c1", &piece(id, &whole, 100..whole.len())).unwrap();
    assert_eq!(given, ["a", "b", "-"]);

    assert_eq!(asks(&mut observer), "c1 at 3: 40 after 2");
    let given = give(&mut observer, "c1", &records(42, &[batch(3, 38..42)])).unwrap();
    assert_eq!(given, ["40", "41"], "the checkpoint ended within a batch");
    assert!(matches!(observer.next(NOW).unwrap(), Step::Done(it) if it.from_checkpoint == Some(id)));
}

#[test]
fn a_checkpoint_goes_on_where_a_lost_connection_cut_it() {
    let mut observer = following();
    let id = at(2, 40);
    let whole = checkpoint(&["a"]);
    give(&mut observer, "c1", &offer(id)).unwrap();
    give_piece(&mut observer, "c1", &piece(id, &whole, 0..90)).unwrap();

    observer.lost(NOW, &server("c1"), reset());

    assert_eq!(asks(&mut observer), "c1 at 3: checkpoint 40 from 90");
}

#[test]
fn half_a_checkpoint_of_a_leader_that_went_is_void() {
    let id = at(2, 40);
    let whole = checkpoint(&["a"]);
    let gone = |error_code, epoch| {
        snapshot(SnapshotPartitionResponse {
            error_code,
            current_leader: LeaderIdAndEpoch {
                leader_epoch: Epoch(epoch),
                ..Default::default()
            },
            ..Default::default()
        })
    };
    for answer in [
        gone(ErrorCode::SnapshotNotFound, 3),
        gone(ErrorCode::NotLeaderOrFollower, 4),
    ] {
        let mut observer = following();
        give(&mut observer, "c1", &offer(id)).unwrap();
        give_piece(&mut observer, "c1", &piece(id, &whole, 0..90)).unwrap();

        give_piece(&mut observer, "c1", &answer).unwrap();

        let step = observer.next(NOW).unwrap();
        assert!(
            matches!(step, Step::StartOver(StartOver::CheckpointGone)),
            "{step:?}"
        );
        assert!(asks(&mut observer).ends_with(": 0 after 0"));
    }
}

#[test]
fn a_checkpoint_instead_of_the_next_records_makes_what_was_read_void() {
    let mut observer = following();
    give(&mut observer, "c1", &records(3, &[batch(3, 0..3)])).unwrap();
    observer.begin(NOW);
    give(&mut observer, "c1", &offer(at(3, 50))).unwrap();
    let step = observer.next(NOW).unwrap();
    assert!(
        matches!(step, Step::StartOver(StartOver::LogStartsLater)),
        "{step:?}"
    );
    assert_eq!(asks(&mut observer), "c1 at 3: 0 after 0");
}

#[test]
fn a_diverging_epoch_makes_what_was_read_void() {
    let mut observer = following();
    give(&mut observer, "c1", &records(3, &[batch(3, 0..3)])).unwrap();
    observer.begin(NOW);
    let answer = fetched(FetchPartitionResponse {
        high_watermark: Offset(2),
        diverging_epoch: EpochEndOffset {
            epoch: Epoch(2),
            end_offset: Offset(1),
            ..Default::default()
        },
        ..Default::default()
    });
    give(&mut observer, "c1", &answer).unwrap();
    let step = observer.next(NOW).unwrap();
    assert!(matches!(step, Step::StartOver(StartOver::Diverged)), "{step:?}");
}

#[test]
fn a_new_leader_is_followed_from_where_the_old_one_ended() {
    let mut observer = following();
    give(&mut observer, "c1", &records(9, &[batch(3, 0..3)])).unwrap();
    observer.lost(NOW, &server("c1"), reset());
    observer.lost(NOW, &server("c1"), reset());
    assert_eq!(asks(&mut observer), "c2 at 3: 3 after 3");
    let answer = elsewhere(ErrorCode::FencedLeaderEpoch, Some(2), 4);
    give(&mut observer, "c2", &answer).unwrap();
    assert_eq!(asks(&mut observer), "c2 at 4: 3 after 3");
}

#[test]
fn a_server_that_is_behind_is_not_believed() {
    let mut observer = following();
    observer.lost(NOW, &server("c1"), reset());
    observer.lost(NOW, &server("c1"), reset());
    let answer = elsewhere(ErrorCode::UnknownLeaderEpoch, Some(9), 2);
    give(&mut observer, "c2", &answer).unwrap();
    assert_eq!(asks(&mut observer), "c1 at 3: 0 after 0");
}

#[test]
fn without_a_leader_it_pauses_after_each_round_and_gives_up_when_patience_ends() {
    let mut observer = observer(&["c1", "c2"]);
    for host in ["c1", "c2"] {
        let answer = elsewhere(ErrorCode::NotLeaderOrFollower, None, 0);
        give(&mut observer, host, &answer).unwrap();
    }
    assert!(matches!(observer.next(NOW).unwrap(), Step::Pause(pause) if pause == Duration::from_millis(200)));
    assert_eq!(asks(&mut observer), "c1 at 0: 0 after 0");

    let error = observer.next(NOW + PATIENCE).unwrap_err().to_string();

    assert_eq!(
        error,
        "no leader of the quorum at c1:9093,c2:9093 was found (waited 5000 ms): c1:9093 knows no leader of epoch 0; \
         c2:9093 knows no leader of epoch 0"
    );
}

#[test]
fn a_leader_without_a_majority_is_no_leader_in_the_end() {
    let mut observer = following();
    give(&mut observer, "c1", &records(-1, &[batch(3, 0..3)])).unwrap();
    let error = observer.next(NOW + PATIENCE).unwrap_err().to_string();
    assert!(error.contains("has it a majority?"), "{error}");
}

#[test]
fn it_gives_up_at_once_when_every_server_refuses_for_good() {
    let mut observer = observer(&["c1", "c2"]);
    let refused = Loss {
        reason: "refuses the login".to_owned(),
        is_final: true,
    };
    observer.lost(NOW, &server("c1"), refused.clone());
    assert_eq!(asks(&mut observer), "c2 at 0: 0 after 0");
    observer.lost(NOW, &server("c2"), refused);
    assert!(matches!(observer.next(NOW), Err(ObserverError::NoLeader { .. })));
}

#[test]
fn what_no_server_will_ever_grant_is_an_error() {
    for (code, expected) in [
        (ErrorCode::ClusterAuthorizationFailed, "needs ClusterAction"),
        (ErrorCode::InconsistentClusterId, "not that of cluster c"),
        (ErrorCode::UnsupportedVersion, "UNSUPPORTED_VERSION"),
    ] {
        let everything = FetchResponse {
            error_code: code,
            ..Default::default()
        };
        for answer in [everything, elsewhere(code, None, -1)] {
            let error = give(&mut following(), "c1", &answer).unwrap_err().to_string();
            assert!(
                error.starts_with("c1:9093: ") && error.contains(expected),
                "{error}"
            );
        }
    }
}

#[test]
fn a_server_that_is_out_of_order_is_left_for_another() {
    let mut observer = observer(&["c1", "c2"]);
    let answer = elsewhere(ErrorCode::BrokerNotAvailable, None, 0);
    give(&mut observer, "c1", &answer).unwrap();
    assert_eq!(asks(&mut observer), "c2 at 0: 0 after 0");
}

#[test]
fn records_with_a_gap_and_damaged_ones_are_refused() {
    let gap = records(9, &[batch(3, 0..2), batch(3, 4..6)]);
    let error = give(&mut following(), "c1", &gap).unwrap_err().to_string();
    assert_eq!(error, "c1:9093: it sent offset 4 where 2 follows");
    let mut damaged = batch(3, 0..2);
    damaged[70] ^= 1;
    let error = give(&mut following(), "c1", &records(9, &[damaged]))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("c1:9093, __cluster_metadata-0, byte 0: checksum"),
        "{error}"
    );
}

#[test]
fn other_bytes_of_a_checkpoint_than_were_asked_for_are_refused() {
    let id = at(2, 40);
    let whole = checkpoint(&["a"]);
    for answer in [
        piece(at(2, 41), &whole, 0..90),
        piece(id, &whole, 1..90),
        piece(id, &whole, 0..0),
        piece(id, &whole[..10], 0..10),
    ] {
        let mut observer = following();
        give(&mut observer, "c1", &offer(id)).unwrap();
        give_piece(&mut observer, "c1", &answer).unwrap_err();
    }
}

proptest! {
    #[test]
    fn a_checkpoint_may_be_cut_anywhere(cuts in proptest::collection::btree_set(1usize..300, 0..6)) {
        let id = at(2, 40);
        let whole = checkpoint(&["a", "b", "c"]);
        let mut observer = following();
        give(&mut observer, "c1", &offer(id)).unwrap();
        let mut given = Vec::new();
        let mut from = 0;
        for to in cuts.into_iter().filter(|cut| *cut < whole.len()).chain([whole.len()]) {
            given.extend(give_piece(&mut observer, "c1", &piece(id, &whole, from..to)).unwrap());
            from = to;
        }
        prop_assert_eq!(given, ["-", "a", "b", "c", "-"]);
        prop_assert_eq!(asks(&mut observer), "c1 at 3: 40 after 2");
    }
}
