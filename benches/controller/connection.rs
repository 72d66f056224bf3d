//! One connection to a controller: a request, then its answer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::Context;
use kraft_bridge_protocol::rpc::{AnyRequest, AnyResponse};

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(600);

/// A connection.
pub(crate) struct Connection {
    stream: TcpStream,
    correlation: i32,
}

impl Connection {
    pub(crate) fn open(port: u16) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER))?;
        Ok(Connection {
            stream,
            correlation: 0,
        })
    }

    /// Asks in the newest version that both know.
    pub(crate) fn ask(&mut self, request: &AnyRequest) -> anyhow::Result<AnyResponse> {
        let version = version(request)?;
        let content = self.ask_for_bytes(request)?;
        Ok(request.decode_response(&content, version, self.correlation)?)
    }

    /// The same, undecoded.
    pub(crate) fn ask_for_bytes(&mut self, request: &AnyRequest) -> anyhow::Result<Vec<u8>> {
        self.correlation += 1;
        let frame = request.frame(version(request)?, self.correlation, Some("bench"))?;
        self.stream.write_all(&frame)?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let mut content = vec![0; usize::try_from(i32::from_be_bytes(length))?];
        self.stream.read_exact(&mut content)?;
        Ok(content)
    }
}

fn version(request: &AnyRequest) -> anyhow::Result<i16> {
    let api = request.api();
    let (known, kafkas) = (api.known.as_ref(), api.kafka_4_3.as_ref());
    let (known, kafkas) = known.zip(kafkas).context("both know it")?;
    Ok(*known.end().min(kafkas.end()))
}
