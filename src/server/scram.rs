//! One login by SCRAM (RFC 5802), without channel binding, as Kafka's clients do it.
//!
//! ```text
//!  n,,n=alice,r=NONCE ─▶              client first
//!                     ◀─ r=…,s=…,i=…  salt and rounds of the credential
//!  c=biws,r=…,p=…     ─▶              client final, with a proof
//!                     ◀─ v=…          the server's own proof
//! ```
//!
//! Whoever logs in by a delegation token says so behind the nonce (`tokenauth=true`): its name is the token's id, its
//! password the token's secret in Base64 (KIP-48). No SCRAM of others signs what stands there, hence this one.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use kraft_bridge_metadata::image::ScramCredential;
use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_protocol::wire::Blob;
use pbkdf2::pbkdf2_hmac;
use sha2::{Digest, Sha256, Sha512};

use super::caller::Who;
use super::handler::{Handler, LoginToken};

/// Rounds of a token's credential, and of one that there is not: the fewest that Kafka's clients take.
const ROUNDS: u32 = 4096;
/// Bytes of chance in a nonce and in a salt.
const CHANCE_BYTES: usize = 24;

/// A login that waits for the client's proof.
pub(super) struct Scram {
    mechanism: ScramMechanism,
    /// Channel binding and authorization, as the client's last word must repeat them, in Base64.
    binding: String,
    /// Both sides' nonces.
    nonce: String,
    /// The client's first word, from its name on, and the server's.
    words: String,
    /// What the proof is checked with, and who is let in; `None` if nobody is.
    expected: Option<(ScramCredential, Who)>,
}

impl Scram {
    /// Takes the client's first word; returns the server's with what is to come.
    ///
    /// # Errors
    ///
    /// What is wrong, for the log.
    pub(super) fn begin(
        word: &[u8],
        mechanism: ScramMechanism,
        handler: &impl Handler,
    ) -> Result<(Vec<u8>, Scram), String> {
        let first = First::read(word).ok_or("its word is none of SCRAM's")?;
        if first.other.is_some_and(|other| other != first.name) {
            return Err("it wants to act for another".to_owned());
        }
        let salt = chance()?;
        let expected = match first.is_token {
            true => handler
                .login_token(&first.name)
                .map(|token| of_token(mechanism, token, &salt)),
            false => handler
                .scram_credential(mechanism, &first.name)
                .map(|credential| (credential, Who::user(&first.name))),
        };
        let (salt, rounds) = match &expected {
            Some((credential, _)) => (BASE64_STANDARD.encode(&credential.salt.0), credential.iterations),
            // Who there is not is told like everybody else, and refused when everybody is.
            None => (BASE64_STANDARD.encode(salt), ROUNDS.cast_signed()),
        };
        let nonce = format!("{}{}", first.nonce, BASE64_STANDARD.encode(chance()?));
        let answer = format!("r={nonce},s={salt},i={rounds}");
        let scram = Scram {
            mechanism,
            binding: BASE64_STANDARD.encode(first.binding),
            nonce,
            words: format!("{},{answer}", first.bare),
            expected,
        };
        Ok((answer.into_bytes(), scram))
    }

    /// Takes the client's last word; returns the server's, and who the client is.
    ///
    /// # Errors
    ///
    /// What is wrong, for the log.
    pub(super) fn finish(self, word: &[u8]) -> Result<(Vec<u8>, Who), String> {
        let last = Last::read(word).ok_or("its word is none of SCRAM's")?;
        if last.binding != self.binding || last.nonce != self.nonce {
            return Err("its word answers none of ours".to_owned());
        }
        let (credential, who) = self.expected.ok_or("there is no such user, or token")?;
        let words = format!("{},{}", self.words, last.unproved);
        let signature = sign(self.mechanism, &credential.stored_key.0, &words);
        let key: Vec<u8> = signature.iter().zip(&last.proof).map(|(a, b)| a ^ b).collect();
        // What is compared is a hash of what was sent: the time that it takes says nothing of the key.
        if last.proof.len() != signature.len() || digest(self.mechanism, &key) != credential.stored_key.0 {
            return Err("its password is wrong".to_owned());
        }
        let proof = BASE64_STANDARD.encode(sign(self.mechanism, &credential.server_key.0, &words));
        Ok((format!("v={proof}").into_bytes(), who))
    }
}

/// The client's first word.
struct First<'a> {
    /// What says that there is no channel binding, and whom to act for.
    binding: &'a str,
    /// The rest.
    bare: &'a str,
    /// Whom to act for, if it says so.
    other: Option<String>,
    name: String,
    nonce: &'a str,
    is_token: bool,
}

