//! Faults of the protocol that can be put in, to see whether the simulation finds them. Never part of a product: without
//! the feature `mutants` neither this module nor a trace of it is there.

kraft_bridge_protocol::mutants! {
    /// A vote is granted to another candidate of the same epoch.
    VotesTwice,
    /// A vote is granted to a candidate whose log is shorter.
    VotesForShorterLogs,
    /// Records of earlier epochs are committed before one of the leader's own is.
    CommitsOldEpochs,
    /// Half of the voters, rounded down, commit.
    CommitsByMinority,
    /// A leader counts what it has appended and not flushed.
    LeaderCountsUndurable,
    /// The election state is not written before the answer.
    ForgetsElectionState,
    /// Where two logs part, a follower cuts off what it knows to be committed, too.
    CutsCommitted,
    /// A fetched checkpoint is put beside the old log instead of in its place.
    InstallsBesideLog,
    /// Observers count like voters.
    CountsObservers,
    /// A follower fetches on before what it has is on disk.
    FetchesBeforeFlush,
    /// A leader that was restarted leads its old epoch on.
    LeadsOldEpochOn,
    /// A leader that nobody fetches from leads on.
    LeadsWithoutMajority,
    /// Asking for a pre-vote begins another epoch.
    PreVoteBeginsEpoch,
    /// A follower is not told where its log parts from the leader's.
    HidesDivergence,
    /// An answer counts after the role that asked is over.
    TakesStaleAnswers,
    /// A follower takes the leader's high watermark although its log ends before.
    TrustsHighWatermark,
    /// Two voters are removed at once.
    RemovesTwoVoters,
    /// Voters are changed before the last change is committed.
    ChangesUncommitted,
    /// A set of voters is in force only when it is committed.
    CountsByOldVoters,
    /// A voter with another directory is the same voter.
    IgnoresDirectories,
}
