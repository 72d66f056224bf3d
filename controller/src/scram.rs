//! AlterUserScramCredentials.
//!
//! Source: KIP-554, KIP-900; RFC 5802 for the keys; KAFKA-14881 (the salted password is never stored).

use std::collections::BTreeSet;

use hmac::digest::Digest;
use hmac::digest::core_api::BlockSizeUser;
use hmac::{Mac, SimpleHmac};
use kraft_bridge_metadata::records::{
    MetadataRecord, RemoveUserScramCredentialRecord, ScramMechanism, UserScramCredentialRecord,
};
use kraft_bridge_metadata::release::MetadataVersion;
use kraft_bridge_protocol::rpc::{
    AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, AlteredUser, ErrorCode,
    ScramDeletion, ScramUpsertion,
};
use kraft_bridge_protocol::wire::Blob;
use sha2::{Sha256, Sha512};

use crate::decision::Refusal;
use crate::draft::{Draft, Size};

/// 3.5-IV2: the first level that has credentials in the log.
const SCRAM: MetadataVersion = MetadataVersion(11);
/// Rounds of the password hash.
const ITERATIONS: std::ops::RangeInclusive<i32> = 4096..=16_384;

/// Changes credentials of users, each or says why not. All changes of a user are refused if there are two.
pub(crate) fn alter(
    draft: &mut Draft<'_>,
    request: &AlterUserScramCredentialsRequest,
) -> AlterUserScramCredentialsResponse {
    let deletions = request
        .deletions
        .iter()
        .map(|asked| (&asked.name, delete(draft, asked)));
    let upsertions = request
        .upsertions
        .iter()
        .map(|asked| (&asked.name, upsert(draft, asked)));
    let plans: Vec<(&String, Result<MetadataRecord, Refusal>)> = deletions.chain(upsertions).collect();
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<&String> = plans
        .iter()
        .filter_map(|(user, _)| (!seen.insert(*user)).then_some(*user))
        .collect();
    let fits = plans.iter().map(|(user, _)| Size::record(user.len() + 300));
    let fits = fits.sum::<Size>().check();
    let mut answered = BTreeSet::new();
    let mut results = Vec::new();
    for (user, plan) in plans {
        if !answered.insert(user) {
            continue;
        }
        let once = match twice.contains(user) {
            // What is wrong by itself is told first.
            true => plan.and(Err(Refusal::new(
                ErrorCode::DuplicateResource,
                "A user credential cannot be altered twice in the same request",
            ))),
            false => plan,
        };
        let refusal = fits.clone().and(once).map(|record| draft.push(record)).err();
        results.push(AlteredUser {
            user: user.clone(),
            error_code: refusal.as_ref().map_or(ErrorCode::None, |refusal| refusal.error),
            error_message: refusal.and_then(|refusal| refusal.message),
            ..Default::default()
        });
    }
    AlterUserScramCredentialsResponse {
        results,
        ..Default::default()
    }
}

fn delete(draft: &Draft<'_>, asked: &ScramDeletion) -> Result<MetadataRecord, Refusal> {
    let mechanism = check(draft, &asked.name, asked.mechanism)?;
    if !draft.image.scram.0.contains_key(&(asked.name.clone(), mechanism)) {
        return Err(Refusal::new(
            ErrorCode::ResourceNotFound,
            "Attempt to delete a user credential that does not exist",
        ));
    }
    let record = RemoveUserScramCredentialRecord {
        name: asked.name.clone(),
        mechanism,
        ..Default::default()
    };
    Ok(record.into())
}

fn upsert(draft: &Draft<'_>, asked: &ScramUpsertion) -> Result<MetadataRecord, Refusal> {
    let mechanism = check(draft, &asked.name, asked.mechanism)?;
    if !ITERATIONS.contains(&asked.iterations) {
        let message = match asked.iterations < *ITERATIONS.start() {
            true => "Too few iterations",
            false => "Too many iterations",
        };
        return Err(Refusal::new(ErrorCode::UnacceptableCredential, message));
    }
    let (stored_key, server_key) = match mechanism {
        ScramMechanism::Sha256 => keys::<Sha256>(&asked.salted_password.0),
        ScramMechanism::Sha512 => keys::<Sha512>(&asked.salted_password.0),
    };
    let record = UserScramCredentialRecord {
        name: asked.name.clone(),
        mechanism,
        salt: asked.salt.clone(),
        stored_key: Blob(stored_key),
        server_key: Blob(server_key),
        iterations: asked.iterations,
        ..Default::default()
    };
    Ok(record.into())
}

/// The mechanism, if credentials can be written at all and the user has a name.
fn check(draft: &Draft<'_>, user: &str, mechanism: i8) -> Result<ScramMechanism, Refusal> {
    if draft.level() < SCRAM {
        return Err(Refusal::new(
            ErrorCode::UnsupportedVersion,
            "The current metadata.version does not support SCRAM",
        ));
    }
    if user.is_empty() {
        return Err(Refusal::new(
            ErrorCode::UnacceptableCredential,
            "Username must not be empty",
        ));
    }
    ScramMechanism::from_code(mechanism)
        .ok_or_else(|| Refusal::new(ErrorCode::UnsupportedSaslMechanism, "Unknown SCRAM mechanism"))
}

/// What verifies the client, and what proves the server.
fn keys<H: Digest + BlockSizeUser>(salted_password: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let key = |label: &[u8]| {
        let mut mac = SimpleHmac::<H>::new_from_slice(salted_password).expect("a key of any length will do");
        mac.update(label);
        mac.finalize().into_bytes()
    };
    (
        H::digest(key(b"Client Key")).to_vec(),
        key(b"Server Key").to_vec(),
    )
}
