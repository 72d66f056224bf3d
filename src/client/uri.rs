//! Where a live quorum is, in one line: `kafka://host1:9093,host2:9093`, listeners of its controllers.

use std::fmt;
use std::str::FromStr;

use kraft_bridge_raft::endpoint::Endpoint;

use crate::config::HostPort;

/// How a URI of a quorum begins.
pub(crate) const SCHEME: &str = "kafka://";

/// Some or all controllers of a quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuorumUri {
    /// In the order given; at least one.
    pub(crate) servers: Vec<Endpoint>,
}

/// Why a text names no quorum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} names no quorum: {problem}; expected kafka://host1:9093,host2:9093, listeners of the controllers"
)]
pub(crate) struct QuorumUriError {
    text: String,
    problem: &'static str,
}

impl FromStr for QuorumUri {
    type Err = QuorumUriError;

    fn from_str(text: &str) -> Result<QuorumUri, QuorumUriError> {
        let error = |problem| QuorumUriError {
            text: text.to_owned(),
            problem,
        };
        let rest = text.trim();
        let rest = rest.strip_prefix(SCHEME).unwrap_or(rest);
        if rest.contains('@') {
            // What stands before it would be a password in a process list.
            return Err(QuorumUriError {
                text: format!("{SCHEME}[redacted]"),
                problem: "a login is given in a client's properties, not here",
            });
        }
        let servers = rest.trim_end_matches('/').split(',').map(|server| {
            let HostPort { host, port } = server.trim().parse().ok()?;
            (port > 0).then_some(Endpoint { host, port })
        });
        match servers.collect::<Option<Vec<_>>>() {
            Some(servers) => Ok(QuorumUri { servers }),
            None => Err(error("a server is not of the form host:port")),
        }
    }
}

impl fmt::Display for QuorumUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<String> = self.servers.iter().map(Endpoint::to_string).collect();
        write!(f, "{SCHEME}{}", servers.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_prints_as_it_is_read() {
        for text in ["kafka://a:9093", "kafka://a:9093,b.example:1,[::1]:9093"] {
            assert_eq!(text.parse::<QuorumUri>().unwrap().to_string(), text);
        }
        let loose: QuorumUri = "a:1, b:2/".parse().unwrap();
        assert_eq!(loose.to_string(), "kafka://a:1,b:2");
    }

    #[test]
    fn a_malformed_one_is_refused() {
        for text in [
            "kafka://",
            "kafka://a",
            "kafka://a:0",
            "kafka://a:1,,b:2",
            "kafka://::1",
            "kafka://a:1/topic",
        ] {
            let error = text.parse::<QuorumUri>().unwrap_err();
            assert_eq!(error.problem, "a server is not of the form host:port", "{text}");
        }
    }

    #[test]
    fn a_password_in_it_is_refused_and_not_repeated() {
        let error = "kafka://alice:open-sesame@a:9093"
            .parse::<QuorumUri>()
            .unwrap_err();
        assert!(!error.to_string().contains("open-sesame"), "{error}");
    }
}
