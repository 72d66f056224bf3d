//! Faults of the controller that can be put in, to see whether the simulation finds them. Never part of a product: without
//! the feature `mutants` neither this module nor a trace of it is there.

kraft_bridge_protocol::mutants! {
    /// A request of an earlier run of a broker counts as one of the present run.
    TakesOldRuns,
    /// A leader that knows less than the controller changes the ISR all the same.
    TrustsOldPartitionEpochs,
    /// Whoever asks may change the ISR, in whatever leader epoch.
    TrustsOldLeaders,
    /// Brokers that are fenced, or of another run than meant, join an ISR.
    AdmitsFencedMembers,
    /// A broker is fenced and leads on.
    FencesLeaders,
    /// A replica leads that is not in sync.
    ElectsOutOfSync,
    /// A broker that is fenced is elected.
    ElectsFenced,
    /// A broker is taken into service before it knows that it is registered.
    UnfencesUncaught,
    /// A controller that takes over does not wait for the brokers that were in service.
    ForgetsSessions,
    /// A heartbeat is answered, and does not count.
    IgnoresHeartbeats,
    /// A reassignment ends before those that come are in sync.
    EndsReassignmentsEarly,
    /// Blocks of producer ids overlap.
    HandsOutIdsTwice,
    /// The last member leaves an ISR that nobody else is eligible besides.
    EmptiesIsrs,
    /// A broker that may have lost records stays eligible to lead.
    KeepsLostEligible,
    /// A replica that is gone stays eligible to lead, as in Kafka 4.3.
    KeepsGoneEligible,
    /// A topic is said to be deleted, and is not.
    KeepsDeletedTopics,
}
