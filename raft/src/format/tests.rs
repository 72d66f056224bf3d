//! What formatting writes, refuses and leaves behind.

use std::collections::BTreeMap;
use std::fs;

use super::*;
use crate::reader::{BatchFile, Entry, ReadError};

fn node(root: &Path) -> NodeFormat {
    let data = root.join("data");
    NodeFormat {
        node_id: NodeId(3000),
        cluster_id: "cluster".to_owned(),
        metadata_log_dir: data.clone(),
        log_dirs: vec![(data, Uuid::from_u128(0x77))],
        beside_topics: false,
        voters: VoterSet::Static(vec![NodeId(3000)]),
        timestamp: Timestamp(1_700_000_000_000),
        bootstrap: vec![b"feature".to_vec()],
    }
}

fn records() -> Vec<Vec<u8>> {
    (0..3000u32)
        .map(|number| format!("record {number}").into_bytes())
        .collect()
}

/// Every file below a directory with its content.
fn tree(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(tree(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn a_snapshot_is_named_after_its_records_and_read_back_whole() {
    let root = tempfile::tempdir().unwrap();
    let node = node(root.path());
    let snapshot = format_with_snapshot(&node, &mut records().into_iter()).unwrap();
    assert_eq!(snapshot.records, 3000);

    let partition = node.metadata_log_dir.join("__cluster_metadata-0");
    let names: Vec<_> = tree(&partition)
        .into_keys()
        .map(|path| path.file_name().unwrap().to_owned())
        .collect();
    assert_eq!(
        names,
        [
            "00000000000000003000-0000000001.checkpoint",
            "00000000000000003000.log",
            "partition.metadata",
            "quorum-state"
        ]
    );
    let mut read = Vec::new();
    BatchFile::open(&partition.join(&names[0]))
        .unwrap()
        .for_each_of_checkpoint(|_, entry| {
            if let Entry::Data(value) = entry {
                read.push(value.to_vec());
            }
            Ok::<_, ReadError>(())
        })
        .unwrap();
    assert_eq!(read, records());
}

#[test]
fn a_checkpoint_cut_anywhere_is_noticed() {
    let root = tempfile::tempdir().unwrap();
    let node = node(root.path());
    let snapshot = format_with_snapshot(&node, &mut records().into_iter()).unwrap();
    let path = node
        .metadata_log_dir
        .join("__cluster_metadata-0")
        .join(names::checkpoint(snapshot.id));
    let whole = fs::read(&path).unwrap();
    for end in (0..whole.len())
        .step_by(997)
        .chain(whole.len() - 100..whole.len())
    {
        fs::write(&path, &whole[..end]).unwrap();
        let read = BatchFile::open(&path)
            .unwrap()
            .for_each_of_checkpoint(|_, _| Ok::<_, ReadError>(()));
        assert!(read.is_err(), "cut at {end}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for root in [&one, &two] {
        format_with_snapshot(&node(root.path()), &mut records().into_iter()).unwrap();
    }
    let bytes = |root: &tempfile::TempDir| tree(root.path()).into_values().collect::<Vec<_>>();
    assert_eq!(bytes(&one), bytes(&two));
}

#[test]
fn a_directory_that_holds_anything_is_refused_and_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let node = node(root.path());
    fs::create_dir(&node.metadata_log_dir).unwrap();
    fs::write(node.metadata_log_dir.join("something"), "else").unwrap();
    let before = tree(root.path());
    let error = format_with_snapshot(&node, &mut records().into_iter()).unwrap_err();
    assert!(
        error.to_string().contains("is not empty (it holds something)"),
        "{error}"
    );
    assert_eq!(tree(root.path()), before);
}

#[test]
fn a_formatted_directory_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let node = node(root.path());
    format_with_snapshot(&node, &mut records().into_iter()).unwrap();
    let error = format_with_snapshot(&node, &mut records().into_iter()).unwrap_err();
    assert!(matches!(error, FormatError::Occupied { .. }), "{error}");
}

#[test]
fn beside_topics_the_brokers_files_stay_as_they_are() {
    let root = tempfile::tempdir().unwrap();
    let node = NodeFormat {
        beside_topics: true,
        ..node(root.path())
    };
    let data = &node.metadata_log_dir;
    fs::create_dir_all(data.join("orders-0")).unwrap();
    fs::write(data.join("orders-0/00000000000000000000.log"), "messages").unwrap();
    fs::write(
        data.join("meta.properties"),
        "version=0\nbroker.id=3000\ncluster.id=cluster\n",
    )
    .unwrap();
    let before = tree(data);
    format_with_snapshot(&node, &mut records().into_iter()).unwrap();
    let after = tree(data);
    assert!(before.iter().all(|file| after.get(file.0) == Some(file.1)));
    assert_eq!(after.len(), before.len() + 5);
}

#[test]
fn another_nodes_directory_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let node = NodeFormat {
        beside_topics: true,
        ..node(root.path())
    };
    fs::create_dir_all(&node.metadata_log_dir).unwrap();
    fs::write(
        node.metadata_log_dir.join("meta.properties"),
        "version=0\nbroker.id=7\n",
    )
    .unwrap();
    let error = format_with_snapshot(&node, &mut records().into_iter()).unwrap_err();
    assert!(error.to_string().contains("belongs to another node"), "{error}");
}

#[test]
fn what_a_killed_attempt_left_is_removed_by_the_next_one() {
    for inside in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let node = NodeFormat {
            beside_topics: inside,
            ..node(root.path())
        };
        let data = &node.metadata_log_dir;
        let partial = if inside {
            data.join(".kraft-bridge-partial")
        } else {
            root.path().join("data.kraft-bridge-partial")
        };
        fs::create_dir_all(partial.join("__cluster_metadata-0")).unwrap();
        fs::write(partial.join("__cluster_metadata-0/snapshot"), "half").unwrap();
        format_with_snapshot(&node, &mut records().into_iter()).unwrap();
        assert!(!partial.exists());
        assert!(data.join("meta.properties").exists());
    }
}

#[test]
fn an_empty_snapshot_is_refused_and_nothing_is_left() {
    let root = tempfile::tempdir().unwrap();
    let error = format_with_snapshot(&node(root.path()), &mut std::iter::empty()).unwrap_err();
    assert!(matches!(error, FormatError::NoRecords));
    assert!(tree(root.path()).is_empty());
}

#[test]
fn a_new_cluster_with_voters_in_the_log_gets_a_checkpoint_of_nothing_but_voters() {
    let root = tempfile::tempdir().unwrap();
    let voter = Voter {
        voter_id: NodeId(3000),
        voter_directory_id: Uuid::from_u128(0x77),
        ..Default::default()
    };
    let node = NodeFormat {
        voters: VoterSet::Dynamic(vec![voter]),
        ..node(root.path())
    };
    format_empty(&node).unwrap();
    let files: Vec<_> = tree(root.path())
        .into_keys()
        .map(|path| {
            path.strip_prefix(&node.metadata_log_dir)
                .unwrap()
                .display()
                .to_string()
        })
        .collect();
    assert_eq!(
        files,
        [
            "__cluster_metadata-0/00000000000000000000-0000000000.checkpoint",
            "bootstrap.checkpoint",
            "meta.properties"
        ]
    );
}
