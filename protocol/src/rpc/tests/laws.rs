//! Laws that hold for all messages.

use proptest::prelude::*;

use super::*;
use crate::wire::WireProblem;

/// Api key and version of everything that is known.
fn every_version() -> Vec<(i16, i16)> {
    let known = APIS.iter().filter_map(Api::versions);
    let versions =
        |api: ApiVersion| (api.min_version..=api.max_version).map(move |version| (api.api_key, version));
    known.flat_map(versions).collect()
}

fn request(api_key: i16, api_version: i16, bytes: &[u8]) -> Result<AnyRequest, WireError> {
    let header = RequestHeader {
        api_key,
        api_version,
        correlation_id: CORRELATION,
        client_id: None,
    };
    AnyRequest::decode(&header, &mut Reader::new(bytes))
}

fn response(api_key: i16, version: i16, bytes: &[u8]) -> Result<AnyResponse, WireError> {
    AnyResponse::decode(api_key, version, &mut Reader::new(bytes))
}

/// What is read as a request is written and read back as it was.
fn request_survives(api_key: i16, version: i16, bytes: &[u8]) -> Result<(), TestCaseError> {
    // What null and boolean bytes may look like is settled by the first reading.
    if let Ok(read) = request(api_key, version, bytes) {
        let frame = read.frame(version, CORRELATION, None).unwrap();
        let mut reader = Reader::new(&frame[4..]);
        let header = RequestHeader::decode(&mut reader).unwrap();
        prop_assert_eq!((header.api_key, header.api_version), (api_key, version));
        prop_assert_eq!(AnyRequest::decode(&header, &mut reader).unwrap(), read);
    }
    Ok(())
}

/// What is read as an answer is written and read back as it was.
fn response_survives(api_key: i16, version: i16, bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(read) = response(api_key, version, bytes) {
        let frame = read.frame(version, CORRELATION).unwrap();
        let is_flexible = version >= Api::of(api_key).unwrap().flexible_since && api_key != 18;
        let body = &frame[if is_flexible { 9 } else { 8 }..];
        prop_assert_eq!(response(api_key, version, body).unwrap(), read);
    }
    Ok(())
}

/// The same bytes with as little changed as makes `read` take them, if few changes do.
fn mended<T>(mut bytes: Vec<u8>, read: impl Fn(&[u8]) -> Result<T, WireError>) -> Option<Vec<u8>> {
    for _ in 0..200 {
        let Err(error) = read(&bytes) else {
            return Some(bytes);
        };
        let end = error.position;
        match error.problem {
            WireProblem::Trailing(excess) => bytes.truncate(bytes.len() - excess),
            // The length of something empty, in the place of the length of nothing.
            WireProblem::Null { .. } => bytes[end - 1] = u8::from(bytes[end - 1] == 0),
            // A number out of range, a length too great, or a count of tags where none is known.
            _ => bytes[end.checked_sub(4)?..end].fill(0),
        }
    }
    None
}

/// Small numbers for the most part: lengths that fit, codes that exist, text that is text.
fn small_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(0u8), 4 => Just(1), 2 => Just(2), 1 => 3u8..128];
    proptest::collection::vec(byte, 4000)
}

