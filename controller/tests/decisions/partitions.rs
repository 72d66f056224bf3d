//! ISRs, elections and reassignments.

use kraft_bridge_controller::{Settings, list_reassignments};
use kraft_bridge_metadata::records::LeaderRecovery;
use kraft_bridge_protocol::rpc::{
    AlterPartition, AlterPartitionReassignmentsRequest, AlterPartitionRequest, AlterPartitionTopic,
    AlteredPartition, AnyRequest, AnyResponse, AssignReplicasToDirsRequest, AssignedDirectory,
    AssignedPartition, AssignedTopic, ErrorCode, InSyncReplica, ListPartitionReassignmentsRequest,
    ReassignablePartition, ReassignableTopic,
};
use kraft_bridge_protocol::{LeaderEpoch, NodeId, PartitionEpoch, PartitionId, Uuid};

use crate::bed::{Bed, CLUSTER, LEVEL, NEWEST, configured, nodes, registration, topic};

impl Bed {
    /// The leader asks for another ISR.
    pub(crate) fn alter(
        &mut self,
        name: &str,
        leader: i32,
        isr: &[i32],
        change: impl FnOnce(&mut AlterPartition),
    ) -> AlteredPartition {
        let partition = self.partition(name, 0);
        let members = isr.iter().map(|id| InSyncReplica {
            broker_id: NodeId(*id),
            ..Default::default()
        });
        let mut asked = AlterPartition {
            partition_index: PartitionId(0),
            leader_epoch: partition.leader_epoch,
            partition_epoch: partition.partition_epoch,
            leader_recovery_state: 0,
            new_isr_with_epochs: members.collect(),
            ..Default::default()
        };
        change(&mut asked);
        let request = AlterPartitionRequest {
            broker_id: NodeId(leader),
            broker_epoch: self.epoch(leader),
            topics: vec![AlterPartitionTopic {
                topic_id: self.id(name),
                partitions: vec![asked],
                ..Default::default()
            }],
            ..Default::default()
        };
        match self.ask(AnyRequest::AlterPartition(request)) {
            AnyResponse::AlterPartition(response) => response.topics[0].partitions[0].clone(),
            answer => panic!("{answer:?}"),
        }
    }

