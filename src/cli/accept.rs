//! `--accept`: blockers that an operator goes on in spite of, by kind or znode by znode.

use std::str::FromStr;

use kraft_bridge_migration::finding::{Finding, Severity};

/// Kinds that no one can go on in spite of: no Kafka starts from a log without a cluster id or with such topics.
const NEVER: [&str; 5] = [
    "no-cluster-id",
    "duplicate-topic-id",
    "duplicate-replica",
    "negative-broker-id",
    "partition-without-replicas",
];
/// Kinds that leave out whatever stands there, and so are accepted for one znode at a time.
const ONE_BY_ONE: [&str; 2] = ["undecodable", "unreadable"];

/// What is accepted: `CODE`, or `CODE@/znode`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Acceptance {
    code: String,
    /// `None` for every znode.
    path: Option<String>,
}

impl FromStr for Acceptance {
    type Err = String;

    fn from_str(text: &str) -> Result<Acceptance, String> {
        let (code, path) = match text.split_once('@') {
            Some((code, path)) => (code, Some(path)),
            None => (text, None),
        };
        if NEVER.contains(&code) {
            return Err("this can't be accepted: no Kafka could start from such a log".to_owned());
        }
        if ONE_BY_ONE.contains(&code) {
            match path {
                None => return Err(format!("name each znode that may be left out: {code}@/path")),
                Some(path) if path.starts_with("/brokers/topics/") && path.ends_with("/state") => {
                    return Err(
                        "a partition can't be carried without its leader epoch: restore the znode".to_owned(),
                    );
                }
                Some(_) => {}
            }
        }
        Ok(Acceptance {
            code: code.to_owned(),
            path: path.map(str::to_owned),
        })
    }
}

impl Acceptance {
    /// Whether every blocker of this kind is accepted.
    pub(crate) fn covers_kind(&self, code: &str) -> bool {
        self.code == code && self.path.is_none()
    }

    fn covers(&self, finding: &Finding) -> bool {
        self.code == finding.code && self.path.as_ref().is_none_or(|path| *path == finding.path)
    }
}

/// Takes the accepted blockers down to warnings.
pub(crate) fn accept(findings: &mut [Finding], accepted: &[Acceptance]) {
    for finding in findings {
        let covered = accepted.iter().any(|acceptance| acceptance.covers(finding));
        if covered && finding.severity == Severity::Blocker {
            finding.severity = Severity::Warning;
            finding.action = format!(
                "accepted with --accept {}: what can be carried is carried, the rest is left out",
                finding.code
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocker(path: &str, code: &'static str) -> Finding {
        Finding {
            severity: Severity::Blocker,
            path: path.to_owned(),
            code,
            problem: "odd".to_owned(),
            action: "refused".to_owned(),
        }
    }

    fn left(accepted: &str) -> Vec<String> {
        let mut findings = [
            blocker("/brokers/ids", "brokers-running"),
            blocker("/config/users/a", "undecodable"),
            blocker("/config/users/b", "undecodable"),
        ];
        accept(&mut findings, &[accepted.parse().unwrap()]);
        let left = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Blocker);
        left.map(|finding| finding.path.clone()).collect()
    }

    #[test]
    fn a_kind_is_accepted_everywhere_and_a_znode_alone() {
        assert_eq!(left("brokers-running"), ["/config/users/a", "/config/users/b"]);
        assert_eq!(
            left("undecodable@/config/users/b"),
            ["/brokers/ids", "/config/users/a"]
        );
    }

    #[test]
    fn what_would_lose_data_unseen_is_not_accepted() {
        for text in [
            "no-cluster-id",
            "duplicate-topic-id",
            "undecodable",
            "unreadable",
            "undecodable@/brokers/topics/orders/partitions/0/state",
        ] {
            assert!(text.parse::<Acceptance>().is_err(), "{text}");
        }
        assert!("undecodable@/brokers/topics/orders".parse::<Acceptance>().is_ok());
    }
}
