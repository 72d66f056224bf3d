//! JAAS: the login that Kafka gets from `-Djava.security.auth.login.config` and uses towards ZooKeeper, and the value of
//! `sasl.jaas.config`, which is one login module without a section around it.
//!
//! ```text
//! Client {
//!     org.apache.zookeeper.server.auth.DigestLoginModule required
//!     username="kafka" password="…";
//! };
//! ```
//!
//! Comments are `//` and `/* */`; values are words, or stand in single or double quotes with backslash escapes.
//!
//! Source: the Java documentation of `javax.security.auth.login.Configuration`, and ZooKeeper's on SASL clients.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::Chars;
use std::{fs, io};

use kraft_bridge_migration::legacy::Secret;
use kraft_bridge_migration::zk::DigestCredentials;

/// The section that ZooKeeper's client reads unless told otherwise.
const SECTION: &str = "Client";
const DIGEST_MODULE: &str = "org.apache.zookeeper.server.auth.DigestLoginModule";

/// Why a JAAS file gives no login. Holds none of its values.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JaasError {
    /// The file cannot be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The JAAS file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not what Java reads, or not what is needed here.
    #[error("{}: {problem}", path.display())]
    Unusable {
        /// The JAAS file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
}

/// The login in the `Client` section of a JAAS file.
///
/// # Errors
///
/// [`JaasError`] when the file cannot be read or parsed, has no such section, or one without a DIGEST-MD5 login.
pub(crate) fn zookeeper_login(path: &Path) -> Result<DigestCredentials, JaasError> {
    let text = fs::read_to_string(path).map_err(|source| JaasError::Io {
        path: path.to_owned(),
        source,
    })?;
    decode(&text).map_err(|problem| JaasError::Unusable {
        path: path.to_owned(),
        problem,
    })
}

fn decode(text: &str) -> Result<DigestCredentials, String> {
    let modules = section(&tokens(text)?)?;
    let names: Vec<&str> = modules.iter().map(|module| module.class.as_str()).collect();
    let Some(module) = modules.iter().find(|module| module.class == DIGEST_MODULE) else {
        return Err(format!(
            "{SECTION} logs in with {}: only {DIGEST_MODULE} is understood here; read a ZooKeeper data directory instead",
            names.join(" and ")
        ));
    };
    let option = |key: &str| match module.options.get(key) {
        Some(value) if value.contains("${") => Err(format!(
            "{key} of {SECTION} refers to a system property: write the value itself"
        )),
        Some(value) => Ok(value.clone()),
        None => Err(format!("{SECTION} has no {key}")),
    };
    Ok(DigestCredentials {
        user: option("username")?,
        password: Secret(option("password")?),
    })
}

/// The one login module that `sasl.jaas.config` holds.
///
/// # Errors
///
/// What is wrong, without any of the values.
pub(super) fn inline_login(text: &str) -> Result<LoginModule, String> {
    let tokens = tokens(text)?;
    let modules: Vec<&[Token]> = tokens
        .split(|token| *token == Token::Mark(';'))
        .filter(|module| !module.is_empty())
        .collect();
    match modules[..] {
        [module] => login_module(module, "sasl.jaas.config"),
        _ => Err("expected one login module: class required key=\"value\" …;".to_owned()),
    }
}

/// A login module with its options.
pub(super) struct LoginModule {
    /// Its class.
    pub(super) class: String,
    /// What follows the flag.
    pub(super) options: BTreeMap<String, String>,
}

/// The login modules of the section `Client`.
fn section(tokens: &[Token]) -> Result<Vec<LoginModule>, String> {
    let mut rest = tokens;
    let mut names = Vec::new();
    while let [Token::Text(name), Token::Mark('{'), after @ ..] = rest {
        let Some(end) = after.iter().position(|token| *token == Token::Mark('}')) else {
            return Err(format!("the section {name} is not closed"));
        };
        if name == SECTION {
            return after[..end]
                .split(|token| *token == Token::Mark(';'))
                .filter(|module| !module.is_empty())
                .map(|module| login_module(module, SECTION))
                .collect();
        }
        names.push(name.as_str());
        rest = &after[end + 1..];
        rest = rest.strip_prefix(&[Token::Mark(';')]).unwrap_or(rest);
    }
    Err(if rest.is_empty() {
        format!(
            "it has no section {SECTION}, but {}",
            if names.is_empty() {
                "none at all".to_owned()
            } else {
                names.join(", ")
            }
        )
    } else {
        format!("it is no JAAS file: expected sections of the form {SECTION} {{ … }};")
    })
}

