//! Credentials of users.

use kraft_bridge_metadata::records::ScramMechanism;
use kraft_bridge_protocol::rpc::{
    AlterUserScramCredentialsRequest, AnyRequest, AnyResponse, ErrorCode, ScramDeletion, ScramUpsertion,
};
use kraft_bridge_protocol::wire::Blob;

use crate::bed::{Bed, LEVEL};

const SHA_256: i8 = 1;

fn unhex(text: &str) -> Vec<u8> {
    let bytes = (0..text.len()).step_by(2);
    bytes
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// The password `pencil`, salted as in the example of RFC 7677.
fn upsertion(name: &str) -> ScramUpsertion {
    ScramUpsertion {
        name: name.to_owned(),
        mechanism: SHA_256,
        iterations: 4096,
        salt: Blob(unhex("5b6d99689d12358eeca04b141236fa81")),
        salted_password: Blob(unhex(
            "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d",
        )),
        ..Default::default()
    }
}

fn deletion(name: &str) -> ScramDeletion {
    ScramDeletion {
        name: name.to_owned(),
        mechanism: SHA_256,
        ..Default::default()
    }
}

impl Bed {
    fn credentials(
        &mut self,
        deletions: Vec<ScramDeletion>,
        upsertions: Vec<ScramUpsertion>,
    ) -> Vec<(String, ErrorCode)> {
        let request = AlterUserScramCredentialsRequest {
            deletions,
            upsertions,
            ..Default::default()
        };
        match self.ask(AnyRequest::AlterUserScramCredentials(request)) {
            AnyResponse::AlterUserScramCredentials(response) => {
                let results = response.results.into_iter();
                results.map(|result| (result.user, result.error_code)).collect()
            }
            answer => panic!("{answer:?}"),
        }
    }
}

#[test]
fn what_is_stored_verifies_a_password_and_does_not_tell_it() {
    let mut bed = Bed::new(LEVEL, &[]);
    let results = bed.credentials(vec![], vec![upsertion("user")]);
    assert_eq!(results, [("user".to_owned(), ErrorCode::None)]);
    let stored = &bed.replica.scram.0[&("user".to_owned(), ScramMechanism::Sha256)];
    assert_eq!(
        stored.stored_key.0,
        unhex("586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6")
    );
    assert_eq!(
        stored.server_key.0,
        unhex("c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5")
    );
    assert_eq!(
        bed.credentials(vec![deletion("user")], vec![]),
        [("user".to_owned(), ErrorCode::None)]
    );
    assert!(bed.replica.scram.0.is_empty());
}

#[test]
fn a_credential_that_is_of_no_use_is_refused() {
    let mut bed = Bed::new(LEVEL, &[]);
    let change = |change: fn(&mut ScramUpsertion)| {
        let mut upsertion = upsertion("user");
        change(&mut upsertion);
        upsertion
    };
    for (bad, error) in [
        (
            change(|one| one.iterations = 4095),
            ErrorCode::UnacceptableCredential,
        ),
        (
            change(|one| one.iterations = 16_385),
            ErrorCode::UnacceptableCredential,
        ),
        (change(|one| one.name.clear()), ErrorCode::UnacceptableCredential),
        (
            change(|one| one.mechanism = 3),
            ErrorCode::UnsupportedSaslMechanism,
        ),
    ] {
        let results = bed.credentials(vec![], vec![bad.clone()]);
        assert_eq!(results[0].1, error, "{bad:?}");
    }
    let results = bed.credentials(vec![deletion("nobody")], vec![]);
    assert_eq!(results[0].1, ErrorCode::ResourceNotFound);
    let mut old = Bed::new(10, &[]);
    assert_eq!(
        old.credentials(vec![], vec![upsertion("user")])[0].1,
        ErrorCode::UnsupportedVersion
    );
}

#[test]
fn a_user_is_changed_once_a_request() {
    let mut bed = Bed::new(LEVEL, &[]);
    let results = bed.credentials(vec![], vec![upsertion("a"), upsertion("b"), upsertion("a")]);
    let wanted = [("a", ErrorCode::DuplicateResource), ("b", ErrorCode::None)];
    assert_eq!(results, wanted.map(|(user, error)| (user.to_owned(), error)));
    let users: Vec<&str> = bed
        .replica
        .scram
        .0
        .keys()
        .map(|(user, _)| user.as_str())
        .collect();
    assert_eq!(users, ["b"]);
}
