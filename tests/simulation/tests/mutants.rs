//! A few of the faults that the simulation must find; `kraft-bridge-simulation mutants` puts in all.

#![cfg(feature = "mutants")]

use kraft_bridge_controller::mutants::Mutant as Controller;
use kraft_bridge_raft::mutants::Mutant as Raft;
use kraft_bridge_simulation::mutants::{Mutant, hunt};

#[test]
fn faults_are_found_within_a_few_seeds() {
    let mutants = [
        Mutant::Raft(Raft::VotesTwice),
        Mutant::Raft(Raft::CommitsOldEpochs),
        Mutant::Raft(Raft::CommitsByMinority),
        Mutant::Raft(Raft::ForgetsElectionState),
        Mutant::Raft(Raft::LeadsOldEpochOn),
        Mutant::Raft(Raft::HidesDivergence),
        Mutant::Controller(Controller::FencesLeaders),
        Mutant::Controller(Controller::IgnoresHeartbeats),
        Mutant::Controller(Controller::KeepsDeletedTopics),
    ];
    for caught in hunt(&mutants, 100, 2) {
        assert!(caught.found.is_some(), "{caught}");
    }
}
