//! One login by SCRAM (RFC 5802), without channel binding, as Kafka's clients do it.
//!
//! ```text
//!  n,,n=alice,r=NONCE ─▶              client first
//!                     ◀─ r=…,s=…,i=…  salt and rounds of the credential
//!  c=biws,r=…,p=…     ─▶              client final, with a proof
//!                     ◀─ v=…          the server's own proof
//! ```

use std::sync::Arc;

use kraft_bridge_metadata::records::ScramMechanism;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::config::SASLConfig;
use rsasl::mechanisms::scram::properties::ScramStoredPassword;
use rsasl::prelude::{Mechname, SASLServer, Session, SessionError, State, Validation};
use rsasl::property::{AuthId, AuthzId};
use rsasl::validate::{Validate, ValidationError};

use super::Handler;

/// A login on its way.
pub(super) struct Scram {
    session: Session<User>,
    /// How many words the client has said.
    words: u32,
}

/// What a word of the client's led to.
pub(super) enum Step {
    /// This is to be said, and the client's next word awaited.
    GoOn(Vec<u8>),
    /// This is to be said, and the user has proved who it is.
    Done { word: Vec<u8>, user: String },
}

/// The user that a session leads to.
struct User;

impl Validation for User {
    type Value = String;
}

impl Scram {
    /// # Errors
    ///
    /// What is wrong, for the log.
    pub(super) fn new<H: Handler>(handler: Arc<H>, mechanism: ScramMechanism) -> Result<Scram, String> {
        let config = SASLConfig::builder()
            .with_defaults()
            .with_callback(Credentials { handler, mechanism })
            .map_err(|error| error.to_string())?;
        let name = match mechanism {
            ScramMechanism::Sha256 => b"SCRAM-SHA-256",
            ScramMechanism::Sha512 => b"SCRAM-SHA-512",
        };
        let name = Mechname::parse(name).map_err(|error| error.to_string())?;
        let session = SASLServer::<User>::new(config)
            .start_suggested(name)
            .map_err(|error| error.to_string())?;
        Ok(Scram { session, words: 0 })
    }

    /// Takes a word of the client's. After an error, no other may be taken.
    ///
    /// # Errors
    ///
    /// What is wrong, for the log.
    pub(super) fn step(&mut self, word: &[u8]) -> Result<Step, String> {
        if !is_sound(word, self.words == 0) {
            return Err("its word is none of SCRAM's".to_owned());
        }
        self.words += 1;
        let mut answer = Vec::new();
        let state = self
            .session
            .step(Some(word), &mut answer)
            .map_err(|error| error.to_string())?;
        match (state, self.session.validation()) {
            (State::Running, _) => Ok(Step::GoOn(answer)),
            (State::Finished(_), Some(user)) => Ok(Step::Done { word: answer, user }),
            (State::Finished(_), None) => Err("its user or password is wrong".to_owned()),
        }
    }
}

/// Whether every part of a word is as the library takes for granted: a letter, `=`, and more. The first word begins with
/// what it says of channel binding, and with whom to act for, if anybody.
fn is_sound(word: &[u8], is_first: bool) -> bool {
    word.split(|byte| *byte == b',')
        .enumerate()
        .all(|(at, part)| match at {
            0 if is_first => true,
            1 if is_first && part.is_empty() => true,
            _ => part.len() >= 2 && part[1] == b'=',
        })
}

/// Answers what the library asks in the course of a login.
struct Credentials<H> {
    handler: Arc<H>,
    mechanism: ScramMechanism,
}

impl<H: Handler> SessionCallback for Credentials<H> {
    fn callback(
        &self,
        _session: &SessionData,
        context: &Context<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        let user = context.get_ref::<AuthId>().and_then(unescaped);
        let credential = user.and_then(|user| self.handler.scram_credential(self.mechanism, &user));
        let Some(credential) = credential else {
            return Ok(());
        };
        if let Ok(iterations) = u32::try_from(credential.iterations) {
            request.satisfy::<ScramStoredPassword<'_>>(&ScramStoredPassword::new(
                iterations,
                &credential.salt.0,
                &credential.stored_key.0,
                &credential.server_key.0,
            ))?;
        }
        Ok(())
    }

    /// Called when the client has proved that it knows the password.
    fn validate(
        &self,
        _session: &SessionData,
        context: &Context<'_>,
        validate: &mut Validate<'_>,
    ) -> Result<(), ValidationError> {
        let user = context.get_ref::<AuthId>();
        // Nobody acts for another.
        if context
            .get_ref::<AuthzId>()
            .is_none_or(|other| user == Some(other))
            && let Some(user) = user.and_then(unescaped)
        {
            validate.finalize::<User>(user);
        }
        Ok(())
    }
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
            let mut scram = Scram::new(Arc::new(Answers::default()), ScramMechanism::Sha512).unwrap();
            if let Ok(step) = scram.step(first.as_bytes()) {
                prop_assert!(matches!(step, Step::GoOn(_)));
                prop_assert!(scram.step(second.as_bytes()).is_err());
            }
        }
    }
}