    /// A broker says where a replica lies.
    pub(crate) fn assign(&mut self, broker: i32, name: &str, number: i32, directory: Uuid) {
        let request = AssignReplicasToDirsRequest {
            broker_id: NodeId(broker),
            broker_epoch: self.epoch(broker),
            directories: vec![AssignedDirectory {
                id: directory,
                topics: vec![AssignedTopic {
                    topic_id: self.id(name),
                    partitions: vec![AssignedPartition {
                        partition_index: PartitionId(number),
                        ..Default::default()
                    }],
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        };
        let answer = self.ask(AnyRequest::AssignReplicasToDirs(request));
        let AnyResponse::AssignReplicasToDirs(response) = answer else {
            panic!("{answer:?}");
        };
        let error = response.directories[0].topics[0].partitions[0].error_code;
        assert_eq!(error, ErrorCode::None);
    }

    /// Asks for other replicas, or to cancel.
    pub(crate) fn reassign(&mut self, name: &str, replicas: Option<&[i32]>) -> ErrorCode {
        self.reassign_one(name, 0, replicas)
    }

    fn reassign_one(&mut self, name: &str, number: i32, replicas: Option<&[i32]>) -> ErrorCode {
        let request = AlterPartitionReassignmentsRequest {
            topics: vec![ReassignableTopic {
                name: name.to_owned(),
                partitions: vec![ReassignablePartition {
                    partition_index: PartitionId(number),
                    replicas: replicas.map(nodes),
                    ..Default::default()
                }],
                ..Default::default()
            }],
            ..Default::default()
        };
        match self.ask(AnyRequest::AlterPartitionReassignments(request)) {
            AnyResponse::AlterPartitionReassignments(response) => {
                response.responses[0].partitions[0].error_code
            }
            answer => panic!("{answer:?}"),
        }
    }

    pub(crate) fn fence(&mut self, id: i32) {
        let epoch = self.epoch(id);
        self.beat(id, epoch, |beat| beat.want_fence = true);
    }

    pub(crate) fn unfence(&mut self, id: i32) {
        let epoch = self.epoch(id);
        self.beat(id, epoch, |_| {});
    }
}

#[test]
fn a_leader_moves_its_followers_in_and_out_of_the_isr() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3]);
    bed.create(topic("t", &[&[1, 2, 3]]));
    let shrunk = bed.alter("t", 1, &[1, 2], |_| {});
    assert_eq!((shrunk.error_code, shrunk.isr), (ErrorCode::None, nodes(&[1, 2])));
    assert_eq!(shrunk.partition_epoch, PartitionEpoch(1));
    assert_eq!(
        shrunk.leader_epoch,
        LeaderEpoch(0),
        "a smaller ISR is no new leader"
    );
    let before = bed.end;
    assert_eq!(
        bed.alter("t", 1, &[1, 2], |_| {}).partition_epoch,
        PartitionEpoch(1)
    );
    assert_eq!(bed.end, before, "nothing changes, nothing is written");
    assert_eq!(bed.alter("t", 1, &[1, 2, 3], |_| {}).isr, nodes(&[1, 2, 3]));
}

#[test]
fn a_smaller_isr_raises_the_leader_epoch_before_3_6() {
    let mut bed = Bed::new(11, &[1, 2]);
    bed.create(topic("t", &[&[1, 2]]));
    assert_eq!(bed.alter("t", 1, &[1], |_| {}).leader_epoch, LeaderEpoch(1));
}

#[test]
fn an_isr_is_refused_for_what_is_wrong_with_it() {
    type Change = fn(&mut AlterPartition);
    let cases: [(i32, &[i32], Change, ErrorCode); 10] = [
        (
            1,
            &[1],
            |asked| asked.leader_epoch.0 += 1,
            ErrorCode::NotController,
        ),
        (
            1,
            &[1],
            |asked| asked.partition_epoch.0 += 1,
            ErrorCode::NotController,
        ),
        (
            1,
            &[1],
            |asked| asked.leader_epoch.0 -= 1,
            ErrorCode::FencedLeaderEpoch,
        ),
        (
            1,
            &[1],
            |asked| asked.partition_epoch.0 -= 1,
            ErrorCode::InvalidUpdateVersion,
        ),
        (2, &[2], |_| {}, ErrorCode::InvalidRequest),
        (1, &[], |_| {}, ErrorCode::InvalidRequest),
        (1, &[2], |_| {}, ErrorCode::InvalidRequest),
        (1, &[1, 4], |_| {}, ErrorCode::InvalidRequest),
        (
            1,
            &[1],
            |asked| asked.leader_recovery_state = 1,
            ErrorCode::InvalidRequest,
        ),
        (1, &[1, 3], |_| {}, ErrorCode::IneligibleReplica),
    ];
    let mut bed = Bed::new(LEVEL, &[1, 2, 3, 4]);
    bed.create(topic("t", &[&[1, 2, 3]]));
    bed.fence(3);
    for (leader, isr, change, error) in cases {
        assert_eq!(
            bed.alter("t", leader, isr, change).error_code,
            error,
            "{leader} {isr:?}"
        );
    }
    let twice = bed.alter("t", 1, &[1, 1], |_| {});
    assert_eq!(twice.error_code, ErrorCode::InvalidRequest);
    let other_run = bed.alter("t", 1, &[1, 2], |asked| {
        asked.new_isr_with_epochs[1].broker_epoch.0 = 5
    });
    assert_eq!(other_run.error_code, ErrorCode::IneligibleReplica);
}

#[test]
fn a_replica_out_of_sync_is_elected_only_where_records_may_be_lost() {
    for unclean in [false, true] {
        let mut bed = Bed::new(LEVEL, &[1, 2]);
        let value = unclean.to_string();
        bed.create(configured(
            topic("t", &[&[1, 2]]),
            "unclean.leader.election.enable",
            &value,
        ));
        bed.fence(2);
        bed.fence(1);
        bed.unfence(2);
        let partition = bed.partition("t", 0);
        if unclean {
            assert_eq!(partition.leader, Some(NodeId(2)));
            assert_eq!(
                (&*partition.isr, partition.recovery),
                (&*nodes(&[2]), LeaderRecovery::Recovering)
            );
            let recovered = bed.alter("t", 2, &[2], |_| {});
            assert_eq!(recovered.leader_recovery_state, 0);
        } else {
            assert_eq!((partition.leader, &*partition.isr), (None, &*nodes(&[1])));
        }
    }
}

#[test]
fn a_reassignment_ends_once_every_new_replica_is_in_sync() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3, 4]);
    bed.create(topic("t", &[&[1, 2]]));
    assert_eq!(bed.reassign("t", Some(&[3, 4])), ErrorCode::None);
    let partition = bed.partition("t", 0);
    assert_eq!(&*partition.replicas, &*nodes(&[3, 4, 1, 2]));
    let listed = list_reassignments(&bed.replica, &ListPartitionReassignmentsRequest::default());
    assert_eq!(listed.topics[0].partitions[0].adding_replicas, nodes(&[3, 4]));

    bed.alter("t", 1, &[1, 2, 3], |_| {});
    assert_eq!(
        bed.partition("t", 0).replicas.len(),
        4,
        "one of two is not enough"
    );
    let last = bed.alter("t", 1, &[1, 2, 3, 4], |_| {});
    assert_eq!(last.error_code, ErrorCode::NewLeaderElected);
    let partition = bed.partition("t", 0);
    assert_eq!(
        (&*partition.replicas, partition.leader),
        (&*nodes(&[3, 4]), Some(NodeId(3)))
    );
    assert_eq!(partition.directories.len(), 2);
    let listed = list_reassignments(&bed.replica, &ListPartitionReassignmentsRequest::default());
    assert!(listed.topics.is_empty());
}

