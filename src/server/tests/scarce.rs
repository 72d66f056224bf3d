//! A process that has no file descriptors left.

use std::process::Command;

use super::{Client, config, open, somebody_is_let_in};

/// Set in the process that may open few files.
const FEW_FILES: &str = "KRAFT_BRIDGE_TEST_FEW_FILES";

#[test]
fn a_listener_outlives_a_lack_of_file_descriptors() {
    if std::env::var_os(FEW_FILES).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return runtime.unwrap().block_on(use_up_all_files());
    }
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg("server::tests::scarce::a_listener_outlives_a_lack_of_file_descriptors")
        .env(FEW_FILES, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{output:?}"
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
