//! Laws of preparing: twice is once, undoing restores every byte, a kill at any step hurts neither.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use kraft_bridge_protocol::PartitionId;
use kraft_bridge_raft::durable::{FileError, TEMPORARY_SUFFIX, sibling};
use proptest::prelude::*;
use tempfile::TempDir;

use super::apply::Files;
use super::expected::Sync;
use super::testing::{AUDIT_ID, BROKER, expected};
use super::undo::UndoError;
use super::{Disk, Expected, LogDir, Node, Plan, Undo, apply};

/// Every file below a directory with its content, every directory without.
type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

/// A disk that is gone after a number of operations. What it was writing then is half written.
struct KilledAfter(usize);

impl KilledAfter {
    fn or_die(&mut self, path: &Path) -> Result<Disk, FileError> {
        let left = self.0.checked_sub(1).ok_or_else(|| io::Error::other("killed"));
        self.0 = left.map_err(FileError::at(path, "do anything with"))?;
        Ok(Disk)
    }
}

impl Files for KilledAfter {
    fn replace(&mut self, files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
        for (path, content) in files {
            let temporary = sibling(path, TEMPORARY_SUFFIX);
            fs::write(&temporary, &content[..content.len() / 2]).unwrap();
            self.or_die(path)?;
            fs::write(&temporary, content).unwrap();
        }
        for (path, _) in files {
            self.or_die(path)?
                .rename(&sibling(path, TEMPORARY_SUFFIX), path)?;
        }
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> Result<(), FileError> {
        self.or_die(from)?.rename(from, to)
    }

    fn remove(&mut self, paths: &[PathBuf]) -> Result<(), FileError> {
        for path in paths {
            self.or_die(path)?.remove(std::slice::from_ref(path))?;
        }
        Ok(())
    }

    fn create_directory(&mut self, path: &Path) -> Result<(), FileError> {
        self.or_die(path)?.create_directory(path)
    }

    fn remove_directory(&mut self, path: &Path) -> Result<(), FileError> {
        self.or_die(path)?.remove_directory(path)
    }
}

/// One broker with two log directories, the first of them for metadata.
struct Broker {
    root: TempDir,
    expected: Expected,
}

impl Broker {
    /// A broker that needs everything: identities, ids, a reset of its epoch, a metadata log set aside.
    fn in_need_of_everything() -> Broker {
        let broker = Broker::empty();
        for directory in [
            "a/audit-0",
            "a/audit-2.0123-future",
            "b/audit-1",
            "b/audit-2",
            "a/doomed-0",
        ] {
            broker.write(&format!("{directory}/00000000000000000000.log"), "messages");
        }
        for (directory, id) in [("a", "AAECAwQFBgcICQoLDA0ODw"), ("b", "EREREREREREREREREREREQ")] {
            broker.write(
                &format!("{directory}/meta.properties"),
                format!("#\nversion=0\nbroker.id=1\ncluster.id=cluster\ndirectory.id={id}\n"),
            );
            broker.write(
                &format!("{directory}/.kafka_cleanshutdown"),
                r#"{"version":0,"brokerEpoch":9}"#,
            );
            broker.write(
                &format!("{directory}/__cluster_metadata-0/00000000000000000000.log"),
                "records",
            );
            broker.write(&format!("{directory}/__cluster_metadata-0/quorum-state"), "{}");
        }
        broker.write("a/bootstrap.checkpoint", "levels");
        broker.write(
            "b/audit-1/partition.metadata",
            format!("version: 0\ntopic_id: {AUDIT_ID}"),
        );
        broker
    }

