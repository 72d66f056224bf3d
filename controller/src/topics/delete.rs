//! DeleteTopics.
//!
//! Source: KIP-4; KIP-516 (by id). Who may not even know of a topic is told that it does not exist.

use std::collections::BTreeSet;

use kraft_bridge_metadata::records::{AclOperation, RemoveTopicRecord, ResourceType};
use kraft_bridge_protocol::Uuid;
use kraft_bridge_protocol::rpc::{
    DeletableTopic, DeleteTopicsRequest, DeleteTopicsResponse, DeletedTopic, ErrorCode,
};

use crate::decision::Refusal;
use crate::distinct::{Named, distinct};
use crate::draft::{Draft, Size};
use crate::mutations::Allowance;
use crate::requester::Requester;

/// Deletes topics, each or says why not.
pub(crate) fn delete(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    allowance: &mut Allowance<'_>,
    version: i16,
    request: &DeleteTopicsRequest,
) -> DeleteTopicsResponse {
    let by_name = request.topic_names.iter().map(|name| DeletableTopic {
        name: Some(name.clone()),
        ..Default::default()
    });
    let asked: Vec<DeletableTopic> = by_name.chain(request.topics.iter().cloned()).collect();
    if let Err(refusal) = asked.iter().map(|_| Size::record(0)).sum::<Size>().check() {
        let responses = asked.iter().map(|topic| refused(topic, refusal.clone()));
        return DeleteTopicsResponse {
            responses: responses.collect(),
            ..Default::default()
        };
    }
    let mut named = distinct(&asked, |topic| (&topic.name, topic.topic_id));
    refuse_two_names(draft, &mut named);
    let mut responses = Vec::with_capacity(named.len());
    for (topic, once) in named {
        responses.push(
            match delete_one(draft, requester, allowance, version, topic, once) {
                Ok((name, topic_id)) => DeletedTopic {
                    name: Some(name),
                    topic_id,
                    ..Default::default()
                },
                Err(refusal) => refused(topic, refusal),
            },
        );
    }
    DeleteTopicsResponse {
        throttle_time_ms: allowance.throttle_time_ms(),
        responses,
        ..Default::default()
    }
}

/// Of a topic that is named both by its name and by its id, the name is refused and the id is not answered.
fn refuse_two_names(draft: &Draft<'_>, named: &mut Vec<Named<'_, DeletableTopic>>) {
    let ids: BTreeSet<Uuid> = named.iter().map(|(topic, _)| topic.topic_id).collect();
    let mut twice = BTreeSet::new();
    for (topic, once) in named.iter_mut() {
        let by_name = topic.name.as_ref().filter(|_| topic.topic_id == Uuid::ZERO);
        let id = by_name.and_then(|name| Some(draft.image.topics.get(name)?.id));
        if let Some(id) = id.filter(|id| ids.contains(id)) {
            twice.insert(id);
            *once = Err(Refusal::new(
                ErrorCode::InvalidRequest,
                "The provided topic name maps to an ID that was already supplied.",
            ));
        }
    }
    named.retain(|(topic, _)| !twice.contains(&topic.topic_id));
}

fn refused(topic: &DeletableTopic, refusal: Refusal) -> DeletedTopic {
    DeletedTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        error_code: refusal.error,
        error_message: refusal.message,
        ..Default::default()
    }
}

fn delete_one(
    draft: &mut Draft<'_>,
    requester: &dyn Requester,
    allowance: &mut Allowance<'_>,
    version: i16,
    topic: &DeletableTopic,
    once: Result<(), Refusal>,
) -> Result<(String, Uuid), Refusal> {
    if !draft.settings.topics_may_be_deleted {
        // Clients from before version 3 do not know the error.
        return Err(match version {
            ..3 => ErrorCode::InvalidRequest.into(),
            _ => ErrorCode::TopicDeletionDisabled.into(),
        });
    }
    once?;
    let refuse = |message: &str| Err(Refusal::new(ErrorCode::InvalidRequest, message));
    let (name, id) = match (&topic.name, topic.topic_id) {
        (Some(_), id) if id != Uuid::ZERO => {
            return refuse("You may not specify both topic name and topic id.");
        }
        (None, Uuid::ZERO) => return refuse("Neither topic name nor id were specified."),
        (Some(name), _) => {
            let id = draft.image.topics.get(name).map(|topic| topic.id);
            if !requester.may(AclOperation::Describe, ResourceType::Topic, name) {
                return Err(ErrorCode::TopicAuthorizationFailed.into());
            }
            (name.clone(), id.ok_or(ErrorCode::UnknownTopicOrPartition)?)
        }
        (None, id) => {
            let name = draft.image.topics.name(id).ok_or(ErrorCode::UnknownTopicId)?;
            if !requester.may(AclOperation::Describe, ResourceType::Topic, name) {
                return Err(ErrorCode::TopicAuthorizationFailed.into());
            }
            (name.to_owned(), id)
        }
    };
    if !requester.may(AclOperation::Delete, ResourceType::Topic, &name) {
        return Err(ErrorCode::TopicAuthorizationFailed.into());
    }
    let topic = draft.image.topics.get(&name);
    allowance.take(topic.map_or(0, |topic| topic.partitions.len()))?;
    if mutant!(KeepsDeletedTopics) {
        return Ok((name, id));
    }
    draft.push(RemoveTopicRecord {
        topic_id: id,
        ..Default::default()
    });
    Ok((name, id))
}
