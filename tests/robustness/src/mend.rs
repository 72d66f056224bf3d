//! Makes checksums right again after damage, as far as the structure can still be followed.

use crate::feed::FILES;

/// Nothing to mend.
pub fn nothing(_: &mut [u8]) {}

/// The header's checksum of a capture file, and those of its frames; the digest in the trailer stays wrong.
pub fn capture(bytes: &mut [u8]) {
    if bytes.len() < 49 {
        return;
    }
    let crc = crc32fast::hash(&bytes[..45]);
    bytes[45..49].copy_from_slice(&crc.to_be_bytes());
    let mut at = 49;
    while let Some(body) = u32_at(bytes, at + 5) {
        let end = at + 13 + body;
        if end > bytes.len() {
            return;
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(&bytes[at..at + 9]);
        crc.update(&bytes[at + 13..end]);
        bytes[at + 9..at + 13].copy_from_slice(&crc.finalize().to_be_bytes());
        at = end;
    }
}

/// The checksum after the tree of an uncompressed snapshot, if the tree ends somewhere.
pub fn snapshot(bytes: &mut [u8]) {
    const TREE_END: [u8; 5] = *b"\0\0\0\x01/";
    let ends = bytes.windows(TREE_END.len()).enumerate();
    let mut ends: Vec<usize> = ends
        .filter(|(_, window)| *window == TREE_END)
        .map(|(at, _)| at + TREE_END.len())
        .collect();
    // The first ends the tree, the others end what follows each checksum.
    ends.truncate(3);
    for end in ends {
        // After the tree its checksum follows, and then this very mark; zxid and digest come before the next.
        for after in [0, 20, 8] {
            let at = end + after;
            if bytes.get(at + 8..at + 13) == Some(&TREE_END) {
                let adler = simd_adler32::adler32(&&bytes[..at]);
                bytes[at..at + 8].copy_from_slice(&i64::from(adler).to_be_bytes());
                break;
            }
        }
    }
}

/// The checksum of each transaction of a log.
pub fn txn_log(bytes: &mut [u8]) {
    let mut at = 16;
    while let Some(length) = u32_at(bytes, at + 8) {
        let end = at + 12 + length;
        if length == 0 || end > bytes.len() {
            return;
        }
        let adler = simd_adler32::adler32(&&bytes[at + 12..end]);
        bytes[at..at + 8].copy_from_slice(&i64::from(adler).to_be_bytes());
        at = end + 1;
    }
}

/// The checksums of each file in a data directory, as [`files`](crate::feed::files) finds them.
pub fn data_dir(bytes: &mut [u8]) {
    let mut rest = bytes;
    while let [name, l0, l1, l2, after @ ..] = rest {
        let length = usize::try_from(u32::from_be_bytes([0, *l0, *l1, *l2])).unwrap();
        let (content, next) = after.split_at_mut(length.min(after.len()));
        match FILES[usize::from(*name) % FILES.len()].split_once('.') {
            Some(("snapshot", _)) => snapshot(content),
            Some(("log", _)) => txn_log(content),
            _ => {}
        }
        rest = next;
    }
}

/// A file of a data directory, as [`files`](crate::feed::files) finds it.
pub fn file(name: &str, content: &[u8]) -> Vec<u8> {
    let index = FILES.iter().position(|known| *known == name).unwrap();
    let [_, length @ ..] = u32::try_from(content.len()).unwrap().to_be_bytes();
    let mut bytes = vec![u8::try_from(index).unwrap()];
    bytes.extend(length);
    bytes.extend(content);
    bytes
}

/// The checksum of each batch.
pub fn batches(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(length) = u32_at(bytes, at + 8) {
        let end = at + 12 + length;
        if length < 49 || end > bytes.len() {
            return;
        }
        let crc = crc32c::crc32c(&bytes[at + 21..end]);
        bytes[at + 17..at + 21].copy_from_slice(&crc.to_be_bytes());
        at = end;
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(four)).ok()
}
