//! How a directory appears whole or not at all.
//!
//! | the target | how |
//! |---|---|
//! | is absent or empty | everything is built in `<target>.kraft-bridge-partial` beside it, which is renamed |
//! | is a mount point, or holds a broker's topics | everything is built in `.kraft-bridge-partial` inside it, then moved piece by piece, the identity last; Kafka refuses a directory without identity |
//!
//! A killed attempt leaves one of those names behind, or a complete directory. The next attempt removes the former,
//! and takes the latter as done if it is what it would have written itself.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use kraft_bridge_protocol::Uuid;

use super::{FormatError, NodeFormat, identity};
use crate::durable::{FileError, rename, sibling, sync_directory, write_new};
use crate::meta_properties::MetaProperties;
use crate::names::{BOOTSTRAP_CHECKPOINT, META_PROPERTIES, METADATA_PARTITION};

const PARTIAL: &str = ".kraft-bridge-partial";
/// The identity on its last step into place: while it is there, the attempt is not finished.
const IDENTITY_ASIDE: &str = "meta.properties.kraft-bridge-partial";

/// A directory that may be written, and how.
#[derive(Debug)]
pub(super) struct Staged {
    target: PathBuf,
    identity: MetaProperties,
    whole: bool,
}

impl Staged {
    /// Checks the target and removes what a killed attempt left; `None` when it is formatted already, by us and alike.
    pub(super) fn prepare(
        node: &NodeFormat,
        target: &Path,
        directory_id: Uuid,
    ) -> Result<Option<Staged>, FormatError> {
        remove_all(&sibling(target, PARTIAL))?;
        let identity = identity(node, directory_id);
        let entries = entries(target)?;
        if entries
            .iter()
            .any(|name| name == PARTIAL || name == IDENTITY_ASIDE)
        {
            for name in [METADATA_PARTITION, BOOTSTRAP_CHECKPOINT, PARTIAL, IDENTITY_ASIDE] {
                remove_all(&target.join(name))?;
            }
            return Staged::prepare(node, target, directory_id);
        }
        let is_metadata = target == node.metadata_log_dir;
        if !is_metadata
            && entries
                .iter()
                .all(|name| name == META_PROPERTIES || name == BOOTSTRAP_CHECKPOINT)
        {
            let written = read_identity(target)?;
            if written.as_ref() == Some(&identity) {
                return Ok(None);
            }
        }
        refuse_what_is_there(node, target, &entries, is_metadata)?;
        let whole = entries.is_empty() && !is_mount_point(target)?;
        Ok(Some(Staged {
            target: target.to_owned(),
            identity,
            whole,
        }))
    }

    pub(super) fn path(&self) -> &Path {
        &self.target
    }

    /// Writes the directory: `fill` makes everything but the identity.
    pub(super) fn write(
        self,
        fill: impl FnOnce(&Path) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        let staging = if self.whole {
            sibling(&self.target, PARTIAL)
        } else {
            self.target.join(PARTIAL)
        };
        let written = self.write_staged(&staging, fill);
        if written.is_err()
            && let Err(error) = remove_all(&staging)
        {
            tracing::warn!(%error, "what was begun is left behind; the next attempt removes it");
        }
        written
    }

    fn write_staged(
        &self,
        staging: &Path,
        fill: impl FnOnce(&Path) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        fs::create_dir_all(staging).map_err(FileError::at(staging, "create"))?;
        fill(staging)?;
        write_new(&staging.join(META_PROPERTIES), self.identity.encode().as_bytes())?;
        sync_tree(staging)?;
        if self.whole {
            return Ok(rename(staging, &self.target)?);
        }
        // A broker's own identity stays; prepare-broker is what changes it.
        let aside = self.target.join(IDENTITY_ASIDE);
        rename(&staging.join(META_PROPERTIES), &aside)?;
        for name in [METADATA_PARTITION, BOOTSTRAP_CHECKPOINT] {
            if staging.join(name).exists() {
                rename(&staging.join(name), &self.target.join(name))?;
            }
        }
        fs::remove_dir(staging).map_err(FileError::at(staging, "remove"))?;
        let identity = self.target.join(META_PROPERTIES);
        if identity.exists() {
            fs::remove_file(&aside).map_err(FileError::at(&aside, "remove"))?;
            return Ok(sync_directory(&self.target)?);
        }
        Ok(rename(&aside, &identity)?)
    }
}

fn refuse_what_is_there(
    node: &NodeFormat,
    target: &Path,
    entries: &[String],
    is_metadata: bool,
) -> Result<(), FormatError> {
    let occupied = |problem| FormatError::Occupied {
        path: target.to_owned(),
        problem,
    };
    if !node.beside_topics {
        let foreign = entries.iter().find(|name| *name != "lost+found");
        return match foreign {
            None => Ok(()),
            Some(name) => Err(occupied(format!(
                "is not empty (it holds {name}); move it away or choose another"
            ))),
        };
    }
    if is_metadata && let Some(name) = entries.iter().find(|name| *name == METADATA_PARTITION) {
        return Err(occupied(format!(
            "holds {name} of an earlier attempt; move it away"
        )));
    }
    let Some(identity) = read_identity(target)? else {
        return Ok(());
    };
    let same_cluster = identity
        .cluster_id
        .as_ref()
        .is_none_or(|cluster_id| *cluster_id == node.cluster_id);
    if identity.node_id != Some(node.node_id) || !same_cluster {
        return Err(occupied(
            "belongs to another node or cluster, as its meta.properties says".to_owned(),
        ));
    }
    Ok(())
}

fn read_identity(directory: &Path) -> Result<Option<MetaProperties>, FormatError> {
    let path = directory.join(META_PROPERTIES);
    match fs::read(&path) {
        Ok(content) => match MetaProperties::decode(&content) {
            Ok(identity) => Ok(Some(identity)),
            Err(error) => Err(FormatError::Identity { path, error }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::at(&path, "read")(error).into()),
    }
}

/// Names in a directory, sorted; none if it does not exist.
fn entries(directory: &Path) -> Result<Vec<String>, FormatError> {
    let listing = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(FileError::at(directory, "list"))?,
    };
    let names = listing.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut names = names
        .collect::<io::Result<Vec<_>>>()
        .map_err(FileError::at(directory, "list"))?;
    names.sort();
    Ok(names)
}

fn is_mount_point(directory: &Path) -> Result<bool, FormatError> {
    let device = |path: &Path| match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.dev())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::at(path, "look at")(error)),
    };
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    let Some(own) = device(directory)? else {
        return Ok(false);
    };
    Ok(device(parent.unwrap_or(Path::new(".")))? != Some(own))
}

fn remove_all(path: &Path) -> Result<(), FormatError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::at(path, "remove")(error).into())
        }
        _ => Ok(()),
    }
}

/// Makes the entries of a directory and of those below it durable; their files are synced already.
fn sync_tree(directory: &Path) -> Result<(), FormatError> {
    for name in entries(directory)? {
        let path = directory.join(name);
        if path.is_dir() {
            sync_tree(&path)?;
        }
    }
    Ok(sync_directory(directory)?)
}
