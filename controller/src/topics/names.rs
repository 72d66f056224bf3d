//! What a topic may be called.
//!
//! Source: Kafka's rules for topic names; KAFKA-13743 (names that metrics cannot tell apart).

use kraft_bridge_metadata::image::Topics;
use kraft_bridge_protocol::rpc::{ErrorCode, METADATA_TOPIC};

use crate::decision::Refusal;

/// Longest name in characters: directories and files are named after topics.
const LENGTH_MAX: usize = 249;

/// Whether a topic of this name may be created.
pub(super) fn check(topics: &Topics, name: &str) -> Result<(), Refusal> {
    if name == METADATA_TOPIC {
        return Err(Refusal::new(
            ErrorCode::InvalidRequest,
            format!("Creation of internal topic {METADATA_TOPIC} is prohibited."),
        ));
    }
    if topics.get(name).is_some() {
        return Err(Refusal::new(
            ErrorCode::TopicAlreadyExists,
            format!("Topic '{name}' already exists."),
        ));
    }
    check_name(name)?;
    match topics.same_to_metrics(name).next() {
        Some(other) => Err(Refusal::new(
            ErrorCode::InvalidTopicException,
            format!("Topic '{name}' collides with existing topic: {other}"),
        )),
        None => Ok(()),
    }
}

/// Whether it is a name for topics at all.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let invalid = |message: String| Err(Refusal::new(ErrorCode::InvalidTopicException, message));
    if name.is_empty() {
        return invalid("the topic name is empty".to_owned());
    }
    if name == "." || name == ".." {
        return invalid(format!("a topic cannot be called {name:?}"));
    }
    if name.len() > LENGTH_MAX {
        return invalid(format!("the topic name is longer than {LENGTH_MAX} characters"));
    }
    if let Some(letter) = name.chars().find(|letter| !is_letter(*letter)) {
        return invalid(format!(
            "the topic name holds {letter:?}, which is none of a-z A-Z 0-9 . _ -"
        ));
    }
    Ok(())
}

fn is_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use kraft_bridge_metadata::image::MetadataImage;
    use kraft_bridge_metadata::records::{RemoveTopicRecord, TopicRecord};
    use kraft_bridge_protocol::Uuid;

    use super::*;

    #[test]
    fn names_are_checked_as_kafkas_are() {
        let mut image = MetadataImage::default();
        for (number, name) in ["a.b", "taken"].into_iter().enumerate() {
            let topic = TopicRecord {
                name: name.to_owned(),
                topic_id: Uuid::from_u128(number as u128 + 1),
                ..Default::default()
            };
            image.replay(topic.into()).unwrap();
        }
        let longest = "x".repeat(LENGTH_MAX);
        for name in ["a", "A-1", "a_c", "...", &longest] {
            assert_eq!(check(&image.topics, name), Ok(()), "{name}");
        }
        let too_long = "x".repeat(LENGTH_MAX + 1);
        for name in ["", ".", "..", "a b", "ä", "a/b", "a_b", &too_long] {
            let refusal = check(&image.topics, name).unwrap_err();
            assert_eq!(refusal.error, ErrorCode::InvalidTopicException, "{name}");
        }
        let error = |name| check(&image.topics, name).unwrap_err().error;
        assert_eq!(error("taken"), ErrorCode::TopicAlreadyExists);
        assert_eq!(error(METADATA_TOPIC), ErrorCode::InvalidRequest);
        let gone = RemoveTopicRecord {
            topic_id: Uuid::from_u128(1),
            ..Default::default()
        };
        image.replay(gone.into()).unwrap();
        assert_eq!(check(&image.topics, "a_b"), Ok(()), "a.b is gone");
    }
}
