//! `verify-report`: what was signed is told from what was changed afterwards.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::kraft_bridge;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/reports")
        .join(name)
}

/// What the command says of a file, and the status it ends with.
fn verify_report(file: &Path, arguments: &[&str]) -> (i32, String) {
    let output = kraft_bridge()
        .arg("verify-report")
        .arg(file)
        .args(arguments)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

fn public_key() -> String {
    fixture("signer.pub.pem").display().to_string()
}

/// The page of the signed report.
fn signed_page(dir: &Path) -> PathBuf {
    let page = dir.join("page.html");
    let arguments = ["--html", page.to_str().unwrap()];
    assert_eq!(verify_report(&fixture("small.signed.json"), &arguments).0, 0);
    page
}

#[test]
fn a_signed_report_is_valid_for_the_key_that_signed_it() {
    let (status, said) = verify_report(&fixture("small.signed.json"), &["--key", &public_key()]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("valid, signed by the key given\nkey: "), "{said}");
    assert!(
        said.contains("different: 6 differences need an operator"),
        "{said}"
    );
    assert!(said.contains("zxid 0x100000041 to 0x100000052"), "{said}");
}

#[test]
fn without_a_key_the_fingerprint_is_what_is_left_to_compare() {
    let (status, said) = verify_report(&fixture("small.signed.json"), &[]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("nothing says whose key it is"), "{said}");
    let (_, json) = verify_report(&fixture("small.signed.json"), &["--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let fingerprint = json["signature"]["fingerprint"].as_str().unwrap();
    assert!(said.contains(&format!("key: {fingerprint}\n")), "{said}");
    assert_eq!(json["signature"]["result"], "unknown-key");
    assert_eq!(json["report"]["verdict"], "different");
}

#[test]
fn a_changed_report_another_key_and_no_signature_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let changed = dir.path().join("changed.json");
    let text = fs::read_to_string(fixture("small.signed.json")).unwrap();
    fs::write(
        &changed,
        text.replace("\"verdict\": \"different\"", "\"verdict\": \"equal\""),
    )
    .unwrap();
    let other = dir.path().join("other.pem");
    // The public key of the first test vector of RFC 8032, 7.1.
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    fs::write(&other, pem).unwrap();

    for (file, arguments, says) in [
        (&changed, vec![], "NOT VALID: the signature does not match"),
        (
            &fixture("small.signed.json"),
            vec!["--key", other.to_str().unwrap()],
            "NOT VALID: signed by another key",
        ),
        (&fixture("small.json"), vec![], "not signed: nothing proves"),
    ] {
        let (status, said) = verify_report(file, &arguments);
        assert_eq!(status, 1, "{said}");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn a_page_carries_the_signature_and_shows_what_was_signed() {
    let dir = tempfile::tempdir().unwrap();
    let page = signed_page(dir.path());
    let (status, said) = verify_report(&page, &["--key", &public_key()]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("valid, signed by the key given"), "{said}");
    assert!(said.contains("page: shows what its data says"), "{said}");
}

#[test]
fn a_page_whose_text_was_changed_is_not_valid_although_its_data_is() {
    let dir = tempfile::tempdir().unwrap();
    let page = signed_page(dir.path());
    let text = fs::read_to_string(&page).unwrap();
    fs::write(
        &page,
        text.replace(
            "ZooKeeper and KRaft differ",
            "ZooKeeper and KRaft hold the same cluster",
        ),
    )
    .unwrap();
    let (status, said) = verify_report(&page, &["--key", &public_key()]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("page: NOT what its data makes"), "{said}");
}

#[test]
fn no_page_is_made_of_a_report_that_was_changed() {
    let dir = tempfile::tempdir().unwrap();
    let (changed, page) = (dir.path().join("changed.json"), dir.path().join("page.html"));
    let text = fs::read_to_string(fixture("small.signed.json")).unwrap();
    fs::write(&changed, text.replace("audit-3", "audit-4")).unwrap();
    assert_eq!(verify_report(&changed, &["--html", page.to_str().unwrap()]).0, 1);
    assert!(!page.exists());
}

#[test]
fn what_is_no_report_or_of_another_schema_cannot_be_verified() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    for (content, says) in [
        ("", "is no parity report"),
        ("<!DOCTYPE html><p>hello", "is a page, but holds no parity report"),
        (
            r#"{"schemaVersion": 7, "toolVersion": "3.0.0"}"#,
            "take kraft-bridge 3.0.0",
        ),
    ] {
        fs::write(&file, content).unwrap();
        let (status, said) = verify_report(&file, &[]);
        assert_eq!(status, 2, "{said}");
        assert!(said.contains(says), "{said}");
    }
    let (status, said) = verify_report(&dir.path().join("missing"), &[]);
    assert_eq!((status, said.contains("missing")), (2, true), "{said}");
}