impl<'a> First<'a> {
    fn read(word: &'a [u8]) -> Option<First<'a>> {
        let word = std::str::from_utf8(word).ok()?;
        let mut parts = word.splitn(3, ',');
        if parts.next()? != "n" {
            return None;
        }
        let other = match parts.next()? {
            "" => None,
            other => Some(unescaped(other.strip_prefix("a=")?)?),
        };
        let bare = parts.next()?;
        let mut parts = bare.split(',');
        let name = unescaped(parts.next()?.strip_prefix("n=")?)?;
        let nonce = parts.next()?.strip_prefix("r=")?;
        let extensions: Option<Vec<(&str, &str)>> = parts.map(|part| part.split_once('=')).collect();
        let is_token = extensions?
            .iter()
            .any(|(key, value)| *key == "tokenauth" && value.eq_ignore_ascii_case("true"));
        let is_sound =
            !name.is_empty() && !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_graphic());
        is_sound.then_some(First {
            binding: &word[..word.len() - bare.len()],
            bare,
            other,
            name,
            nonce,
            is_token,
        })
    }
}

/// The client's last word.
struct Last<'a> {
    /// In Base64.
    binding: &'a str,
    nonce: &'a str,
    /// All but the proof.
    unproved: &'a str,
    proof: Vec<u8>,
}

impl<'a> Last<'a> {
    fn read(word: &'a [u8]) -> Option<Last<'a>> {
        let word = std::str::from_utf8(word).ok()?;
        let (unproved, proof) = word.rsplit_once(",p=")?;
        let mut parts = unproved.split(',');
        Some(Last {
            binding: parts.next()?.strip_prefix("c=")?,
            nonce: parts.next()?.strip_prefix("r=")?,
            unproved,
            proof: BASE64_STANDARD.decode(proof).ok()?,
        })
    }
}

/// The credential of a token, whose password is its secret in Base64, and who it lets in.
fn of_token(mechanism: ScramMechanism, token: LoginToken, salt: &[u8]) -> (ScramCredential, Who) {
    let password = BASE64_STANDARD.encode(token.secret.0);
    let salted = salted(mechanism, password.as_bytes(), salt);
    let credential = ScramCredential {
        mechanism,
        salt: Blob(salt.to_vec()),
        stored_key: Blob(digest(mechanism, &sign(mechanism, &salted, "Client Key"))),
        server_key: Blob(sign(mechanism, &salted, "Server Key")),
        iterations: ROUNDS.cast_signed(),
        ..Default::default()
    };
    let who = Who {
        principal: token.owner,
        is_by_token: true,
        until: Some(token.expires),
    };
    (credential, who)
}

fn salted(mechanism: ScramMechanism, password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut salted = digest(mechanism, b"");
    match mechanism {
        ScramMechanism::Sha256 => pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, &mut salted),
        ScramMechanism::Sha512 => pbkdf2_hmac::<Sha512>(password, salt, ROUNDS, &mut salted),
    }
    salted
}

fn sign(mechanism: ScramMechanism, key: &[u8], words: &str) -> Vec<u8> {
    fn with<M: Mac + hmac::digest::KeyInit>(key: &[u8], words: &str) -> Vec<u8> {
        let mut mac = <M as Mac>::new_from_slice(key).expect("a key of any length will do");
        mac.update(words.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
    match mechanism {
        ScramMechanism::Sha256 => with::<Hmac<Sha256>>(key, words),
        ScramMechanism::Sha512 => with::<Hmac<Sha512>>(key, words),
    }
}

fn digest(mechanism: ScramMechanism, bytes: &[u8]) -> Vec<u8> {
    match mechanism {
        ScramMechanism::Sha256 => Sha256::digest(bytes).to_vec(),
        ScramMechanism::Sha512 => Sha512::digest(bytes).to_vec(),
    }
}

fn chance() -> Result<[u8; CHANCE_BYTES], String> {
    let mut bytes = [0; CHANCE_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random bytes: {error}"))?;
    Ok(bytes)
}
/// A user's name as it is, where `,` and `=` are written `=2C` and `=3D`; `None` if another `=` is in it.
fn unescaped(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let (character, rest) = match (part.strip_prefix("2C"), part.strip_prefix("3D")) {
            (Some(rest), _) => (',', rest),
            (None, Some(rest)) => ('=', rest),
            (None, None) => return None,
        };
        out.push(character);
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::server::tests::Answers;

    #[test]
    fn a_name_is_as_it_was_before_it_was_escaped() {
        for (escaped, name) in [
            ("alice", Some("alice")),
            ("a=2Cb=3D", Some("a,b=")),
            ("=3D2C", Some("=2C")),
            ("a=2c", None),
            ("a=", None),
        ] {
            assert_eq!(unescaped(escaped).as_deref(), name);
        }
    }

    proptest! {
        #[test]
        fn any_words_are_taken_or_refused(
            first in "(n|y|p=x|[a-z]?),(a=b?)?,(n=(scram=2Cuser=3D1)?|[nm=]{0,3}),r=?[!-z]{0,4}(,[xa=]{0,4})?|.{0,12}",
            second in "c=(biws|[A-Z=]{0,4})?,r=?[!-z]{0,8}(,x?=?)?,p=?[A-Za-z=]{0,100}|.{0,12}",
        ) {
            let begun = Scram::begin(first.as_bytes(), ScramMechanism::Sha512, &Answers::default());
            if let Ok((_, scram)) = begun {
                prop_assert!(scram.finish(second.as_bytes()).is_err());
            }
        }
    }
}
