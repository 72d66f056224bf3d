//! Requests and answers, as frames from host to host.

use std::time::Duration;

use kraft_bridge_protocol::messages::EncodeError;
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, ApiVersionsResponse, RequestHeader, SupportedFeature,
};
use kraft_bridge_protocol::wire::Reader;
use kraft_bridge_raft::endpoint::Endpoint;
use kraft_bridge_raft::quorum::{CallId, Input, KRAFT_VERSIONS, NoAnswer, RequestId};

use crate::host::{Caller, Outstanding, Peer, Running, endpoint};
use crate::invariants::{Seen, Violation};
use crate::network::Passage;
use crate::release::decode_answer;
use crate::words::{of_request, of_response};
use crate::world::{Event, Parcel, World};

/// Bytes before a frame's content.
const LENGTH_PREFIX: usize = 4;

impl World {
    /// A node sends a request.
    pub(crate) fn send(
        &mut self,
        at: usize,
        id: RequestId,
        to: usize,
        request: AnyRequest,
    ) -> Result<(), Violation> {
        self.see(at, &Seen::Sends { request: &request })?;
        let releases = [at, to].map(|host| self.hosts[host].release);
        let version = releases[0].version_between(releases[1], &request);
        let frame = version.map(|version| {
            (
                version,
                request.frame(version, correlation(id), Some("simulation")),
            )
        });
        self.note(at, "send", || {
            format!("asks host{to} in {version:?}: {}", of_request(&request))
        });
        let incarnation = self.hosts[at].incarnation;
        if let Some(running) = &mut self.hosts[at].running {
            running.outstanding.insert(id, Outstanding { to, request });
        }
        let (version, frame) = match frame {
            Some((version, Ok(frame))) => (version, frame),
            None | Some((_, Err(EncodeError::FieldNotInVersion { .. }))) => {
                let delay = self.random.skewed_millis(2);
                self.no_answer(at, incarnation, id, NoAnswer::Unsupported, delay);
                return Ok(());
            }
            Some((_, Err(error))) => return Err(Violation::new("codec", error.to_string())),
        };
        let parcel = Parcel {
            asker: at,
            incarnation,
            id,
            server: to,
            version,
            connection: self.network.connection(at, to),
            frame,
        };
        self.dispatch_request(parcel);
        Ok(())
    }

    fn dispatch_request(&mut self, parcel: Parcel) {
        let (from, to) = (parcel.asker, parcel.server);
        if self.network.doubles(&mut self.random)
            && let Passage::Arrives(delay) = self.network.passage(&mut self.random, from, to)
        {
            self.after(delay, Event::Request(parcel.clone()));
        }
        match self.network.passage(&mut self.random, from, to) {
            Passage::Arrives(delay) => self.after(delay, Event::Request(parcel)),
            Passage::Lost(noticed) => self.lose(&parcel, noticed),
        }
    }

    /// The asker learns that its request, and the connection, are lost; or not.
    fn lose(&mut self, parcel: &Parcel, noticed: Option<Duration>) {
        let Some(delay) = noticed else { return };
        let Parcel {
            asker: at,
            incarnation,
            id,
            server: to,
            ..
        } = *parcel;
        self.no_answer(at, incarnation, id, NoAnswer::Disconnected, delay);
        self.after(delay, Event::ConnectionLost { at, incarnation, to });
    }

    fn no_answer(&mut self, at: usize, incarnation: u32, id: RequestId, why: NoAnswer, delay: Duration) {
        let event = Event::NoAnswer {
            at,
            incarnation,
            id,
            why,
        };
        self.after(delay, event);
    }

    pub(crate) fn deliver_request(&mut self, parcel: &Parcel) -> Result<(), Violation> {
        let at = parcel.server;
        if self.hosts[at].running.is_none() {
            let noticed = self.network.report(&mut self.random);
            self.lose(parcel, noticed);
            return Ok(());
        }
        let request = decode_request(&parcel.frame).map_err(|problem| Violation::new("codec", problem))?;
        let peer = Peer {
            from: parcel.asker,
            incarnation: parcel.incarnation,
            id: parcel.id,
            version: parcel.version,
            connection: parcel.connection,
        };
        self.note(at, "request", || {
            format!("is asked by host{}: {}", peer.from, of_request(&request))
        });
        if matches!(request, AnyRequest::ApiVersions(_)) {
            return self.answer_peer(at, peer, &supported_versions());
        }
        self.call(at, request, Some(peer))
    }

    /// Asks a node for something.
    pub(crate) fn call(
        &mut self,
        at: usize,
        request: AnyRequest,
        peer: Option<Peer>,
    ) -> Result<(), Violation> {
        self.see(at, &Seen::Asked { request: &request })?;
        let call = self.next_call();
        let caller = Caller {
            request: request.clone(),
            peer,
        };
        if let Some(running) = &mut self.hosts[at].running {
            running.calls.insert(call, caller);
        }
        self.step(at, Input::Request { call, request })
    }

    /// A node answers a request.
    pub(crate) fn answer(
        &mut self,
        at: usize,
        call: CallId,
        response: &AnyResponse,
    ) -> Result<(), Violation> {
        let running = self.hosts[at].running.as_mut();
        let Some(caller) = running.and_then(|running| running.calls.remove(&call)) else {
            let problem = format!("host{at} answers a call that nobody waits for: {response:?}");
            return Err(Violation::new("one answer to each request", problem));
        };
        let request = &caller.request;
        self.see(at, &Seen::Answers { request, response })?;
        match caller.peer {
            Some(peer) => self.answer_peer(at, peer, response),
            None => {
                self.note(at, "answer", || format!("answers an operator: {response:?}"));
                Ok(())
            }
        }
    }

