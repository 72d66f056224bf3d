//! What needs a process of its own: limits and subscribers are of whole processes.

use std::io;
use std::process::Command;
use std::sync::{Arc, Mutex};

use super::{Client, config, open, somebody_is_let_in};

/// Set in the process of its own.
const APART: &str = "KRAFT_BRIDGE_TEST_APART";

/// Runs a test again in a process that the shell started after this, and there does what the test is about.
fn apart(test: &str, before: &str, what: impl Future<Output = ()>) {
    if std::env::var_os(APART).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return runtime.unwrap().block_on(what);
    }
    let output = Command::new("sh")
        .args(["-c", &format!("{before}; exec \"$0\" --exact \"$1\" --nocapture")])
        .arg(std::env::current_exe().unwrap())
        .arg(format!("server::tests::apart::{test}"))
        .env(APART, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{output:?}"
    );
}

#[test]
fn a_listener_outlives_a_lack_of_file_descriptors() {
    apart(
        "a_listener_outlives_a_lack_of_file_descriptors",
        "ulimit -n 64",
        use_up_all_files(),
    );
}

#[test]
fn the_log_is_told_once_of_an_address_that_sends_garbage_all_the_time() {
    apart(
        "the_log_is_told_once_of_an_address_that_sends_garbage_all_the_time",
        ":",
        send_garbage_and_read_the_log(),
    );
}

async fn use_up_all_files() {
    let server = open(config("PLAINTEXT", "")).await;
    let mut clients = Vec::new();
    // Each takes one descriptor here, and one on the listener's side as long as there are any.
    while let Ok(stream) = tokio::net::TcpStream::connect(server.address()).await {
        clients.push(stream);
    }
    assert!(clients.len() > 20);
    let mut last = Client {
        stream: Box::new(clients.pop().unwrap()),
    };
    last.send(b"nothing that is read yet").await;

    drop(clients);
    // As soon as the places of the others are free.
    somebody_is_let_in(&server).await;
}

/// What the log is told.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn send_garbage_and_read_the_log() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let server = open(config("PLAINTEXT", "")).await;
    for _ in 0..50 {
        let mut client = Client::connect(server.address()).await;
        client.send(b"GET /secret HTTP/1.1\r\n\r\n").await;
        client.wait_for_the_end().await;
    }
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let warnings: Vec<&str> = text.lines().filter(|line| line.contains("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{text}");
    assert!(
        warnings[0].contains("announces 1195725856 bytes, of which at most 104857600 are taken"),
        "{text}"
    );
    assert!(!text.contains("secret"));
}
