//! Signatures hold for what was signed alone, and OpenSSL agrees.

use std::process::Command;

use super::*;
use crate::report::document::{Document, Read};
use crate::report::sample;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/reports")
        .join(name)
}

fn key() -> PrivateKey {
    PrivateKey::read(&fixture("signer.pem")).unwrap()
}

fn signed() -> String {
    let report = sample::small();
    let document = Document::new(&report, Some(&key())).unwrap();
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

/// Runs OpenSSL, which must be there, and returns what it wrote.
fn openssl(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).current_dir(dir).output();
    let output = output.expect("openssl is needed: apt-get install openssl");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

#[test]
fn a_signed_report_is_the_report_and_who_signed_it() {
    sample::expect("small.signed.json", &signed());
    let read = Read::from_json(&signed()).unwrap();
    assert_eq!(read.report, sample::small());
    let public = PublicKey::read(&fixture("signer.pub.pem")).unwrap();
    assert_eq!(read.signer().unwrap(), Some(public));
}

#[test]
fn openssl_makes_the_same_signature_finds_it_sound_and_knows_the_same_key() {
    let dir = tempfile::tempdir().unwrap();
    let report: serde_json::Value = serde_json::from_str(&signed()).unwrap();
    let value = STANDARD
        .decode(report["signature"]["value"].as_str().unwrap())
        .unwrap();
    let text = serde_json::to_string(&sample::small()).unwrap();
    fs::write(
        dir.path().join("signed"),
        format!("kraft-bridge parity report 1\n{text}"),
    )
    .unwrap();
    fs::write(dir.path().join("value"), &value).unwrap();
    for name in ["signer.pem", "signer.pub.pem"] {
        fs::copy(fixture(name), dir.path().join(name)).unwrap();
    }

    let by_openssl = "pkeyutl -sign -rawin -inkey signer.pem -in signed";
    let by_openssl = openssl(dir.path(), &by_openssl.split(' ').collect::<Vec<_>>());
    let sound = "pkeyutl -verify -rawin -pubin -inkey signer.pub.pem -in signed -sigfile value";
    let sound = openssl(dir.path(), &sound.split(' ').collect::<Vec<_>>());
    let der = openssl(
        dir.path(),
        &["pkey", "-in", "signer.pem", "-pubout", "-outform", "DER"],
    );

    assert_eq!(by_openssl, value);
    assert!(String::from_utf8_lossy(&sound).contains("Signature Verified Successfully"));
    let digest: String = Sha256::digest(&der)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        PublicKey::read(&fixture("signer.pub.pem")).unwrap().fingerprint(),
        digest
    );
}

#[test]
fn indenting_a_signed_file_anew_leaves_its_signature_sound() {
    let compact = sample::small();
    let compact = serde_json::to_string(&Document::new(&compact, Some(&key())).unwrap()).unwrap();
    for text in [
        compact.clone(),
        signed().replace("\n", "\r\n\t"),
        compact.replace('<', "\\u003c"),
    ] {
        assert!(Read::from_json(&text).unwrap().signer().unwrap().is_some());
    }
}

#[test]
fn whatever_is_changed_after_signing_breaks_the_signature() {
    for (from, to) in [
        ("\"verdict\": \"different\"", "\"verdict\": \"equal\""),
        ("\"endOffset\": 8121", "\"endOffset\": 8122"),
        ("\"retention.ms\"", "\"retention.MS\""),
        ("\"field\": \"isr\",", ""),
        ("\"rounds\": 2", "\"rounds\": 2, \"unheard\": 1"),
        ("\"relation\": \"copied\",", ""),
        ("\"epoch\": 4,", "\"epoch\": 4, \"epoch\": 4,"),
    ] {
        let text = signed();
        assert!(text.contains(from), "{from}");
        // What is no report any more is refused before its signature is looked at.
        if let Ok(read) = Read::from_json(&text.replacen(from, to, 1)) {
            assert_eq!(read.signer(), Err(Broken::Mismatch), "{from} → {to}");
        }
    }
}

#[test]
fn every_changed_character_of_report_and_signature_is_noticed() {
    let text = serde_json::to_string(&Document::new(&sample::empty(), Some(&key())).unwrap()).unwrap();
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(bytes).unwrap();
        let sound = Read::from_json(&changed).is_ok_and(|read| read.signer().is_ok_and(|it| it.is_some()));
        assert!(!sound, "{changed}");
    }
}

#[test]
fn a_signature_of_another_key_or_of_no_known_kind_does_not_hold() {
    let signature = Document::new(&sample::empty(), Some(&key()))
        .unwrap()
        .signature()
        .unwrap()
        .clone();
    let report = serde_json::to_string(&sample::empty()).unwrap();
    let other = PrivateKey(SigningKey::from_bytes(&[7; 32])).sign(&report);
    let with = |change: fn(&mut Signature)| {
        let mut changed = signature.clone();
        change(&mut changed);
        changed.check(&report)
    };

    assert!(signature.check(&report).is_ok());
    let others_key = Signature {
        public_key: other.public_key,
        ..signature.clone()
    };
    assert_eq!(others_key.check(&report), Err(Broken::Mismatch));
    assert_eq!(
        with(|it| it.algorithm = "none".to_owned()),
        Err(Broken::Algorithm("none".to_owned()))
    );
    assert_eq!(with(|it| it.value.clear()), Err(Broken::Damaged("value")));
    assert_eq!(
        with(|it| it.public_key = "AAAA".to_owned()),
        Err(Broken::Damaged("public key"))
    );
}

#[test]
fn a_key_of_no_use_says_how_to_get_a_good_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = |content: &str| {
        let path = dir.path().join("key");
        fs::write(&path, content).unwrap();
        path
    };
    let message = |error: KeyError| error.to_string();

    let missing = message(PrivateKey::read(&dir.path().join("missing")).unwrap_err());
    assert!(missing.contains("missing: cannot be read"), "{missing}");
    let encrypted = message(PrivateKey::read(&file("-----BEGIN ENCRYPTED PRIVATE KEY-----")).unwrap_err());
    assert!(encrypted.contains("openssl pkey -in"), "{encrypted}");
    let other = message(PrivateKey::read(&fixture("signer.pub.pem")).unwrap_err());
    assert!(other.contains("openssl genpkey -algorithm ed25519"), "{other}");
    let private = message(PublicKey::read(&fixture("signer.pem")).unwrap_err());
    assert!(private.contains("-pubout"), "{private}");
    assert_eq!(format!("{:?}", key()), "PrivateKey([redacted])");
}