    fn answer_peer(&mut self, at: usize, peer: Peer, response: &AnyResponse) -> Result<(), Violation> {
        let to = peer.from;
        self.note(at, "answer", || {
            format!("answers host{to}: {}", of_response(response))
        });
        let frame = response.frame(peer.version, correlation(peer.id));
        let parcel = Parcel {
            asker: to,
            incarnation: peer.incarnation,
            id: peer.id,
            server: at,
            version: peer.version,
            connection: peer.connection,
            frame: frame.map_err(|error| Violation::new("codec", error.to_string()))?,
        };
        match self.network.passage(&mut self.random, at, to) {
            Passage::Arrives(delay) => self.after(delay, Event::Answer(parcel)),
            Passage::Lost(noticed) => self.lose(&parcel, noticed),
        }
        Ok(())
    }

    pub(crate) fn deliver_answer(&mut self, parcel: &Parcel) -> Result<(), Violation> {
        let (at, from) = (parcel.asker, parcel.server);
        if parcel.connection != self.network.connection(at, from) {
            return Ok(());
        }
        let Some(running) = self.process(at, parcel.incarnation) else {
            return Ok(());
        };
        // What the node has forgotten arrives all the same: it must not be taken for anything.
        let outstanding = running.outstanding.remove(&parcel.id);
        let late = running.forgotten.get(&parcel.id).cloned();
        let Some(request) = outstanding.clone().or(late).map(|asked| asked.request) else {
            return Ok(());
        };
        let content = &parcel.frame[LENGTH_PREFIX..];
        let response = decode_answer(&request, content, parcel.version, correlation(parcel.id));
        let response = response.map_err(|error| Violation::new("codec", error.to_string()))?;
        self.note(at, "response", || {
            format!("is answered by host{from}: {}", of_response(&response))
        });
        if outstanding.is_some() {
            self.see(
                at,
                &Seen::Receives {
                    from,
                    request: &request,
                    response: &response,
                },
            )?;
        }
        let outcome = Ok(response);
        self.step(
            at,
            Input::Response {
                id: parcel.id,
                outcome,
            },
        )
    }

    pub(crate) fn deliver_no_answer(
        &mut self,
        at: usize,
        incarnation: u32,
        id: RequestId,
        why: NoAnswer,
    ) -> Result<(), Violation> {
        let Some(running) = self.process(at, incarnation) else {
            return Ok(());
        };
        if running.outstanding.remove(&id).is_none() {
            return Ok(());
        }
        self.note(at, "no answer", || format!("gets no answer to {id:?}: {why:?}"));
        self.step(
            at,
            Input::Response {
                id,
                outcome: Err(why),
            },
        )
    }

    pub(crate) fn deliver_connection_lost(
        &mut self,
        at: usize,
        incarnation: u32,
        to: usize,
    ) -> Result<(), Violation> {
        if self.process(at, incarnation).is_none() {
            return Ok(());
        }
        self.note(at, "connection lost", || {
            format!("loses its connection to host{to}")
        });
        let endpoint: Endpoint = endpoint(to);
        self.step(at, Input::ConnectionLost { endpoint })
    }

    pub(crate) fn deliver_caller_gone(
        &mut self,
        at: usize,
        incarnation: u32,
        call: CallId,
    ) -> Result<(), Violation> {
        let Some(running) = self.process(at, incarnation) else {
            return Ok(());
        };
        if running.calls.remove(&call).is_none() {
            return Ok(());
        }
        self.note(at, "caller gone", || format!("answers {call:?} no more"));
        self.step(at, Input::CallerGone { call })
    }

    /// Breaks the connection from one host to another: what is under way by it is lost, and each side may notice.
    pub(crate) fn break_connection(&mut self, from: usize, to: usize) {
        self.network.reconnect(from, to);
        let incarnation = self.hosts[from].incarnation;
        let asked: Vec<RequestId> = match &self.hosts[from].running {
            Some(running) => running.asked_of(to).collect(),
            None => Vec::new(),
        };
        if let Some(delay) = self.network.report(&mut self.random) {
            for id in asked {
                self.no_answer(from, incarnation, id, NoAnswer::Disconnected, delay);
            }
            self.after(
                delay,
                Event::ConnectionLost {
                    at: from,
                    incarnation,
                    to,
                },
            );
        }
        let incarnation = self.hosts[to].incarnation;
        let calls: Vec<CallId> = match &self.hosts[to].running {
            Some(running) => running.called_by(from).collect(),
            None => Vec::new(),
        };
        if let Some(delay) = self.network.report(&mut self.random) {
            for call in calls {
                let event = Event::CallerGone {
                    at: to,
                    incarnation,
                    call,
                };
                self.after(delay, event);
            }
        }
    }

    /// The process, if it is still the same.
    fn process(&mut self, at: usize, incarnation: u32) -> Option<&mut Running> {
        let host = &mut self.hosts[at];
        host.running.as_mut().filter(|_| host.incarnation == incarnation)
    }
}

fn correlation(id: RequestId) -> i32 {
    i32::try_from(id.0).expect("a run is short")
}

/// What a node's listener says of it.
fn supported_versions() -> AnyResponse {
    AnyResponse::ApiVersions(ApiVersionsResponse {
        supported_features: vec![SupportedFeature {
            name: "kraft.version".to_owned(),
            min_version: KRAFT_VERSIONS.0,
            max_version: KRAFT_VERSIONS.1,
            ..Default::default()
        }],
        ..Default::default()
    })
}

fn decode_request(frame: &[u8]) -> Result<AnyRequest, String> {
    let mut reader = Reader::of_frame(&frame[LENGTH_PREFIX..]);
    let header = RequestHeader::decode(&mut reader).map_err(|error| error.to_string())?;
    AnyRequest::decode(&header, &mut reader).map_err(|error| error.to_string())
}
