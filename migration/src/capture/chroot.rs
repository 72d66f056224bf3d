//! Where in an ensemble Kafka lives: finds the chroot of the only cluster.
//!
//! A znode is the chroot of a Kafka cluster when `brokers/ids` and `brokers/topics` are both below it.

use std::collections::BTreeMap;

use super::CaptureError;

/// Collects the paths that give a Kafka cluster away.
#[derive(Clone, Debug, Default)]
pub struct ChrootFinder {
    /// By chroot: whether `brokers/ids` and `brokers/topics` were seen.
    seen: BTreeMap<String, (bool, bool)>,
}

impl ChrootFinder {
    /// Takes notice of an absolute path of the ensemble that exists (`true`) or does not any more.
    pub fn see(&mut self, path: &str, exists: bool) {
        if let Some(chroot) = path.strip_suffix("/brokers/ids") {
            self.note(chroot).0 = exists;
        } else if let Some(chroot) = path.strip_suffix("/brokers/topics") {
            self.note(chroot).1 = exists;
        }
    }

    fn note(&mut self, chroot: &str) -> &mut (bool, bool) {
        self.seen.entry(chroot.to_owned()).or_default()
    }

    /// The chroot of the only cluster; `/` for none.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Chroot`] naming the candidates when there are several, or when there is no cluster.
    pub fn find(&self, source: &str) -> Result<String, CaptureError> {
        let found: Vec<&str> = self
            .seen
            .iter()
            .filter(|(_, seen)| **seen == (true, true))
            .map(|(chroot, _)| if chroot.is_empty() { "/" } else { chroot.as_str() })
            .collect();
        match found.as_slice() {
            [one] => Ok((*one).to_owned()),
            [] => Err(CaptureError::Chroot {
                problem: format!(
                    "{source}: no Kafka cluster is in it (nothing has brokers/ids and brokers/topics below it)"
                ),
            }),
            several => Err(CaptureError::Chroot {
                problem: format!(
                    "{source}: {} Kafka clusters are in it, at {}: name the chroot of the one to take \
                     (it is what follows the servers in the brokers' zookeeper.connect)",
                    several.len(),
                    several.join(" and ")
                ),
            }),
        }
    }
}

/// A chroot as everybody writes it (`kafka`, `/kafka/`, `/`, nothing), in the form of [`super::Summary::chroot`].
pub fn normalize(chroot: &str) -> String {
    format!("/{}", chroot.trim_matches('/'))
}

/// `path` as seen from `chroot` (normalized); `None` when it is outside.
pub fn below<'a>(chroot: &str, path: &'a str) -> Option<&'a str> {
    let rest = match chroot {
        "/" => path,
        _ => path.strip_prefix(chroot)?,
    };
    match rest {
        "" => Some("/"),
        _ if rest.starts_with('/') => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(paths: &[&str]) -> ChrootFinder {
        let mut finder = ChrootFinder::default();
        paths.iter().for_each(|path| finder.see(path, true));
        finder
    }

    #[test]
    fn the_only_cluster_is_found() {
        let root = ["/brokers/ids", "/brokers/topics", "/consumers/brokers/ids"];
        assert_eq!(finder(&root).find("x").unwrap(), "/");
        let below = ["/a/b/brokers/ids", "/a/b/brokers/topics", "/brokers/topics"];
        assert_eq!(finder(&below).find("x").unwrap(), "/a/b");
    }

    #[test]
    fn several_clusters_are_listed() {
        let paths = [
            "/brokers/ids",
            "/brokers/topics",
            "/old/brokers/ids",
            "/old/brokers/topics",
        ];
        let error = finder(&paths).find("data").unwrap_err().to_string();
        assert!(
            error.contains("2 Kafka clusters") && error.contains("/ and /old"),
            "{error}"
        );
    }

    #[test]
    fn a_deleted_cluster_does_not_count() {
        let mut finder = finder(&["/old/brokers/ids", "/old/brokers/topics"]);
        finder.see("/old/brokers/ids", false);
        assert!(
            finder
                .find("data")
                .unwrap_err()
                .to_string()
                .contains("no Kafka cluster")
        );
    }

    #[test]
    fn a_chroot_ends_at_a_slash() {
        assert_eq!(below("/kafka", "/kafka/brokers"), Some("/brokers"));
        assert_eq!(below("/kafka", "/kafka"), Some("/"));
        assert_eq!(below("/kafka", "/kafka2/brokers"), None);
        assert_eq!(below("/", "/brokers"), Some("/brokers"));
        assert_eq!(below("/", ""), Some("/"));
        assert_eq!(normalize("kafka/"), "/kafka");
        assert_eq!(normalize(""), "/");
    }
}
