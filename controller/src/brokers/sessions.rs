//! When each broker was heard of last. Nothing of it is in the log: after a change of leader all begin anew.

use std::collections::BTreeMap;
use std::time::Duration;

use kraft_bridge_metadata::image::BrokerRegistration;
use kraft_bridge_protocol::{BrokerEpoch, NodeId, Offset};

/// A broker's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    epoch: BrokerEpoch,
    contact: Duration,
    /// Up to where it has applied the log, as it said last.
    pub(crate) metadata_offset: Offset,
    /// Where the log ended when it began to shut down.
    pub(crate) shutdown: Option<Offset>,
}

/// The sessions of all brokers.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    timeout: Duration,
    by_broker: BTreeMap<NodeId, Session>,
}

impl Sessions {
    /// Those of a controller that has just begun to lead: brokers that are not fenced have this moment as their last.
    pub(crate) fn new<'a>(
        timeout: Duration,
        brokers: impl Iterator<Item = &'a BrokerRegistration>,
        now: Duration,
    ) -> Sessions {
        let mut sessions = Sessions {
            timeout,
            by_broker: BTreeMap::new(),
        };
        for broker in brokers.filter(|broker| !broker.fenced && !mutant!(ForgetsSessions)) {
            sessions.touch(broker.broker_id, broker.broker_epoch, Offset(-1), now);
        }
        sessions
    }

    /// A broker was heard of.
    pub(crate) fn touch(
        &mut self,
        broker: NodeId,
        epoch: BrokerEpoch,
        metadata_offset: Offset,
        now: Duration,
    ) -> &mut Session {
        let begun = Session {
            epoch,
            contact: now,
            metadata_offset,
            shutdown: None,
        };
        let session = self.by_broker.entry(broker).or_insert(begun);
        if session.epoch != epoch {
            *session = begun;
        }
        if !mutant!(IgnoresHeartbeats) {
            session.contact = now;
        }
        session.metadata_offset = metadata_offset;
        session
    }

    /// A broker begins to shut down; all that moves with it is in the log up to this offset.
    pub(crate) fn begin_shutdown(&mut self, broker: NodeId, epoch: BrokerEpoch, last: Offset) {
        let session = self.by_broker.get_mut(&broker);
        if let Some(session) = session.filter(|session| session.epoch == epoch) {
            session.shutdown = Some(last);
        }
    }

    /// The session of a broker's run.
    pub(crate) fn get(&self, broker: NodeId, epoch: BrokerEpoch) -> Option<&Session> {
        self.by_broker
            .get(&broker)
            .filter(|session| session.epoch == epoch)
    }

    /// Whether a broker's run was heard of recently.
    pub(crate) fn is_live(&self, broker: NodeId, epoch: BrokerEpoch, now: Duration) -> bool {
        let session = self.get(broker, epoch);
        session.is_some_and(|session| now < session.contact + self.timeout)
    }

    /// A broker's session ends.
    pub(crate) fn end(&mut self, broker: NodeId) {
        self.by_broker.remove(&broker);
    }

    /// Who has been silent for too long; the one that was heard of first.
    pub(crate) fn expired(&self, now: Duration) -> Option<NodeId> {
        let (broker, session) = self.by_broker.iter().min_by_key(|(_, session)| session.contact)?;
        (session.contact + self.timeout <= now).then_some(*broker)
    }

    /// When the next session ends unless its broker is heard of.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let contacts = self.by_broker.values().map(|session| session.contact);
        contacts.min().map(|contact| contact + self.timeout)
    }
}
