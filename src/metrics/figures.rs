//! What is told, and how it is written.

use std::fmt;

use kraft_bridge_metadata::image::{MetadataImage, Partition};
use kraft_bridge_protocol::{Epoch, NodeId, Offset};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// `kafka.controller:type=KafkaController`
const CONTROLLER: &str = "kafka_controller_kafkacontroller";
/// `kafka.server:type=raft-metrics`
const RAFT: &str = "kafka_server_raftmetrics";

/// How the node stands in its quorum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    /// Whether it is the active controller.
    pub(crate) is_active: bool,
    /// Who leads.
    pub(crate) leader: Option<NodeId>,
    /// The quorum's epoch.
    pub(crate) epoch: Epoch,
    /// All below it is committed.
    pub(crate) high_watermark: Offset,
    /// Behind the last record that is in the image, if any is.
    pub(crate) applied: Option<Offset>,
}

/// One metric.
#[derive(Clone, Debug)]
struct Figure {
    family: &'static str,
    name: &'static str,
    help: &'static str,
    value: i64,
}

/// Everything that is told at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Figures(Vec<Figure>);

impl Figures {
    /// Of a node that stands so, with this image.
    pub(crate) fn of(standing: &Standing, image: &MetadataImage) -> Figures {
        let figures = of_standing(standing).into_iter().chain(of_image(image));
        Figures(figures.collect())
    }

    /// As Prometheus reads it (OpenMetrics 1.0).
    ///
    /// # Errors
    ///
    /// Never with a text in memory.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        for figure in &self.0 {
            let gauge: Gauge = Gauge::default();
            gauge.set(figure.value);
            let family = registry.sub_registry_with_prefix(figure.family);
            family.register(figure.name, figure.help, gauge);
        }
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

fn of_standing(standing: &Standing) -> [Figure; 6] {
    let figure = |family, name, help, value| Figure {
        family,
        name,
        help,
        value,
    };
    let last = |end: Offset| end.0 - 1;
    [
        figure(
            CONTROLLER,
            "activecontrollercount",
            "Whether this node is the active controller",
            i64::from(standing.is_active),
        ),
        figure(
            CONTROLLER,
            "lastcommittedrecordoffset",
            "Offset of the last committed record",
            last(standing.high_watermark),
        ),
        figure(
            CONTROLLER,
            "lastappliedrecordoffset",
            "Offset of the last record that the image holds",
            standing.applied.map_or(-1, last),
        ),
        figure(
            RAFT,
            "current_leader",
            "Who leads the quorum, -1 for nobody",
            standing.leader.map_or(-1, |leader| i64::from(leader.0)),
        ),
        figure(
            RAFT,
            "current_epoch",
            "Epoch of the quorum",
            i64::from(standing.epoch.0),
        ),
        figure(
            RAFT,
            "high_watermark",
            "All records below this offset are committed",
            standing.high_watermark.0,
        ),
    ]
}

fn of_image(image: &MetadataImage) -> [Figure; 6] {
    let count = |name, help, count: usize| Figure {
        family: CONTROLLER,
        name,
        help,
        value: i64::try_from(count).unwrap_or(i64::MAX),
    };
    let brokers = |fenced: bool| {
        let brokers = image.brokers.values();
        brokers.filter(|broker| broker.fenced == fenced).count()
    };
    let partitions = |is_counted: fn(&Partition) -> bool| {
        let topics = image.topics.iter();
        let partitions = topics.flat_map(|(_, topic)| topic.partitions.values());
        partitions.filter(|partition| is_counted(partition)).count()
    };
    [
        count("activebrokercount", "Brokers in service", brokers(false)),
        count("fencedbrokercount", "Brokers that are fenced", brokers(true)),
        count("globaltopiccount", "Topics", image.topics.iter().len()),
        count("globalpartitioncount", "Partitions", partitions(|_| true)),
        count(
            "offlinepartitionscount",
            "Partitions that nobody leads",
            partitions(|partition| partition.leader.is_none()),
        ),
        count(
            "preferredreplicaimbalancecount",
            "Partitions that their preferred replica does not lead",
            partitions(|partition| partition.leader.as_ref() != partition.replicas.first()),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use kraft_bridge_metadata::records::{PartitionRecord, RegisterBrokerRecord, TopicRecord};
    use kraft_bridge_protocol::{PartitionId, Uuid};

    use super::*;

    fn image() -> MetadataImage {
        let mut image = MetadataImage::default();
        for (id, fenced) in [(1, false), (2, false), (3, true)] {
            let record = RegisterBrokerRecord {
                broker_id: NodeId(id),
                fenced,
                ..Default::default()
            };
            image.replay(record.into()).unwrap();
        }
        let topic_id = Uuid::from_u128(7);
        let topic = TopicRecord {
            name: "orders".to_owned(),
            topic_id,
            ..Default::default()
        };
        image.replay(topic.into()).unwrap();
        for (number, leader) in [(0, Some(1)), (1, Some(2)), (2, None)] {
            let record = PartitionRecord {
                topic_id,
                partition_id: PartitionId(number),
                replicas: vec![NodeId(1), NodeId(2)],
                isr: vec![NodeId(1), NodeId(2)],
                leader: leader.map(NodeId),
                ..Default::default()
            };
            image.replay(record.into()).unwrap();
        }
        image
    }

    #[test]
    fn what_is_told_has_the_names_of_kafkas_metrics() {
        let standing = Standing {
            is_active: true,
            leader: Some(NodeId(3000)),
            epoch: Epoch(4),
            high_watermark: Offset(120),
            applied: Some(Offset(118)),
        };
        let text = Figures::of(&standing, &image()).text().unwrap();
        let values: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "kafka_controller_kafkacontroller_activecontrollercount 1",
            "kafka_controller_kafkacontroller_lastcommittedrecordoffset 119",
            "kafka_controller_kafkacontroller_lastappliedrecordoffset 117",
            "kafka_server_raftmetrics_current_leader 3000",
            "kafka_server_raftmetrics_current_epoch 4",
            "kafka_server_raftmetrics_high_watermark 120",
            "kafka_controller_kafkacontroller_activebrokercount 2",
            "kafka_controller_kafkacontroller_fencedbrokercount 1",
            "kafka_controller_kafkacontroller_globaltopiccount 1",
            "kafka_controller_kafkacontroller_globalpartitioncount 3",
            "kafka_controller_kafkacontroller_offlinepartitionscount 1",
            "kafka_controller_kafkacontroller_preferredreplicaimbalancecount 2",
        ];
        for line in expected {
            assert!(values.contains(&line), "{line} is not in\n{text}");
        }
        assert_eq!(values.len(), expected.len(), "{text}");
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn a_node_that_knows_nothing_yet_says_so() {
        let standing = Standing {
            is_active: false,
            leader: None,
            epoch: Epoch(0),
            high_watermark: Offset(0),
            applied: None,
        };
        let text = Figures::of(&standing, &MetadataImage::default()).text().unwrap();
        assert!(
            text.contains("kafka_server_raftmetrics_current_leader -1\n"),
            "{text}"
        );
        assert!(text.contains("_lastappliedrecordoffset -1\n"), "{text}");
    }
}
