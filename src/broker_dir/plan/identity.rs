//! `meta.properties`: the directory must be this broker's, and gets the form of KRaft mode.

use std::collections::BTreeMap;

use kraft_bridge_migration::translate::ids;
use kraft_bridge_protocol::Uuid;
use kraft_bridge_raft::meta_properties::MetaProperties;
use kraft_bridge_raft::names::META_PROPERTIES;

use super::Findings;
use crate::broker_dir::Node;
use crate::broker_dir::scan::LogDir;
use crate::broker_dir::step::Step;

/// Why a directory's identity may not be touched.
struct Refusal {
    code: &'static str,
    problem: String,
    action: &'static str,
}

/// The step that each directory's identity needs, if any, in the order of the directories.
pub(super) fn steps(
    cluster_id: &str,
    node: Node,
    directories: &[LogDir],
    findings: &mut Findings,
) -> Vec<Option<Step>> {
    let mut by_id: BTreeMap<Uuid, &LogDir> = BTreeMap::new();
    let mut steps = Vec::new();
    for directory in directories {
        let path = directory.path.join(META_PROPERTIES);
        match wanted(cluster_id, node, directory) {
            Err(refusal) => {
                findings.blocker(&path, refusal.code, refusal.problem, refusal.action);
                steps.push(None);
            }
            Ok((id, step)) => {
                steps.push(step);
                if let Some(other) = by_id.insert(id, directory) {
                    findings.blocker(
                        &path,
                        "directory-id-twice",
                        format!("directory.id {id} is that of {} too", other.path.display()),
                        "one is a copy of the other: take one of them out of log.dirs, or that line out of its file",
                    );
                }
            }
        }
    }
    steps
}

/// The id that a directory will have, and how its identity gets there.
fn wanted(cluster_id: &str, node: Node, directory: &LogDir) -> Result<(Uuid, Option<Step>), Refusal> {
    let found = read(directory)?;
    if let Some(found) = &found {
        check_owner(cluster_id, node, found)?;
    }
    let directory_id = found
        .as_ref()
        .and_then(|found| found.directory_id)
        .unwrap_or_else(|| ids::directory_id(cluster_id, node.id, &directory.path.to_string_lossy()));
    let wanted = MetaProperties {
        version: 1,
        node_id: Some(node.id),
        cluster_id: Some(cluster_id.to_owned()),
        directory_id: Some(directory_id),
    };
    let step = (found.as_ref() != Some(&wanted))
        .then(|| Step::write(META_PROPERTIES, directory.identity.as_deref(), wanted.encode()));
    Ok((directory_id, step))
}

fn read(directory: &LogDir) -> Result<Option<MetaProperties>, Refusal> {
    match directory.identity.as_deref().map(MetaProperties::decode) {
        Some(Ok(found)) => Ok(Some(found)),
        Some(Err(error)) => Err(Refusal {
            code: "identity-malformed",
            problem: error.to_string(),
            action: "restore the file: version, broker.id and cluster.id as in the other log directories",
        }),
        None if directory.replicas.is_empty() => Ok(None),
        None => Err(Refusal {
            code: "identity-missing",
            problem: "the file is missing although there are replicas: whose they are can't be told"
                .to_owned(),
            action: "if they are certainly this broker's, write version=0 and broker.id=<its id> into the file",
        }),
    }
}