/// `class flag key=value …`
fn login_module(tokens: &[Token], place: &str) -> Result<LoginModule, String> {
    let [Token::Text(class), Token::Text(_flag), options @ ..] = tokens else {
        return Err(format!("a login module of {place} has no class and flag"));
    };
    let options = options
        .chunks(3)
        .map(|option| match option {
            [Token::Text(key), Token::Mark('='), Token::Text(value)] => Ok((key.clone(), value.clone())),
            _ => Err(format!(
                "the options of {class} are not of the form key=\"value\""
            )),
        })
        .collect::<Result<_, _>>()?;
    Ok(LoginModule {
        class: class.clone(),
        options,
    })
}

#[derive(Clone, PartialEq, Eq)]
enum Token {
    Text(String),
    /// One of `{};=`.
    Mark(char),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        match next {
            '/' if rest.as_str().starts_with('/') => skip_past(&mut rest, "\n"),
            '/' if rest.as_str().starts_with('*') => skip_past(&mut rest, "*/"),
            '{' | '}' | ';' | '=' => tokens.push(Token::Mark(next)),
            '"' | '\'' => tokens.push(Token::Text(quoted(&mut rest, next)?)),
            blank if blank.is_whitespace() => {}
            first => tokens.push(Token::Text(word(first, &mut rest))),
        }
    }
    Ok(tokens)
}

fn skip_past(rest: &mut Chars<'_>, end: &str) {
    let text = rest.as_str();
    *rest = text.find(end).map_or("", |at| &text[at + end.len()..]).chars();
}

fn quoted(rest: &mut Chars<'_>, quote: char) -> Result<String, String> {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        match next {
            '\\' => text.extend(rest.next().map(|escaped| match escaped {
                'n' => '\n',
                't' => '\t',
                other => other,
            })),
            end if end == quote => return Ok(text),
            other => text.push(other),
        }
    }
    Err("a quoted value is not closed".to_owned())
}

fn word(first: char, rest: &mut Chars<'_>) -> String {
    let mut text = String::from(first);
    while let Some(next) = rest
        .clone()
        .next()
        .filter(|next| !next.is_whitespace() && !"{};=\"'".contains(*next))
    {
        text.push(next);
        rest.next();
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn login(text: &str) -> (String, String) {
        let login = decode(text).unwrap();
        (login.user, login.password.0)
    }

    #[test]
    fn the_digest_login_of_the_section_client_is_taken() {
        let text = r#"
            // of the brokers among themselves
            KafkaServer { org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="b"; };
            /* towards ZooKeeper; not "this" */
            Client {
                org.apache.zookeeper.server.auth.DigestLoginModule required
                username="kafka"
                password="a \"b\" \\ c";
            };
        "#;
        assert_eq!(login(text), ("kafka".to_owned(), r#"a "b" \ c"#.to_owned()));
    }

    #[test]
    fn values_may_stand_in_single_quotes_or_none() {
        let text = "Client{org.apache.zookeeper.server.auth.DigestLoginModule required username=kafka password='x y';};";
        assert_eq!(login(text), ("kafka".to_owned(), "x y".to_owned()));
    }

    #[test]
    fn what_cannot_be_used_is_named_without_its_values() {
        for (text, problem) in [
            ("", "it has no section Client, but none at all"),
            (
                "KafkaServer { a required; };",
                "it has no section Client, but KafkaServer",
            ),
            (
                "Client { com.sun.security.auth.module.Krb5LoginModule required; };",
                "Client logs in with com.sun.security.auth.module.Krb5LoginModule: only",
            ),
            (
                "Client { org.apache.zookeeper.server.auth.DigestLoginModule required username=a; };",
                "Client has no password",
            ),
            (
                "Client { org.apache.zookeeper.server.auth.DigestLoginModule required username=a password=\"${hush}\"; };",
                "password of Client refers to a system property",
            ),
            ("Client { a required;", "the section Client is not closed"),
            ("Client { a required x=\"hush", "a quoted value is not closed"),
            ("Client { a required hush; };", "the options of a are not"),
            ("zookeeper.connect=hush", "it is no JAAS file"),
        ] {
            let error = decode(text).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
            assert!(!error.contains("hush"), "{error}");
        }
    }

    #[test]
    fn an_error_names_the_file() {
        let error = zookeeper_login(Path::new("/no/such/jaas.conf")).unwrap_err();
        assert!(error.to_string().starts_with("/no/such/jaas.conf: "), "{error}");
    }

    proptest! {
        #[test]
        fn any_user_and_password_are_read_back(user: String, password: String) {
            let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            prop_assume!(!user.contains("${") && !password.contains("${"));
            let text = format!("Client {{ {DIGEST_MODULE} required username={} password={}; }};",
                quote(&user), quote(&password));
            prop_assert_eq!(login(&text), (user, password));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[C{};=/*\"'a\\\\ \n]{0,40}|Client.{0,40}") {
            drop(decode(&text));
        }
    }
}
