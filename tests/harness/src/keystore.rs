//! Keystores for the brokers' TLS listener, made with the JDK's keytool.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

/// Makes a PKCS12 keystore with one self-signed certificate of `CN=broker`.
///
/// # Errors
///
/// When keytool is missing or fails.
pub fn make(path: &Path, password: &str) -> anyhow::Result<()> {
    keytool(
        path,
        password,
        "-genkeypair -alias broker -dname CN=broker -keyalg EC -validity 3650 -ext san=ip:127.0.0.1",
    )
}

/// Makes a truststore that trusts exactly the certificate of this keystore.
///
/// # Errors
///
/// As [`make`].
pub fn trust(path: &Path, keystore: &Path, password: &str) -> anyhow::Result<()> {
    let certificate = path.with_extension("pem");
    let certificate = certificate.display();
    keytool(
        keystore,
        password,
        &format!("-exportcert -rfc -alias broker -file {certificate}"),
    )?;
    keytool(
        path,
        password,
        &format!("-importcert -noprompt -alias broker -file {certificate}"),
    )
}

fn keytool(keystore: &Path, password: &str, arguments: &str) -> anyhow::Result<()> {
    let output = Command::new("keytool")
        .args(arguments.split_whitespace())
        .args(["-storetype", "PKCS12", "-storepass", password, "-keystore"])
        .arg(keystore)
        .output()
        .context("keytool cannot be started: apt-get install openjdk-17-jre-headless")?;
    ensure!(
        output.status.success(),
        "keytool failed: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(())
}
