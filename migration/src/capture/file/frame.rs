//! Frames of a capture file: length, checksum, compression; see [`super`] for the format.

use std::io;

use super::seal::Seal;

/// Before the body.
pub(super) const HEAD_BYTES: usize = 13;
/// Events of one frame, as bincode: more than ZooKeeper lets a znode be.
pub(super) const EVENTS_BYTES_MAX: usize = 65 * 1024 * 1024;
/// A frame is closed when it holds as much.
pub(super) const EVENTS_BYTES_TARGET: usize = 256 * 1024;
/// What is compressed is no longer than its body by more than this.
const EXPANSION_BYTES_MAX: usize = 512 * 1024;
const LEVEL: i32 = 3;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Events = 1,
    CompressedEvents = 2,
    Trailer = 3,
}

/// The head of a frame: kind, the length of its events, of its body, and the checksum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) events_length: usize,
    pub(super) body_length: usize,
    crc: u32,
    /// Kind and events' length, as they stand in the file.
    authenticated: [u8; 5],
    lengths: [u8; 9],
}

impl Head {
    pub(super) fn decode(bytes: [u8; HEAD_BYTES]) -> Result<Head, String> {
        let [kind, events @ ..] = bytes;
        let number =
            |at: usize| u32::from_be_bytes([events[at], events[at + 1], events[at + 2], events[at + 3]]);
        let [authenticated @ .., _, _, _, _, _, _, _, _] = bytes;
        let [lengths @ .., _, _, _, _] = bytes;
        Ok(Head {
            kind: match kind {
                1 => Kind::Events,
                2 => Kind::CompressedEvents,
                3 => Kind::Trailer,
                other => return Err(format!("a frame of the unknown kind {other}")),
            },
            events_length: usize::try_from(number(0)).unwrap_or(usize::MAX),
            body_length: usize::try_from(number(4)).unwrap_or(usize::MAX),
            crc: number(8),
            authenticated,
            lengths,
        })
    }

    /// The events (or the trailer) in the body of frame number `frame`.
    pub(super) fn open(&self, frame: u64, mut body: Vec<u8>, seal: Option<&Seal>) -> Result<Vec<u8>, String> {
        let mut crc = crc32fast::Hasher::new();
        crc.update(&self.lengths);
        crc.update(&body);
        if crc.finalize() != self.crc {
            return Err("the checksum of this frame is wrong: the file is damaged".to_owned());
        }
        if let Some(seal) = seal {
            seal.open(frame, &self.authenticated, &mut body)
                .ok_or("this frame was not sealed with the rest: the file was changed")?;
        }
        let events = match self.kind {
            Kind::CompressedEvents => decompress(&body, self.events_length)?,
            Kind::Events | Kind::Trailer => body,
        };
        if events.len() != self.events_length {
            return Err("the length of this frame is wrong".to_owned());
        }
        Ok(events)
    }
}

/// A frame's bytes, head and body.
pub(super) fn encode(kind: Kind, frame: u64, events: &[u8], seal: Option<&Seal>) -> io::Result<Vec<u8>> {
    let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a frame above 4 GiB");
    let events_length = u32::try_from(events.len()).map_err(too_long)?;
    let compressed = match kind {
        Kind::Trailer => None,
        Kind::Events | Kind::CompressedEvents => Some(zstd::bulk::compress(events, LEVEL)?)
            .filter(|body| expands_modestly(events.len(), body.len())),
    };
    let (kind, body) = match &compressed {
        Some(body) => (Kind::CompressedEvents, body.as_slice()),
        None => (kind, events),
    };
    let mut head = vec![kind as u8];
    head.extend(events_length.to_be_bytes());
    let sealed = seal.map(|seal| seal.seal(frame, &head, body));
    let body = sealed.as_deref().unwrap_or(body);
    head.extend(u32::try_from(body.len()).map_err(too_long)?.to_be_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&head);
    crc.update(body);
    head.extend(crc.finalize().to_be_bytes());
    head.extend_from_slice(body);
    Ok(head)
}

/// A body and its events together stay within twice the file and a mebibyte; frames of the usual size always do.
fn expands_modestly(events_length: usize, body_length: usize) -> bool {
    events_length <= body_length + EXPANSION_BYTES_MAX
}

fn decompress(body: &[u8], events_length: usize) -> Result<Vec<u8>, String> {
    if !expands_modestly(events_length, body.len()) || events_length > EVENTS_BYTES_MAX {
        return Err(format!("{} bytes can't hold {events_length}", body.len()));
    }
    // In one step into its place: a stream would hold a window of its own besides.
    let mut events = Vec::with_capacity(events_length);
    zstd::bulk::Decompressor::new()
        .and_then(|mut decompressor| decompressor.decompress_to_buffer(body, &mut events))
        .map_err(|error| format!("decompression fails: {error}"))?;
    Ok(events)
}
