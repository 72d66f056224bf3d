//! A way to a server that can be cut: what lies between client and server when a network fails.
//!
//! ```text
//!  client ─▶ Proxy ─▶ server     cut:   connections end, new ones come through
//!                                close: connections end, none comes through until open
//! ```

use std::io::copy;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;

/// Passes bytes on, both ways, until it is cut or dropped.
#[derive(Debug)]
pub struct Proxy {
    /// `127.0.0.1:port`, instead of the server's.
    pub address: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: String,
    is_closed: AtomicBool,
    is_over: AtomicBool,
    /// Both ends of every connection since the last cut.
    ends: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A proxy to the server at `host:port`, open.
    ///
    /// # Errors
    ///
    /// When the system has no port left.
    pub fn to(server: &str) -> anyhow::Result<Proxy> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
        let address = listener.local_addr()?.to_string();
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            is_closed: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            ends: Mutex::new(Vec::new()),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || accepting.accept(&listener));
        Ok(Proxy { address, shared })
    }

    /// Ends every connection.
    pub fn cut(&self) {
        self.shared.cut();
    }

    /// Ends every connection, and lets none through until [`Proxy::open`].
    pub fn close(&self) {
        self.shared.is_closed.store(true, Ordering::SeqCst);
        self.shared.cut();
    }

    /// Lets connections through again.
    pub fn open(&self) {
        self.shared.is_closed.store(false, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes up who waits for the next connection.
        drop(TcpStream::connect(&self.address));
        self.cut();
    }
}

impl Shared {
    fn accept(self: Arc<Shared>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            // A connection that can't be passed on is hung up, as a network would.
            let passed = client
                .map_err(anyhow::Error::from)
                .and_then(|client| self.pass(client));
            drop(passed);
        }
    }

    fn pass(&self, client: TcpStream) -> anyhow::Result<()> {
        let server = TcpStream::connect(&self.server)?;
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that no connection slips through a cut.
        if self.is_closed.load(Ordering::SeqCst) {
            return Ok(());
        }
        ends.extend([client.try_clone()?, server.try_clone()?]);
        for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
            std::thread::spawn(move || pump(&from, &to));
        }
        Ok(())
    }

    fn cut(&self) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has ended already can't be ended again.
        ends.drain(..).for_each(|end| drop(end.shutdown(Shutdown::Both)));
    }
}

/// Passes on what one end sends until either ends, and then ends both.
fn pump(mut from: &TcpStream, mut to: &TcpStream) {
    drop(copy(&mut from, &mut to));
    for end in [from, to] {
        drop(end.shutdown(Shutdown::Both));
    }
}
