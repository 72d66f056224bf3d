use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockEncryptMut, KeyIvInit};
use kraft_bridge_protocol::NodeId;
use proptest::prelude::*;

use super::*;
use crate::finding::{Finding, Severity};
use crate::legacy::LegacyCluster;
use crate::secrets::LEFT_OUT;

/// The example with a short salt: `pâss-1`, encoded with `correct horse`.
const EXAMPLE: &str = "keyFactoryAlgorithm:PBKDF2WithHmacSHA512,cipherAlgorithm:AES/CBC/PKCS5Padding,keyLength:128,\
    salt:AQIDBAUGBwgJCgsMDQ4PEA==,iterations:4096,initializationVector:oKGio6SlpqeoqaqrrK2urw==,\
    encryptedPassword:fWJ38rzGtLUEvDNX/MP7Iw==,passwordLength:6";

const BY_KAFKA: &str = include_str!("../../../fixtures/passwords/kafka-3.9.2.tsv");

fn encoder(secret: &str) -> PasswordEncoder {
    PasswordEncoder::new(Secret(secret.to_owned()), None)
}

fn clear(text: &str) -> Result<Secret<String>, PasswordError> {
    Ok(Secret(text.to_owned()))
}

fn open_broker_passwords(cluster: &mut LegacyCluster, encoder: Option<&PasswordEncoder>) -> Vec<Finding> {
    let LegacyCluster {
        broker_configs,
        unopened_passwords,
        ..
    } = cluster;
    let opened = broker_configs
        .iter_mut()
        .map(|(broker, configs)| open_passwords(*broker, configs, encoder, unopened_passwords));
    opened.flatten().collect()
}

#[test]
fn a_password_is_opened_and_its_length_counted_in_utf16() {
    assert_eq!(encoder("correct horse").decode(EXAMPLE), clear("pâss-1"));
}

#[test]
fn what_kafka_encoded_with_aes_is_opened_whatever_the_hash_mode_and_key_length() {
    let mut algorithms = std::collections::BTreeSet::new();
    for line in BY_KAFKA.lines().filter(|line| !line.contains("DES/")) {
        let [secret, password, encoded] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let pairs = pairs(encoded);
        algorithms.insert((pairs["keyFactoryAlgorithm"], pairs["cipherAlgorithm"]));
        assert_eq!(encoder(secret).decode(encoded), clear(password), "{line}");
        assert!(is_encoded(encoded));
    }
    assert_eq!(algorithms.len(), 10, "{algorithms:?}");
}

#[test]
fn des_is_refused_by_name() {
    let line = BY_KAFKA.lines().find(|line| line.contains("DES/")).unwrap();
    let encoded = line.rsplit('\t').next().unwrap();
    let error = encoder("correct horse").decode(encoded).unwrap_err();
    assert_eq!(error.to_string(), "\"DES/CBC/PKCS5Padding\" is not supported");
}

#[test]
fn the_old_secret_opens_what_has_not_been_encoded_anew() {
    let both = PasswordEncoder::new(Secret("new".to_owned()), Some(Secret("correct horse".to_owned())));
    assert_eq!(both.decode(EXAMPLE), clear("pâss-1"));
    assert_eq!(encoder("new").decode(EXAMPLE), Err(PasswordError::WrongSecret));
}

#[test]
fn pairs_come_in_any_order_with_blanks_around_them() {
    let mut pairs: Vec<&str> = EXAMPLE.split(',').collect();
    pairs.reverse();
    assert_eq!(
        encoder("correct horse").decode(&format!(" {} ", pairs.join(" , "))),
        clear("pâss-1")
    );
}

#[test]
fn a_length_that_does_not_fit_means_another_secret() {
    let text = EXAMPLE.replace("passwordLength:6", "passwordLength:7");
    assert_eq!(
        encoder("correct horse").decode(&text),
        Err(PasswordError::WrongSecret)
    );
}

#[test]
fn what_is_wrong_with_the_text_is_named_without_showing_it() {
    for (from, to, problem) in [
        (",iterations:4096", "", "iterations is missing"),
        ("iterations:4096", "iterations:many", "iterations is no number"),
        (
            "iterations:4096",
            "iterations:0",
            "iterations is 0, not from 1 to 10000000",
        ),
        (
            "keyLength:128",
            "keyLength:64",
            "keyLength is 64, not 128, 192 or 256",
        ),
        ("salt:", "salt:!", "salt is not base64"),
        (
            "keyLength:128",
            "keyLength:128,authenticationTagLength:96",
            "authenticationTagLength is not 128",
        ),
        ("SHA512", "MD5", "\"PBKDF2WithHmacMD5\" is not supported"),
    ] {
        let error = encoder("correct horse")
            .decode(&EXAMPLE.replace(from, to))
            .unwrap_err();
        assert_eq!(error.to_string(), problem);
    }
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    assert!(!format!("{:?}", encoder("correct horse")).contains("correct"));
}

