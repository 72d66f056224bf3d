//! What Kafka's own tools print about a cluster, as facts that can be compared.
//!
//! The tools of 3.9.2 describe every cluster that they can speak to, so that a difference is the cluster's. What old
//! brokers cannot tell over the network (topic configs, users, quotas before 2.8) their own `kafka-configs` reads from
//! ZooKeeper. Left out is what changes by itself: leaders, and the order of what has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::brokers::Brokers;
use crate::tools::{Call, Tool, Tools, WITNESS};

/// Facts, one a line: what tool, which entity, what about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(BTreeSet<String>);

impl Description {
    /// Facts that only one of them has: `- …` is missing from `after`, `+ …` is new there.
    pub fn differences(&self, after: &Description) -> Vec<String> {
        let missing = self.0.difference(&after.0).map(|fact| format!("- {fact}"));
        let new = after.0.difference(&self.0).map(|fact| format!("+ {fact}"));
        missing.chain(new).collect()
    }

    /// How many facts of a tool there are: `topic`, `acl`, `quota`, …
    pub fn count(&self, what: &str) -> usize {
        self.0
            .iter()
            .filter(|fact| fact.starts_with(&format!("{what} ")))
            .count()
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fact| writeln!(f, "{fact}"))
    }
}

/// What can be asked, and how the answer is read.
type Question = (Call, fn(&str) -> Vec<String>);

/// Describes a running cluster; `zookeeper` is the connect string while it is in ZooKeeper mode.
///
/// # Errors
///
/// When a tool fails.
pub fn describe(brokers: &Brokers, zookeeper: Option<&str>) -> anyhow::Result<Description> {
    let mut questions = everybody_tells(brokers);
    let old = zookeeper.filter(|_| !brokers.at_least(2, 8));
    if old.is_none() {
        questions.extend(newer_brokers_tell(brokers));
    }
    let mut facts = ask(&Tools::of(WITNESS)?, &questions)?;
    if let Some(connect) = old {
        facts.extend(ask(&Tools::of(&brokers.version)?, &zookeeper_tells(connect))?);
    }
    Ok(Description(facts))
}

fn ask(tools: &Tools, questions: &[Question]) -> anyhow::Result<BTreeSet<String>> {
    let calls: Vec<Call> = questions.iter().map(|(call, _)| call.clone()).collect();
    let answers = tools.run(&calls)?;
    Ok(questions
        .iter()
        .zip(&answers)
        .flat_map(|((_, facts), answer)| facts(answer))
        .collect())
}

fn question(brokers: &Brokers, tool: Tool, arguments: &str, facts: fn(&str) -> Vec<String>) -> Question {
    (
        Call::new(tool, &format!("{} {arguments}", brokers.connection())),
        facts,
    )
}

fn everybody_tells(brokers: &Brokers) -> Vec<Question> {
    let mut questions = vec![
        question(brokers, Tool::Topics, "--describe", partitions),
        question(brokers, Tool::Acls, "--list", acls),
        question(brokers, Tool::Groups, "--describe --all-groups", groups),
    ];
    if brokers.at_least(1, 1) {
        let owner = "--describe --owner-principal User:admin";
        questions.push(question(brokers, Tool::Tokens, owner, tokens));
        questions.push(question(
            brokers,
            Tool::Configs,
            "--describe --entity-type brokers --entity-default",
            configs,
        ));
        for broker in &brokers.members {
            let arguments = format!("--describe --entity-type brokers --entity-name {}", broker.id);
            questions.push(question(brokers, Tool::Configs, &arguments, configs));
        }
    }
    questions
}

fn newer_brokers_tell(brokers: &Brokers) -> Vec<Question> {
    let configs_of =
        |entities: &str, facts| question(brokers, Tool::Configs, &format!("--describe {entities}"), facts);
    vec![
        configs_of("--entity-type topics", configs),
        configs_of("--entity-type users", quotas_and_users),
        configs_of("--entity-type clients", quotas_and_users),
        configs_of("--entity-type users --entity-type clients", quotas_and_users),
        configs_of("--entity-type ips", quotas_and_users),
        question(brokers, Tool::Reassign, "--list", reassignments),
    ]
}

fn zookeeper_tells(connect: &str) -> Vec<Question> {
    let configs_of = |entities: &str, facts: fn(&str) -> Vec<String>| -> Question {
        (
            Call::new(
                Tool::Configs,
                &format!("--zookeeper {connect} --describe {entities}"),
            ),
            facts,
        )
    };
    vec![
        configs_of("--entity-type topics", old_topic_configs),
        configs_of("--entity-type users", quotas_and_users),
        configs_of("--entity-type clients", quotas_and_users),
        configs_of("--entity-type users --entity-type clients", quotas_and_users),
    ]
}