fn check_owner(cluster_id: &str, node: Node, found: &MetaProperties) -> Result<(), Refusal> {
    let refuse = |code, problem, action| {
        Err(Refusal {
            code,
            problem,
            action,
        })
    };
    if !(0..=1).contains(&found.version) {
        let problem = format!("version {} is not known", found.version);
        return refuse(
            "identity-malformed",
            problem,
            "no Kafka up to 4.3 writes it: find out who did",
        );
    }
    if found.node_id != Some(node.id) {
        let owner = found
            .node_id
            .map_or_else(|| "nobody".to_owned(), |owner| format!("node {owner}"));
        let problem = format!(
            "the directory is that of {owner}, the configuration that of node {}",
            node.id
        );
        return refuse("other-node", problem, "correct log.dirs or node.id");
    }
    if let Some(other) = found.cluster_id.as_ref().filter(|id| *id != cluster_id) {
        let problem = format!("the directory is of cluster {other}, the source is cluster {cluster_id}");
        return refuse("other-cluster", problem, "correct log.dirs or --from");
    }
    if found.directory_id.is_some_and(Uuid::is_reserved_directory) {
        let problem = "the directory.id is one that Kafka keeps for itself".to_owned();
        return refuse("directory-id-reserved", problem, "take the line out of the file");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kraft_bridge_migration::finding::Severity;

    use super::*;
    use crate::broker_dir::step::{Change, Content};
    use crate::broker_dir::testing::{BROKER, codes, log_dir, plan, with_replica};

    fn identity(text: &str) -> LogDir {
        LogDir {
            identity: Some(text.as_bytes().to_vec()),
            ..log_dir("/d")
        }
    }

    #[test]
    fn version_0_becomes_version_1_with_a_directory_id() {
        let plan = plan(
            BROKER,
            &[identity("broker.id=1\nversion=0\ncluster.id=cluster\n")],
        );

        let id = ids::directory_id("cluster", BROKER.id, "/d");
        assert_eq!(
            plan.directories[0].steps,
            [Step {
                file: "meta.properties".to_owned(),
                change: Change::Write {
                    before: Some(Content::Text(
                        "broker.id=1\nversion=0\ncluster.id=cluster\n".to_owned()
                    )),
                    after: Content::Text(format!(
                        "version=1\ncluster.id=cluster\nnode.id=1\ndirectory.id={id}\n"
                    )),
                },
            }]
        );
    }

    #[test]
    fn an_identity_older_than_cluster_ids_gets_one() {
        let plan = plan(BROKER, &[identity("broker.id=1\n")]);

        assert!(!plan.is_blocked());
        assert_eq!(plan.directories[0].steps.len(), 1);
    }

    #[test]
    fn a_directory_id_that_is_there_is_kept() {
        let text = "version=0\nbroker.id=1\ncluster.id=cluster\ndirectory.id=Yk3vWq1xTLa0hM6tPz8sCg\n";
        let plan = plan(BROKER, &[identity(text)]);

        let step = serde_json::to_string(&plan.directories[0].steps[0]).unwrap();
        assert!(
            step.contains(r"version=1\ncluster.id=cluster\nnode.id=1\ndirectory.id=Yk3vWq1xTLa0hM6tPz8sCg")
        );
    }

    #[test]
    fn a_right_version_1_needs_nothing() {
        let text =
            "#\n#Wed Nov 25\nnode.id=1\nversion=1\ncluster.id=cluster\ndirectory.id=Yk3vWq1xTLa0hM6tPz8sCg\n";
        let plan = plan(BROKER, &[identity(text)]);

        assert!(plan.is_empty());
        assert!(!plan.is_blocked());
    }

    #[test]
    fn a_new_disk_gets_an_identity() {
        let plan = plan(BROKER, &[log_dir("/empty")]);

        assert!(!plan.is_blocked());
        assert_eq!(plan.directories[0].steps[0].file, "meta.properties");
    }

    #[test]
    fn a_directory_of_somebody_else_blocks() {
        let id = "directory.id=AAAAAAAAAAAAAAAAAAAABQ";
        for (text, code) in [
            ("version=0\nbroker.id=2\ncluster.id=cluster\n", "other-node"),
            ("version=1\nnode.id=2\ncluster.id=cluster\n", "other-node"),
            ("version=0\ncluster.id=cluster\n", "other-node"),
            ("version=0\nbroker.id=1\ncluster.id=another\n", "other-cluster"),
            ("version=2\nnode.id=1\ncluster.id=cluster\n", "identity-malformed"),
            ("version=0\nbroker.id=one\n", "identity-malformed"),
            (
                &format!("version=1\nnode.id=1\ncluster.id=cluster\n{id}\n"),
                "directory-id-reserved",
            ),
        ] {
            let plan = plan(BROKER, &[identity(text)]);

            assert_eq!(codes(&plan, Severity::Blocker), [code], "{text}");
            assert!(plan.is_empty(), "{text}");
        }
    }

    #[test]
    fn replicas_without_an_identity_block() {
        let mut directory = with_replica(log_dir("/d"), "audit-0", None);
        directory.identity = None;

        let plan = plan(BROKER, &[directory]);

        assert_eq!(codes(&plan, Severity::Blocker), ["identity-missing"]);
    }

    #[test]
    fn two_directories_with_one_id_block() {
        let text = "version=1\nnode.id=1\ncluster.id=cluster\ndirectory.id=Yk3vWq1xTLa0hM6tPz8sCg\n";
        let plan = plan(
            BROKER,
            &[
                identity(text),
                LogDir {
                    path: "/copy".into(),
                    ..identity(text)
                },
            ],
        );

        assert_eq!(codes(&plan, Severity::Blocker), ["directory-id-twice"]);
    }
}
