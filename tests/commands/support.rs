//! What the tests of the commands share.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

/// Where the program is, for those that kill it.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kraft-bridge");

/// The program.
pub(crate) fn kraft_bridge() -> Command {
    Command::cargo_bin("kraft-bridge").unwrap()
}

/// A real ZooKeeper's data directory with a small cluster of Kafka's in it, and one topic that is damaged.
pub(crate) fn data_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/zookeeper/3.9.4")
}

/// A sealed capture of [`data_directory`], and the file with its passphrase.
pub(crate) fn sealed_capture(dir: &Path) -> (PathBuf, PathBuf) {
    let (capture, passphrase) = (dir.join("cluster.capture"), dir.join("passphrase"));
    fs::write(&passphrase, "correct horse\n").unwrap();
    kraft_bridge()
        .args(["capture", "--from"])
        .arg(data_directory())
        .arg("--output")
        .arg(&capture)
        .arg("--seal-with")
        .arg(&passphrase)
        .assert()
        .success();
    (capture, passphrase)
}

/// The configuration file of one of several controllers that know each other by their configuration.
pub(crate) fn controller(dir: &Path, node: u16, voters: &[u16]) -> PathBuf {
    let voters: Vec<String> = voters
        .iter()
        .map(|voter| format!("{voter}@localhost:{voter}"))
        .collect();
    let quorum = format!("controller.quorum.voters={}", voters.join(","));
    controller_with(dir, node, &quorum)
}

/// The configuration file of a controller with these further lines.
pub(crate) fn controller_with(dir: &Path, node: u16, lines: &str) -> PathBuf {
    let file = dir.join(format!("{node}.properties"));
    let text = format!(
        "process.roles=controller\nnode.id={node}\ncontroller.listener.names=CONTROLLER\n\
         listeners=CONTROLLER://localhost:{node}\nlog.dirs={}\n{lines}\n",
        dir.join(node.to_string()).display()
    );
    fs::write(&file, text).unwrap();
    file
}

/// The answer to `GET` of this path, headers and all; nothing while nobody listens.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    Some(answer)
}

/// Every file below a directory with its content, by its path below it.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let below = path.strip_prefix(dir).unwrap().to_owned();
                files.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// Names of what lies in a directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Lets a program that will be killed run for a while.
#[expect(clippy::disallowed_methods, reason = "the moment of the kill is what varies")]
pub(crate) fn wait(duration: Duration) {
    std::thread::sleep(duration);
}
