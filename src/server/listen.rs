//! Takes connections, each into a task of its own.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use super::budget::Budget;
use super::complaints::Complaints;
use super::connection::{Shared, serve};
use super::error::Closed;
use super::places::{Place, Places};
use super::{Handler, ServerError, tls, versions};
use crate::config::ListenerConfig;

/// How long to wait after the system would not give a connection, for lack of file descriptors say.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener that is open until this is dropped, and its connections with it.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Opens a listener. Must be called from within an asynchronous runtime.
    ///
    /// # Errors
    ///
    /// [`ServerError`] when the address is taken, or a store is of no use.
    pub(crate) async fn bind<H: Handler>(
        config: ListenerConfig,
        handler: Arc<H>,
    ) -> Result<Server, ServerError> {
        let tls = config.tls.as_ref().map(tls::acceptor).transpose();
        let tls = tls.map_err(|source| ServerError::Store {
            listener: config.name.clone(),
            source,
        })?;
        let (listener, address) = listen(&config).await.map_err(|source| ServerError::Bind {
            listener: config.name.clone(),
            address: format!("{}:{}", config.host.as_deref().unwrap_or(""), config.port),
            source,
        })?;
        tracing::info!(listener = config.name, %address, "listening");
        let served = versions::served(handler.apis());
        let shared = Shared {
            budget: Budget::new(config.limits.requests_bytes_max),
            config,
            tls,
            handler,
            served,
        };
        Ok(Server {
            address,
            accepting: tokio::spawn(Door::new(shared).accept(listener)),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// How many connections the system lets this process have, and leave half its files to the log.
fn connections_by_files() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files / 2).unwrap_or(usize::MAX)
}

async fn listen(config: &ListenerConfig) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = match &config.host {
        Some(host) => TcpListener::bind((host.as_str(), config.port)).await?,
        // All interfaces; on a host without IPv6, all that there are.
        None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, config.port)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, config.port)).await?,
        },
    };
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// What the task that takes connections knows.
struct Door<H> {
    shared: Arc<Shared<H>>,
    places: Arc<Places>,
    log: Arc<Log>,
    connections: JoinSet<()>,
}

impl<H: Handler> Door<H> {
    fn new(shared: Shared<H>) -> Door<H> {
        let limits = shared.config.limits;
        Door {
            log: Arc::new(Log {
                listener: shared.config.name.clone(),
                start: Instant::now(),
                complaints: Mutex::default(),
            }),
            shared: Arc::new(shared),
            places: Places::new(
                limits.connections_max.min(connections_by_files()),
                limits.connections_per_address_max,
            ),
            connections: JoinSet::new(),
        }
    }

    async fn accept(mut self, listener: TcpListener) {
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((socket, peer)) => self.admit(socket, peer),
                    Err(error) => {
                        self.log.complain(self.log.nobody(), &format!("can't be taken in: {error}"));
                        sleep(PAUSE).await;
                    }
                },
                Some(ended) = self.connections.join_next() => if let Err(error) = ended {
                    tracing::error!(listener = self.log.listener, %error, "a connection's task failed");
                }
            }
        }
    }

    /// Gives a connection its task, or hangs up if there is no place.
    fn admit(&mut self, socket: TcpStream, peer: SocketAddr) {
        match self.places.take(peer.ip().to_canonical()) {
            Ok(place) => {
                let (shared, log) = (Arc::clone(&self.shared), Arc::clone(&self.log));
                self.connections.spawn(attend(socket, peer, place, shared, log));
            }
            Err(full) => self.log.complain(peer, &full.to_string()),
        }
    }
}

async fn attend<H: Handler>(
    socket: TcpStream,
    peer: SocketAddr,
    _place: Place,
    shared: Arc<Shared<H>>,
    log: Arc<Log>,
) {
    let closed = serve(socket, peer, &shared).await;
    log.tell(peer, &closed);
}

/// What the log is told of a listener's connections.
struct Log {
    listener: String,
    start: Instant,
    complaints: Mutex<Complaints>,
}

impl Log {
    fn tell(&self, peer: SocketAddr, closed: &Closed) {
        match closed.is_ordinary() {
            true => tracing::debug!(listener = self.listener, %peer, reason = %closed, "connection ended"),
            false => self.complain(peer, &closed.to_string()),
        }
    }

    /// Warns, unless a warning of this address was written of late.
    fn complain(&self, peer: SocketAddr, reason: &str) {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(passed_over) = complaints.take_turn(peer.ip(), self.start.elapsed()) {
            tracing::warn!(listener = self.listener, %peer, reason, passed_over, "connection closed");
        }
    }

    /// In place of a caller that is not known.
    fn nobody(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
    }
}