    fn empty() -> Broker {
        let root = tempfile::tempdir().unwrap();
        let mut expected = expected();
        let replicas = &mut expected.topics.get_mut("audit").unwrap().replicas;
        replicas.extend((0..4).map(|partition| (PartitionId(partition), Sync::Behind)));
        for directory in ["a", "b"] {
            fs::create_dir(root.path().join(directory)).unwrap();
        }
        Broker { root, expected }
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.root.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn scan(&self) -> Vec<LogDir> {
        let scan = |name: &str| {
            let mut directory = LogDir {
                path: self.root.path().join(name),
                is_metadata: name == "a",
                ..LogDir::default()
            };
            directory.scan().unwrap();
            directory
        };
        ["a", "b"].map(scan).into()
    }

    fn plan(&self) -> Plan {
        Plan::of(&self.expected, BROKER, &self.scan(), false)
    }

    fn apply(&self, files: &mut dyn Files) -> Result<(), FileError> {
        apply(&self.plan(), &self.scan(), files)
    }

    fn undo(&self, files: &mut dyn Files) -> Result<(), FileError> {
        Undo::of(BROKER, &self.scan()).unwrap().apply(files)
    }

    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        read_tree(self.root.path(), Path::new(""), &mut tree);
        tree
    }
}

fn read_tree(root: &Path, inside: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(root.join(inside)).unwrap() {
        let path = inside.join(entry.unwrap().file_name());
        if root.join(&path).is_dir() {
            tree.insert(path.clone(), None);
            read_tree(root, &path, tree);
        } else {
            tree.insert(path.clone(), Some(fs::read(root.join(&path)).unwrap()));
        }
    }
}

fn prepared() -> Broker {
    let broker = Broker::in_need_of_everything();
    broker.apply(&mut Disk).unwrap();
    broker
}

#[test]
fn applying_does_what_the_plan_says() {
    let broker = prepared();
    let tree = broker.tree();

    let text = |file: &str| String::from_utf8(tree[Path::new(file)].clone().unwrap()).unwrap();
    let id = format!("version: 0\ntopic_id: {AUDIT_ID}");
    assert!(text("a/meta.properties").starts_with("version=1\ncluster.id=cluster\nnode.id=1\ndirectory.id="));
    assert_eq!(text("a/audit-0/partition.metadata"), id);
    assert_eq!(text("a/audit-2.0123-future/partition.metadata"), id);
    assert_eq!(text("b/audit-2/partition.metadata"), id);
    assert_eq!(
        text("b/.kafka_cleanshutdown"),
        r#"{"version":0,"brokerEpoch":-1}"#
    );
    assert_eq!(
        text("b/.kraft-bridge-aside.__cluster_metadata-0.quorum-state"),
        "{}"
    );
    for gone in [
        "a/doomed-0/partition.metadata",
        "a/__cluster_metadata-0",
        "a/bootstrap.checkpoint",
    ] {
        assert!(!tree.contains_key(Path::new(gone)), "{gone}");
    }
}

#[test]
fn applying_twice_is_applying_once() {
    let broker = prepared();
    let tree = broker.tree();

    assert!(broker.plan().is_empty());
    broker.apply(&mut Disk).unwrap();

    assert_eq!(broker.tree(), tree);
}

#[test]
fn a_kill_at_any_step_leaves_what_applying_completes() {
    let whole = prepared().tree();
    for operations in 0.. {
        let broker = Broker::in_need_of_everything();
        let killed = broker.apply(&mut KilledAfter(operations)).is_err();

        broker.apply(&mut Disk).unwrap();

        assert_eq!(broker.tree(), whole, "after {operations} operations");
        assert!(!broker.plan().ran_in_kraft_mode, "after {operations} operations");
        broker.undo(&mut Disk).unwrap();
        assert_eq!(
            broker.tree(),
            Broker::in_need_of_everything().tree(),
            "after {operations} operations"
        );
        if !killed {
            return;
        }
    }
}

#[test]
fn a_kill_at_any_step_leaves_what_undoing_restores() {
    let original = Broker::in_need_of_everything().tree();
    for operations in 0.. {
        let broker = Broker::in_need_of_everything();
        let killed = broker.apply(&mut KilledAfter(operations)).is_err();

        broker.undo(&mut Disk).unwrap();

        assert_eq!(broker.tree(), original, "after {operations} operations");
        if !killed {
            return;
        }
    }
}

#[test]
fn a_killed_undo_is_completed_by_another() {
    let original = Broker::in_need_of_everything().tree();
    for operations in 0.. {
        let broker = prepared();
        let killed = broker.undo(&mut KilledAfter(operations)).is_err();
        if !killed {
            assert_eq!(broker.tree(), original);
            return;
        }
        broker.undo(&mut Disk).unwrap();
        assert_eq!(broker.tree(), original, "after {operations} operations");
    }
}

#[test]
fn without_a_journal_there_is_nothing_to_undo() {
    let broker = Broker::in_need_of_everything();

    assert!(matches!(
        Undo::of(BROKER, &broker.scan()),
        Err(UndoError::Nothing)
    ));
}

#[test]
fn what_a_kraft_broker_has_run_on_is_not_undone() {
    let broker = prepared();
    broker.write("a/__cluster_metadata-0/quorum-state", "{}");

    assert!(matches!(
        Undo::of(BROKER, &broker.scan()),
        Err(UndoError::RanInKraftMode { .. })
    ));
}

#[test]
fn preparing_again_after_a_kraft_broker_has_run_ends_the_way_back_for_good() {
    let broker = prepared();
    broker.write("a/__cluster_metadata-0/quorum-state", "{}");
    broker.apply(&mut Disk).unwrap();

    let tree = broker.tree();
    assert!(tree.contains_key(Path::new(
        "a/.kraft-bridge-aside.__cluster_metadata-0.quorum-state.2"
    )));
    assert!(matches!(
        Undo::of(BROKER, &broker.scan()),
        Err(UndoError::RanInKraftMode { .. })
    ));
}

#[test]
fn a_controllers_metadata_log_ends_the_way_back_once_it_has_records() {
    let node = Node {
        controller: true,
        ..BROKER
    };
    let broker = prepared();
    broker.write("a/__cluster_metadata-0/00000000000000000042.log", "");
    let left = Undo::of(node, &broker.scan()).unwrap().left;
    assert_eq!(left, [broker.root.path().join("a/__cluster_metadata-0")]);

    broker.write("a/__cluster_metadata-0/00000000000000000042.log", "records");
    assert!(matches!(
        Undo::of(node, &broker.scan()),
        Err(UndoError::RanInKraftMode { .. })
    ));
}

#[test]
fn a_file_that_somebody_changed_since_is_not_overwritten() {
    let broker = prepared();
    broker.write("b/meta.properties", "version=1\nnode.id=1\n");

    let error = Undo::of(BROKER, &broker.scan()).unwrap_err().to_string();

    assert!(error.contains("b/meta.properties: is neither"), "{error}");
}

/// Part of a log directory: a file, and what is in it.
fn any_file() -> impl Strategy<Value = (String, Vec<u8>)> {
    let directory = "(audit|doomed|nobody)-[0-5](\\.0a-(future|delete|stray))?";
    let id = format!("version: 0\ntopic_id: {AUDIT_ID}");
    prop_oneof![
        (directory, Just(b"messages".to_vec()))
            .prop_map(|(name, content)| (format!("{name}/0.log"), content)),
        (directory, Just(id.into_bytes())).prop_map(|(name, id)| (format!("{name}/partition.metadata"), id)),
        ("[a-z+ é日-]{1,9}/x", any::<Vec<u8>>()),
        Just(("meta.properties".to_owned(), b"broker.id=1\n".to_vec())),
        Just((
            "meta.properties".to_owned(),
            b"version=1\nnode.id=1\ncluster.id=cluster\n".to_vec()
        )),
        any::<Vec<u8>>().prop_map(|bytes| ("meta.properties".to_owned(), bytes)),
        any::<Vec<u8>>().prop_map(|bytes| (".kafka_cleanshutdown".to_owned(), bytes)),
        any::<i64>().prop_map(|epoch| {
            let mark = format!("{{\"version\":0,\"brokerEpoch\":{epoch}}}");
            (".kafka_cleanshutdown".to_owned(), mark.into_bytes())
        }),
        ("__cluster_metadata-0/[a-c]", any::<Vec<u8>>()),
        Just(("bootstrap.checkpoint".to_owned(), Vec::new())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_lies_there_undoing_restores_every_byte(
        a in proptest::collection::vec(any_file(), 0..12),
        b in proptest::collection::vec(any_file(), 0..12),
        operations in 0..40usize,
    ) {
        let broker = Broker::empty();
        for (directory, files) in [("a", a), ("b", b)] {
            for (file, content) in files {
                broker.write(&format!("{directory}/{file}"), content);
            }
        }
        let original = broker.tree();
        // Blockers or not: what the plan would do is undone.
        drop(broker.apply(&mut KilledAfter(operations)));
        broker.apply(&mut Disk).unwrap();
        prop_assert!(broker.plan().is_empty());

        if broker.tree() != original {
            broker.undo(&mut Disk).unwrap();
        }
        prop_assert_eq!(broker.tree(), original);
    }
}