/// `Topic: x  PartitionCount: 4 …` and `Topic: x  Partition: 0  Leader: 1  Replicas: 1,2  Isr: 2,1 …`
fn partitions(printed: &str) -> Vec<String> {
    printed
        .lines()
        .filter_map(|line| {
            let fields: BTreeMap<&str, &str> = line
                .split('\t')
                .filter_map(|field| field.split_once(':'))
                .map(|(name, value)| (name.trim(), value.trim()))
                .collect();
            let topic = fields.get("Topic")?;
            let field = |name: &str| fields.get(name).copied().unwrap_or("");
            Some(match fields.get("Partition") {
                None => format!("topic {topic}: {} partitions", field("PartitionCount")),
                Some(partition) => format!(
                    "partition {topic}-{partition}: replicas {}, isr {}, adding {:?}, removing {:?}",
                    field("Replicas"),
                    sorted(field("Isr")),
                    field("Adding Replicas"),
                    field("Removing Replicas")
                ),
            })
        })
        .collect()
}

fn sorted(list: &str) -> String {
    let members: BTreeSet<&str> = list.split(',').collect();
    members.into_iter().collect::<Vec<_>>().join(",")
}

/// A line per resource, then one per entry.
fn acls(printed: &str) -> Vec<String> {
    let mut resource = "";
    let mut facts = Vec::new();
    for line in printed.lines() {
        if let Some((_, rest)) = line.split_once("ResourcePattern(") {
            resource = rest.trim_end_matches([' ', ':', '`', ')']);
        } else if !line.trim().is_empty() {
            facts.push(format!("acl {resource} {}", line.trim()));
        }
    }
    facts
}

/// The first six columns: group, topic, partition, committed offset, end offset, lag.
fn groups(printed: &str) -> Vec<String> {
    let rows = printed
        .lines()
        .map(|line| line.split_whitespace().take(6).collect::<Vec<_>>());
    rows.filter(|row| row.len() == 6 && row[0] != "GROUP")
        .map(|row| format!("group {}", row.join(" ")))
        .collect()
}

/// The rows of the table: id, HMAC, owner, requester, renewers, three times.
///
/// Brokers before 3.3 name no requester, since only the owner could ask for a token.
fn tokens(printed: &str) -> Vec<String> {
    let rows = printed
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row.len() == 8 && row[0] != "TOKENID")
        .map(|mut row| {
            if row[3] == ":" {
                row[3] = row[2];
            }
            format!("token {}", row.join(" "))
        })
        .collect()
}

fn reassignments(printed: &str) -> Vec<String> {
    let moves = printed.lines().filter(|line| line.contains("replicas:"));
    moves.map(|line| format!("reassignment {line}")).collect()
}

/// `Dynamic configs for topic orders are:`, then `  key=value sensitive=false synonyms={…}`
fn configs(printed: &str) -> Vec<String> {
    let mut entity = String::new();
    let mut facts = Vec::new();
    for line in printed.lines() {
        if let Some((_, rest)) = line.split_once("onfigs for ") {
            entity = rest.trim_end_matches(" are:").to_owned();
        } else if let Some((config, _)) = line.split_once(" synonyms=") {
            facts.push(format!("config {entity}: {}", config.trim()));
        }
    }
    facts
}

/// `Configs for topic 'orders' are key=value,key=value`, in the words of the newer tool.
fn old_topic_configs(printed: &str) -> Vec<String> {
    let entities = printed
        .lines()
        .filter_map(|line| line.strip_prefix("Configs for topic '")?.split_once("' are "));
    entities
        .flat_map(|(topic, configs)| {
            let configs = configs.split(',').filter(|config| config.contains('='));
            configs.map(move |config| format!("config topic {topic}: {config} sensitive=false"))
        })
        .collect()
}

/// `Quota configs for client-id 'app' are a=1.0, b=2.0` (3.9), `Configs for client-id 'app' are a=1,b=2` (before 2.8).
///
/// The older form shows SCRAM credentials whole; the newer one, as this does, only the number of iterations.
fn quotas_and_users(printed: &str) -> Vec<String> {
    let mut facts = Vec::new();
    for line in printed.lines() {
        let Some((entity, values)) = line
            .split_once("onfigs for ")
            .and_then(|(_, rest)| rest.split_once(" are "))
        else {
            continue;
        };
        let entity = entity.replace("the default ", "default ");
        let mut mechanism = "";
        for value in values.split(',').map(str::trim) {
            let value = match value.split_once('=') {
                Some((name, rest)) if name.starts_with("SCRAM-") => {
                    mechanism = name;
                    rest
                }
                _ => value,
            };
            match value.split_once('=') {
                Some(("iterations", number)) => {
                    facts.push(format!("user {entity}: {mechanism} {number} iterations"))
                }
                Some((name, number)) => {
                    if let Ok(number) = number.parse::<f64>() {
                        facts.push(format!("quota {entity}: {name}={number}"));
                    }
                }
                None => {}
            }
        }
    }
    facts
}