#[test]
fn a_reassignment_that_is_cancelled_leaves_the_old_replicas() {
    let mut bed = Bed::new(LEVEL, &[1, 2, 3]);
    bed.create(topic("t", &[&[1, 2]]));
    assert_eq!(bed.reassign("t", None), ErrorCode::NoReassignmentInProgress);
    bed.reassign("t", Some(&[3, 1]));
    bed.alter("t", 1, &[1, 2], |_| {});
    assert_eq!(bed.reassign("t", None), ErrorCode::None);
    let partition = bed.partition("t", 0);
    assert_eq!(
        (&*partition.replicas, partition.reassignment.as_deref()),
        (&*nodes(&[1, 2]), None)
    );
}

#[test]
fn replicas_that_cannot_be_are_refused() {
    let mut bed = Bed::new(LEVEL, &[1, 2]);
    bed.create(topic("t", &[&[1]]));
    for replicas in [&[][..], &[1, 1], &[9]] {
        assert_eq!(
            bed.reassign("t", Some(replicas)),
            ErrorCode::InvalidReplicaAssignment
        );
    }
    assert_eq!(
        bed.reassign("none", Some(&[1])),
        ErrorCode::UnknownTopicOrPartition
    );
}

/// KIP-966, as controllers of 4.3.1 were seen to do it.
#[test]
fn eligible_leaders_lead_although_they_left_the_isr() {
    let features = [
        ("metadata.version", NEWEST),
        ("eligible.leader.replicas.version", 1),
    ];
    let mut bed = Bed::with(Settings::new(NodeId(3000), CLUSTER), &features, &[1, 2]);
    bed.create(configured(topic("t", &[&[1, 2]]), "min.insync.replicas", "2"));
    bed.fence(2);
    let partition = bed.partition("t", 0);
    assert_eq!(
        (&*partition.isr, partition.eligible_leader_replicas()),
        (&*nodes(&[1]), &*nodes(&[2]))
    );
    bed.fence(1);
    let partition = bed.partition("t", 0);
    assert_eq!((partition.leader, partition.isr.len()), (None, 0));
    assert_eq!(partition.eligible_leader_replicas(), &*nodes(&[1, 2]));
    assert_eq!(&*partition.eligible.as_ref().unwrap().last_known, &*nodes(&[1]));

    // It may have lost records.
    bed.register(registration(2, 2)).unwrap();
    assert_eq!(bed.partition("t", 0).eligible_leader_replicas(), &*nodes(&[1]));
    bed.unfence(2);
    assert_eq!(bed.partition("t", 0).leader, None);
    bed.unfence(1);
    let partition = bed.partition("t", 0);
    assert_eq!(
        (partition.leader, &*partition.isr),
        (Some(NodeId(1)), &*nodes(&[1]))
    );
    assert!(partition.eligible_leader_replicas().is_empty());
    bed.alter("t", 1, &[1, 2], |_| {});
    assert_eq!(bed.partition("t", 0).eligible, None);
}

/// Kafka 4.3 keeps it, so that a replica without a record may be elected.
#[test]
fn a_replica_that_is_gone_is_not_eligible_any_more() {
    let settings = Settings {
        inherited: [("min.insync.replicas".to_owned(), "2".to_owned())].into(),
        ..Settings::new(NodeId(3000), CLUSTER)
    };
    let features = [
        ("metadata.version", NEWEST),
        ("eligible.leader.replicas.version", 1),
    ];
    let mut bed = Bed::with(settings, &features, &[1, 2]);
    // How many are enough counts from the replicas of the first partition: one is too few for the second.
    bed.create(topic("t", &[&[1, 2], &[2, 1]]));
    bed.fence(1);
    assert_eq!(bed.partition("t", 1).eligible_leader_replicas(), &*nodes(&[1]));
    assert_eq!(bed.reassign_one("t", 1, Some(&[2])), ErrorCode::None);
    assert_eq!(bed.partition("t", 1).replicas[..], nodes(&[2])[..]);
    assert!(bed.partition("t", 1).eligible_leader_replicas().is_empty());
}
