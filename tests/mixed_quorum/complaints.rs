//! What no node may have logged: that it met something of another node that it does not expect.

use crate::member::Member;
use crate::quorum::Quorum;

/// Marks of a fault in the log of a JVM. A quorum whose nodes are killed makes it log errors and exceptions enough that are
/// none.
const OF_KAFKA: [&str; 6] = [
    " FATAL ",
    " fault: ",
    "raft-io-thread]: Error",
    " ERROR [RaftManager",
    "IllegalStateException",
    "IllegalArgumentException",
];
/// What is none of these: the leader of a quorum whose nodes are all stopped at once finds nobody to take over, and a JVM
/// that has not read the log since its start knows none of the passwords in it.
const NO_FAULTS: [&str; 3] = [
    "Graceful shutdown of RaftClient failed",
    "failed authentication due to",
    "Unexpected error NETWORK_EXCEPTION",
];
/// The same in ours.
const OURS: [&str; 2] = ["ERROR", "panicked"];

/// Asserts that no node has logged a fault; all must have been stopped.
pub(crate) fn nobody_complains(quorum: &Quorum) {
    quorum.members.iter().for_each(of);
}

/// Asserts that this one has not.
pub(crate) fn of(member: &Member) {
    assert!(!member.is_started());
    for (of_kafka, marks) in [(true, &OF_KAFKA[..]), (false, &OURS[..])] {
        let is_fault = |line: &&str| {
            let is_marked = marks.iter().any(|mark| line.contains(mark));
            is_marked && !NO_FAULTS.iter().any(|text| line.contains(text))
        };
        let found: Vec<&str> = member.log(of_kafka).lines().filter(is_fault).collect();
        assert!(found.is_empty(), "node {}: {found:#?}", member.id);
    }
}
