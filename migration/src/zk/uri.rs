//! Where a live ensemble is, in one line: `zk://host1:2181,host2:2181/chroot`.
//!
//! What follows `zk://` is what a broker has in `zookeeper.connect`, and may be given without it as well.

use std::fmt;
use std::str::FromStr;

use crate::capture::chroot;

/// How a URI of an ensemble begins.
pub const SCHEME: &str = "zk://";

/// The port of a server that names none.
const DEFAULT_PORT: u16 = 2181;

/// Servers and chroot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnsembleUri {
    /// `host1:2181,host2:2181`: each with its port, in the order given.
    pub servers: String,
    /// Chroot, normalized; `/` for none.
    pub chroot: String,
}

/// Why a text names no ensemble.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no ensemble: {problem}; expected zk://host1:2181,host2:2181/chroot")]
pub struct EnsembleUriError {
    /// The text.
    pub text: String,
    /// What is wrong.
    pub problem: &'static str,
}

impl FromStr for EnsembleUri {
    type Err = EnsembleUriError;

    fn from_str(text: &str) -> Result<EnsembleUri, EnsembleUriError> {
        let error = |problem| EnsembleUriError {
            text: text.to_owned(),
            problem,
        };
        let rest = text.trim();
        let rest = rest.strip_prefix(SCHEME).unwrap_or(rest);
        if rest.contains('@') {
            // What stands before it would be a password in a process list.
            return Err(EnsembleUriError {
                text: format!("{SCHEME}[redacted]"),
                problem: "a login is given in a broker's JAAS file, not here",
            });
        }
        let (servers, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let servers: Result<Vec<String>, _> =
            servers.split(',').map(|server| endpoint(server.trim())).collect();
        let chroot = chroot::normalize(path);
        if chroot.contains("//") {
            return Err(error("the chroot has an empty part"));
        }
        Ok(EnsembleUri {
            servers: servers.map_err(error)?.join(","),
            chroot,
        })
    }
}

impl fmt::Display for EnsembleUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let chroot = if self.chroot == "/" { "" } else { &self.chroot };
        write!(f, "{SCHEME}{}{chroot}", self.servers)
    }
}

/// `host:port` of one server; an IPv6 address stands in brackets.
fn endpoint(server: &str) -> Result<String, &'static str> {
    let (host, port) = match server.rfind(':') {
        Some(colon) if !server.ends_with(']') => (&server[..colon], Some(&server[colon + 1..])),
        _ => (server, None),
    };
    if host.is_empty() {
        return Err("a server has no host");
    }
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err("an IPv6 address stands in brackets");
    }
    match port.map_or(Ok(DEFAULT_PORT), str::parse::<u16>) {
        Ok(port) if port > 0 => Ok(format!("{host}:{port}")),
        _ => Err("a server's port is no number from 1 to 65535"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(String, String), &'static str> {
        match text.parse::<EnsembleUri>() {
            Ok(uri) => Ok((uri.servers, uri.chroot)),
            Err(error) => Err(error.problem),
        }
    }

    #[test]
    fn servers_and_chroot_are_told_apart() {
        let cases = [
            ("zk://a:2181,b:2182/kafka/main", "a:2181,b:2182", "/kafka/main"),
            ("zk://a", "a:2181", "/"),
            ("zk://a/", "a:2181", "/"),
            ("a:1, b:2/kafka/", "a:1,b:2", "/kafka"),
            ("zk://[::1]:2181,[fe80::1]/k", "[::1]:2181,[fe80::1]:2181", "/k"),
        ];
        for (text, servers, chroot) in cases {
            assert_eq!(parse(text), Ok((servers.to_owned(), chroot.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_malformed_one_is_refused() {
        let cases = [
            ("zk://", "a server has no host"),
            ("zk://a,,b", "a server has no host"),
            ("zk://:2181", "a server has no host"),
            ("zk://a:port", "a server's port is no number from 1 to 65535"),
            ("zk://a:0", "a server's port is no number from 1 to 65535"),
            ("zk://::1", "an IPv6 address stands in brackets"),
            ("zk://a/k//l", "the chroot has an empty part"),
        ];
        for (text, problem) in cases {
            assert_eq!(parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn a_password_in_it_is_refused_and_not_repeated() {
        let error = "zk://super:open-sesame@a:2181"
            .parse::<EnsembleUri>()
            .unwrap_err();
        assert!(!error.to_string().contains("open-sesame"), "{error}");
    }

    #[test]
    fn it_prints_as_it_is_read() {
        for text in ["zk://a:2181,b:2182/kafka", "zk://a:2181"] {
            assert_eq!(text.parse::<EnsembleUri>().unwrap().to_string(), text);
        }
    }
}
