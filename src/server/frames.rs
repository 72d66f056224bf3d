//! Frames of one connection: requests in, answers out, within bounds of size and time.

use std::future::pending;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::budget::{Budget, SHORT_BYTES_MAX, Share};
use super::error::Closed;
use crate::client::BoxedStream;

/// How far is read ahead while a request is answered, to notice that the caller hangs up.
const READ_AHEAD_BYTES_MAX: usize = 1024;
/// Content type of a handshake, and major version: what a TLS client begins with.
const TLS_HANDSHAKE: [u8; 2] = [0x16, 0x03];

/// What came in a frame.
#[derive(Debug, Default)]
pub(super) struct Frame {
    pub(super) content: Vec<u8>,
    /// Of the listener's memory, as long as the request or what becomes of it is there.
    pub(super) share: Share,
}

/// A connection, frame by frame.
pub(super) struct Frames {
    stream: BoxedStream,
    budget: Budget,
    /// Read already, and of the next frame.
    ahead: Vec<u8>,
}

impl Frames {
    pub(super) fn new(stream: BoxedStream, budget: Budget) -> Frames {
        Frames {
            stream,
            budget,
            ahead: Vec::new(),
        }
    }

    /// The next frame, whose content is at most `limit` bytes long. It may take `idle` to begin, and then `time` to come.
    ///
    /// Memory grows with what arrives, not with what is announced, and all long frames of a listener share a budget.
    ///
    /// # Errors
    ///
    /// [`Closed`]: the connection is of no use afterwards.
    pub(super) async fn next(&mut self, limit: u32, idle: Duration, time: Duration) -> Result<Frame, Closed> {
        timeout(idle, self.begin())
            .await
            .unwrap_or(Err(Closed::Idle(idle)))?;
        timeout(time, self.content(limit))
            .await
            .unwrap_or(Err(Closed::RequestTooSlow(time)))
    }

    /// Waits for a frame's first byte.
    async fn begin(&mut self) -> Result<(), Closed> {
        if self.ahead.is_empty() && (&mut self.stream).take(1).read_buf(&mut self.ahead).await? == 0 {
            return Err(Closed::HungUp);
        }
        Ok(())
    }

    async fn content(&mut self, limit: u32) -> Result<Frame, Closed> {
        let mut frame = Frame::default();
        let mut left = self.length(limit).await?;
        loop {
            let step = left.min(SHORT_BYTES_MAX);
            self.read(step, &mut frame.content).await?;
            left -= step;
            if left == 0 {
                return Ok(frame);
            }
            // For what has arrived, before more is taken.
            self.budget.add(step, &mut frame.share).await;
        }
    }

    /// The length that a frame begins with.
    async fn length(&mut self, limit: u32) -> Result<u32, Closed> {
        let mut prefix = Vec::new();
        self.read(4, &mut prefix).await?;
        if prefix[..2] == TLS_HANDSHAKE {
            return Err(Closed::SpeaksTls);
        }
        let announced = i32::from_be_bytes(prefix[..].try_into().expect("four bytes were read"));
        let length = u32::try_from(announced).ok().filter(|length| *length <= limit);
        length.ok_or(Closed::Length {
            announced: i64::from(announced),
            limit,
        })
    }

    /// Appends exactly so many bytes.
    async fn read(&mut self, length: u32, content: &mut Vec<u8>) -> Result<(), Closed> {
        let mut ahead = &self.ahead[..];
        let read = (&mut ahead)
            .chain(&mut self.stream)
            .take(u64::from(length))
            .read_to_end(content)
            .await?;
        let taken = self.ahead.len() - ahead.len();
        self.ahead.drain(..taken);
        match u32::try_from(read) == Ok(length) {
            true => Ok(()),
            false => Err(Closed::CutOff),
        }
    }

    /// Writes a whole frame.
    ///
    /// # Errors
    ///
    /// As [`Frames::next`].
    pub(super) async fn write(&mut self, frame: &[u8], time: Duration) -> Result<(), Closed> {
        let write = async {
            self.stream.write_all(frame).await?;
            self.stream.flush().await?;
            Ok(())
        };
        timeout(time, write)
            .await
            .unwrap_or(Err(Closed::AnswerNotTaken(time)))
    }

    /// Comes back when the caller has hung up. What it sends meanwhile is kept for the next frame; if that is much,
    /// nothing more is read, and the end stays unnoticed.
    pub(super) async fn hung_up(&mut self) -> Closed {
        while let Some(room) = READ_AHEAD_BYTES_MAX
            .checked_sub(self.ahead.len())
            .filter(|room| *room > 0)
        {
            match (&mut self.stream)
                .take(room as u64)
                .read_buf(&mut self.ahead)
                .await
            {
                Ok(0) => return Closed::HungUp,
                Ok(_) => {}
                Err(error) => return error.into(),
            }
        }
        pending().await
    }

    /// Says farewell, for which TLS has words; how it is taken does not matter.
    pub(super) async fn close(&mut self, time: Duration) {
        drop(timeout(time, self.stream.shutdown()).await);
    }
}
