//! Why no session came about, as far as a plain connection can tell.

use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// Longest wait for one address.
const WAIT: Duration = Duration::from_secs(1);

/// One sentence for each of `servers` (`host1:2181,host2:2181`). Blocks for some seconds at most.
pub(crate) fn explain(servers: &str) -> String {
    let probes: Vec<String> = servers
        .split(',')
        .map(|server| format!("{server} {}", probe(server)))
        .collect();
    probes.join("; ")
}

fn probe(server: &str) -> String {
    let addresses = match server.to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(error) => return format!("can't be looked up ({error})"),
    };
    let mut problem = "has no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, WAIT) {
            Ok(_) => {
                return "takes connections, but opens no session: is TLS spoken on one side only, is its certificate \
                        not trusted or for another host, ours not trusted there, or has it no quorum?"
                    .to_owned();
            }
            Err(error) => problem = format!("takes no connections ({error})"),
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_server_that_is_there_is_told_apart_from_one_that_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listener.local_addr().unwrap().to_string();
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .to_string();
        let text = explain(&format!("{there},{gone}"));
        let (first, second) = text.split_once("; ").unwrap();
        assert!(
            first.starts_with(&there) && first.contains("takes connections"),
            "{text}"
        );
        assert!(
            second.starts_with(&gone) && second.contains("takes no connections"),
            "{text}"
        );
    }
}