#[test]
fn versions_that_nobody_knows_and_apis_that_nobody_has_are_refused() {
    assert!(
        request(52, 3, &[0; 100])
            .unwrap_err()
            .to_string()
            .contains("VoteRequest version 3 is unknown")
    );
    assert!(
        request(3, 0, &[0; 100])
            .unwrap_err()
            .to_string()
            .contains("api_key is 3")
    );
    assert!(
        response(41, 1, &[0; 100])
            .unwrap_err()
            .to_string()
            .contains("api_key is 41")
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(version in -1i16..=19, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for api in APIS {
            let api_key = i16::try_from(api.key).unwrap();
            request_survives(api_key, version, &bytes)?;
            response_survives(api_key, version, &bytes)?;
        }
        drop(RequestHeader::decode(&mut Reader::new(&bytes)));
    }

    #[test]
    fn a_damaged_frame_of_kafkas_is_read_or_refused(
        frame: proptest::sample::Index,
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let frames: Vec<&str> = FRAMES.lines().collect();
        let words: Vec<&str> = frame.get(&frames).split(' ').collect();
        let (version, mut bytes) = (words[1].parse().unwrap(), unhex(words[2]));
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(name) = words[0].strip_suffix("Response") {
            let api = APIS.iter().find(|api| api.name == name).unwrap();
            for header in [4, 5] {
                response_survives(i16::try_from(api.key).unwrap(), version, &bytes[header..])?;
            }
        } else {
            let mut reader = Reader::new(&bytes);
            if let Ok(header) = RequestHeader::decode(&mut reader) {
                request_survives(header.api_key, header.api_version, &bytes[reader.position()..])?;
            }
        }
    }

    #[test]
    fn whatever_a_request_holds_is_read_back(
        (api_key, version) in proptest::sample::select(every_version()), bytes in small_bytes(),
    ) {
        let bytes = mended(bytes, |bytes| request(api_key, version, bytes));
        prop_assume!(bytes.is_some());
        request_survives(api_key, version, &bytes.unwrap())?;
    }

    #[test]
    fn whatever_an_answer_holds_is_read_back(
        (api_key, version) in proptest::sample::select(every_version()), bytes in small_bytes(),
    ) {
        let bytes = mended(bytes, |bytes| response(api_key, version, bytes));
        prop_assume!(bytes.is_some());
        response_survives(api_key, version, &bytes.unwrap())?;
    }

    #[test]
    fn fetch_requests_are_read_back(
        version in 13i16..=18, cluster_id: Option<String>, node in 0i32.., numbers: [i32; 5], offsets: [i64; 3],
        rack_id: String, partitions in 0usize..4,
    ) {
        let partition = |at: usize| FetchPartition {
            partition: PartitionId(numbers[at]),
            current_leader_epoch: Epoch(numbers[0]),
            fetch_offset: Offset(offsets[0]),
            log_start_offset: Offset(offsets[1]),
            high_watermark: Offset(if version >= 18 { offsets[2] } else { i64::MAX }),
            ..Default::default()
        };
        let request = FetchRequest {
            cluster_id,
            rack_id,
            replica_id: (version < 15).then_some(NodeId(node)),
            max_wait_ms: numbers[4],
            topics: vec![FetchTopic {
                topic_id: DIRECTORY,
                partitions: (0..partitions).map(partition).collect(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let frame = request_frame(&request, version, CORRELATION, None).unwrap();
        let (_, decoded) = decode_request::<FetchRequest>(&frame[4..]).unwrap();
        prop_assert_eq!(decoded, request);
    }

    #[test]
    fn checkpoints_bytes_are_read_back(
        version in 0i16..=1, size: i64, position: i64, leader in proptest::option::of(0i32..), epoch: i32,
        bytes in proptest::collection::vec(any::<u8>(), 0..300), error in proptest::sample::select(ErrorCode::ALL),
    ) {
        let partition = SnapshotPartitionResponse {
            error_code: error,
            current_leader: LeaderIdAndEpoch {
                leader_id: leader.map(NodeId),
                leader_epoch: Epoch(epoch),
                ..Default::default()
            },
            size,
            position,
            unaligned_records: Blob(bytes),
            ..Default::default()
        };
        let response = FetchSnapshotResponse {
            topics: vec![SnapshotTopicResponse { partitions: vec![partition], ..Default::default() }],
            ..Default::default()
        };
        let frame = response_frame::<FetchSnapshotRequest>(&response, version, CORRELATION).unwrap();
        let decoded = decode_response::<FetchSnapshotRequest>(&frame[4..], version, CORRELATION).unwrap();
        prop_assert_eq!(decoded, response);
    }
}
