//! Whose a metadata log directory is: `meta.properties`, as it must be before anything else is touched.

use std::path::{Path, PathBuf};
use std::{fs, io};

use kraft_bridge_protocol::{NodeId, Uuid};
use kraft_bridge_raft::durable::FileError;
use kraft_bridge_raft::meta_properties::MetaProperties;
use kraft_bridge_raft::names;

use super::ServeError;

/// Cluster and directory that a node serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) cluster_id: String,
    pub(super) directory_id: Uuid,
}

impl Identity {
    /// Reads the file, which must be of this node and of KRaft mode.
    ///
    /// # Errors
    ///
    /// [`ServeError`] names the file and says what to do.
    pub(super) fn read(dir: &Path, node_id: NodeId) -> Result<Identity, ServeError> {
        let path = dir.join(names::META_PROPERTIES);
        let content = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ServeError::NotFormatted { path });
            }
            read => read.map_err(FileError::at(&path, "read"))?,
        };
        match MetaProperties::decode(&content) {
            Ok(properties) => check(path, properties, node_id),
            Err(source) => Err(ServeError::Identity { path, source }),
        }
    }
}

fn check(path: PathBuf, properties: MetaProperties, node_id: NodeId) -> Result<Identity, ServeError> {
    let foreign = |problem: String| ServeError::Foreign {
        path: path.clone(),
        problem,
    };
    if properties.version != 1 {
        return Err(foreign(
            "it is of ZooKeeper mode; a controller has a directory of its own".to_owned(),
        ));
    }
    match properties.node_id {
        Some(id) if id == node_id => {}
        Some(id) => return Err(foreign(format!("it is of node {id}, but node.id is {node_id}"))),
        None => return Err(foreign("node.id is missing".to_owned())),
    }
    let cluster_id = properties
        .cluster_id
        .ok_or_else(|| foreign("cluster.id is missing".to_owned()))?;
    let directory_id = properties.directory_id.ok_or_else(|| {
        foreign(
            "directory.id is missing: Kafka before 3.7 formatted it; add a line directory.id= with what \
             `kraft-bridge random-uuid` prints"
                .to_owned(),
        )
    })?;
    Ok(Identity {
        cluster_id,
        directory_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str) -> Result<Identity, String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(names::META_PROPERTIES), content).unwrap();
        Identity::read(dir.path(), NodeId(3000)).map_err(|error| {
            let path = dir.path().join("");
            error.to_string().replace(&path.display().to_string(), "")
        })
    }

    const FORMATTED: &str = "version=1\ncluster.id=c\nnode.id=3000\ndirectory.id=AAAAAAAAAAUAAAAAAAAABg\n";

    #[test]
    fn a_formatted_directory_says_whose_it_is() {
        let identity = read(FORMATTED).unwrap();
        assert_eq!(identity.cluster_id, "c");
        assert_eq!(identity.directory_id.to_string(), "AAAAAAAAAAUAAAAAAAAABg");
    }

    #[test]
    fn a_directory_of_something_else_is_refused_with_what_to_do() {
        for (from, to, expected) in [
            (
                "version=1",
                "version=0",
                "meta.properties: it is of ZooKeeper mode",
            ),
            (
                "node.id=3000",
                "node.id=1",
                "meta.properties: it is of node 1, but node.id is 3000",
            ),
            ("node.id=3000\n", "", "meta.properties: node.id is missing"),
            ("cluster.id=c\n", "", "meta.properties: cluster.id is missing"),
            (
                "directory.id=AAAAAAAAAAUAAAAAAAAABg\n",
                "",
                "meta.properties: directory.id is missing",
            ),
        ] {
            let error = read(&FORMATTED.replace(from, to)).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
        let empty = tempfile::tempdir().unwrap();
        let error = Identity::read(empty.path(), NodeId(3000)).unwrap_err();
        assert!(
            error.to_string().contains("format the directory first"),
            "{error}"
        );
    }
}