/// A cluster with these configs of broker 4.
fn cluster(configs: &[(&str, &str)]) -> LegacyCluster {
    let configs = configs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    LegacyCluster {
        broker_configs: [(Some(NodeId(4)), configs)].into(),
        ..LegacyCluster::default()
    }
}

fn codes(findings: &[Finding]) -> Vec<(Severity, &str)> {
    findings
        .iter()
        .map(|finding| (finding.severity, finding.code))
        .collect()
}

#[test]
fn t2_encoded_broker_configs_are_replaced_by_their_clear_text() {
    let mut cluster = cluster(&[
        ("listener.name.tls.ssl.key.password", EXAMPLE),
        ("my.plugin.token", EXAMPLE),
        ("log.cleaner.threads", "2"),
    ]);
    let findings = open_broker_passwords(&mut cluster, Some(&encoder("correct horse")));
    let configs = &cluster.broker_configs[&Some(NodeId(4))];
    assert_eq!(configs["listener.name.tls.ssl.key.password"], "pâss-1");
    assert_eq!(configs["my.plugin.token"], "pâss-1");
    assert_eq!(configs["log.cleaner.threads"], "2");
    assert_eq!(codes(&findings), [(Severity::Info, "password-in-clear")]);
}

#[test]
fn t3_an_encoded_value_without_the_right_secret_is_a_blocker_with_znode_and_key() {
    for (encoder, code) in [
        (None, "password-encoder-secret-missing"),
        (Some(encoder("wrong")), "password-encoder-secret-wrong"),
    ] {
        let mut cluster = cluster(&[("ssl.key.password", EXAMPLE)]);
        let findings = open_broker_passwords(&mut cluster, encoder.as_ref());
        assert_eq!(codes(&findings), [(Severity::Blocker, code)]);
        assert_eq!(findings[0].path, "/config/brokers/4");
        assert!(findings[0].problem.contains("ssl.key.password"));
        assert!(
            cluster.broker_configs[&Some(NodeId(4))].is_empty(),
            "what brokers would take for the password is not carried"
        );
    }
}

#[test]
fn a_password_left_out_of_the_capture_or_encoded_with_des_is_a_blocker() {
    let des = BY_KAFKA.lines().last().unwrap().rsplit('\t').next().unwrap();
    for (value, code) in [(LEFT_OUT, "secret-left-out"), (des, "password-not-decodable")] {
        let mut cluster = cluster(&[("ssl.key.password", value)]);
        let findings = open_broker_passwords(&mut cluster, Some(&encoder("correct horse")));
        assert_eq!(codes(&findings), [(Severity::Blocker, code)]);
    }
}

#[test]
fn a_password_stored_in_clear_is_carried_and_reported_without_showing_it() {
    let mut cluster = cluster(&[("listener.name.a.plain.sasl.jaas.config", "hush")]);
    let findings = open_broker_passwords(&mut cluster, None);
    assert_eq!(codes(&findings), [(Severity::Warning, "password-not-encoded")]);
    assert!(!findings[0].to_string().contains("hush"));
}

fn encode(secret: &str, password: &str, salt: &[u8], vector: [u8; 16]) -> String {
    let mut key = [0; 16];
    Hash::Sha256.derive_key(secret.as_bytes(), salt, 1, &mut key);
    let encrypted = cbc::Encryptor::<aes::Aes128>::new(&key.into(), &vector.into())
        .encrypt_padded_vec_mut::<Pkcs7>(password.as_bytes());
    format!(
        "keyFactoryAlgorithm:PBKDF2WithHmacSHA256,cipherAlgorithm:AES/CBC/PKCS5Padding,keyLength:128,iterations:1,\
         salt:{},initializationVector:{},encryptedPassword:{},passwordLength:{}",
        STANDARD.encode(salt),
        STANDARD.encode(vector),
        STANDARD.encode(encrypted),
        password.encode_utf16().count()
    )
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(secret: String, password: String, salt: Vec<u8>, vector: [u8; 16]) {
        let encoded = encode(&secret, &password, &salt, vector);
        prop_assert_eq!(encoder(&secret).decode(&encoded), Ok(Secret(password)));
    }

    #[test]
    fn any_text_is_opened_or_refused(text: String, at in 0..EXAMPLE.len(), by: char) {
        prop_assert!(encoder("x").decode(&text).is_err());
        let mut damaged: String = EXAMPLE[..at].to_owned();
        damaged.push(by);
        damaged.push_str(&EXAMPLE[at + 1..]);
        drop(encoder("x").decode(&damaged));
    }
}
