//! A few of the faults that the simulation must find; `kraft-bridge-simulation mutants` puts in all.

#![cfg(feature = "mutants")]

use kraft_bridge_raft::mutants::Mutant;
use kraft_bridge_simulation::mutants::hunt;

#[test]
fn faults_of_the_protocol_are_found_within_a_few_seeds() {
    let mutants = [
        Mutant::VotesTwice,
        Mutant::CommitsOldEpochs,
        Mutant::CommitsByMinority,
        Mutant::ForgetsElectionState,
        Mutant::LeadsOldEpochOn,
        Mutant::HidesDivergence,
    ];
    for caught in hunt(&mutants, 100, 2) {
        assert!(caught.found.is_some(), "{caught}");
    }
}
