//! A controller with brokers to speak for, and a replica of what it wrote.

use std::time::Duration;

use kraft_bridge_controller::{Controller, Decision, Requester, Settings};
use kraft_bridge_metadata::image::{MetadataImage, Partition};
use kraft_bridge_metadata::records::{AclOperation, FeatureLevelRecord, MetadataRecord, ResourceType};
use kraft_bridge_protocol::rpc::{
    AnyRequest, AnyResponse, BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest,
    BrokerRegistrationResponse, CreatableConfig, CreatableTopic, CreateTopicsRequest, ErrorCode,
    RegisteredListener, SupportedFeature,
};
use kraft_bridge_protocol::{BrokerEpoch, NodeId, Now, Offset, PartitionId, Timestamp, Uuid};

pub(crate) const CLUSTER: &str = "cluster";
/// 3.9-IV0.
pub(crate) const LEVEL: i16 = 21;
/// 4.3-IV0.
pub(crate) const NEWEST: i16 = 30;

/// Who may do everything, or nothing.
pub(crate) struct May(pub(crate) bool);

pub(crate) const ALICE: &str = "User:alice";
/// When time begins.
pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000);

impl Requester for May {
    fn may(&self, _: AclOperation, _: ResourceType, _: &str) -> bool {
        self.0
    }

    fn principal(&self) -> &str {
        ALICE
    }

    fn client_id(&self) -> Option<&str> {
        Some("client")
    }

    fn may_ask_for_tokens(&self) -> bool {
        true
    }
}

/// The controller, its time and its log.
pub(crate) struct Bed {
    pub(crate) controller: Controller,
    pub(crate) now: Duration,
    /// What a node makes of the log.
    pub(crate) replica: MetadataImage,
    pub(crate) end: Offset,
}

impl Bed {
    /// One at a level of `metadata.version`, with brokers that are in service.
    pub(crate) fn new(level: i16, brokers: &[i32]) -> Bed {
        Bed::with(
            Settings::new(NodeId(3000), CLUSTER),
            &[("metadata.version", level)],
            brokers,
        )
    }

    /// The same with settings and features of one's own.
    pub(crate) fn with(settings: Settings, features: &[(&str, i16)], brokers: &[i32]) -> Bed {
        let mut image = MetadataImage::default();
        for (name, level) in features {
            let record = FeatureLevelRecord {
                name: (*name).to_owned(),
                feature_level: *level,
                ..Default::default()
            };
            image.replay(record.into()).unwrap();
        }
        let end = Offset(10);
        let mut bed = Bed {
            controller: Controller::new(settings, image.clone(), end, Duration::ZERO, 7),
            now: Duration::ZERO,
            replica: image,
            end,
        };
        for id in brokers {
            bed.join(*id);
        }
        bed
    }

    /// Asks, and writes what is decided to the log.
    pub(crate) fn ask(&mut self, request: AnyRequest) -> AnyResponse {
        self.ask_as(&May(true), request)
    }

    /// The same as somebody with these requester.
    pub(crate) fn ask_as(&mut self, requester: &dyn Requester, request: AnyRequest) -> AnyResponse {
        let version = request.api().known.clone().unwrap();
        let decision = self
            .controller
            .handle(self.time(), requester, *version.end(), &request);
        let Decision { batches, answer } = decision.expect("it is of the controller's APIs");
        self.write(batches);
        answer
    }

    /// Lets time go by, and the controller do what becomes due.
    pub(crate) fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while self.controller.deadline() <= until {
            self.now = self.now.max(self.controller.deadline());
            let batches = self.controller.tick(self.time());
            self.write(batches);
        }
        self.now = until;
    }

    /// Both clocks.
    pub(crate) fn time(&self) -> Now {
        let since = i64::try_from(self.now.as_millis()).unwrap();
        Now {
            elapsed: self.now,
            wall: Timestamp(START.0 + since),
        }
    }

    pub(crate) fn write(&mut self, batches: Vec<Vec<Vec<u8>>>) {
        for record in batches.into_iter().flatten() {
            let (record, _) = MetadataRecord::decode(&record).unwrap();
            self.replica.replay(record).unwrap();
            self.end.0 += 1;
        }
        assert_eq!(
            self.controller.image(),
            &self.replica,
            "it holds what its log says"
        );
    }

    /// Registers a run of a broker and has it unfenced.
    pub(crate) fn join(&mut self, id: i32) -> BrokerEpoch {
        let epoch = self.register(registration(id, 1)).unwrap();
        assert!(!self.beat(id, epoch, |_| {}).is_fenced);
        epoch
    }

    pub(crate) fn register(&mut self, request: BrokerRegistrationRequest) -> Result<BrokerEpoch, ErrorCode> {
        let answer = self.ask(AnyRequest::BrokerRegistration(request));
        let AnyResponse::BrokerRegistration(BrokerRegistrationResponse {
            error_code,
            broker_epoch,
            ..
        }) = answer
        else {
            panic!("{answer:?}");
        };
        if error_code == ErrorCode::None {
            Ok(broker_epoch)
        } else {
            Err(error_code)
        }
    }

    /// A heartbeat of a broker that has applied everything.
    pub(crate) fn beat(
        &mut self,
        id: i32,
        epoch: BrokerEpoch,
        change: impl FnOnce(&mut BrokerHeartbeatRequest),
    ) -> BrokerHeartbeatResponse {
        let mut request = BrokerHeartbeatRequest {
            broker_id: NodeId(id),
            broker_epoch: epoch,
            current_metadata_offset: Offset(self.end.0 - 1),
            ..Default::default()
        };
        change(&mut request);
        match self.ask(AnyRequest::BrokerHeartbeat(request)) {
            AnyResponse::BrokerHeartbeat(response) => response,
            answer => panic!("{answer:?}"),
        }
    }

    pub(crate) fn epoch(&self, id: i32) -> BrokerEpoch {
        self.replica.brokers[&NodeId(id)].broker_epoch
    }

    /// Creates a topic; the error of the one answer.
    pub(crate) fn create(&mut self, topic: CreatableTopic) -> ErrorCode {
        let request = CreateTopicsRequest {
            topics: vec![topic],
            ..Default::default()
        };
        match self.ask(AnyRequest::CreateTopics(request)) {
            AnyResponse::CreateTopics(response) => response.topics[0].error_code,
            answer => panic!("{answer:?}"),
        }
    }

    pub(crate) fn id(&self, topic: &str) -> Uuid {
        self.replica.topics.get(topic).unwrap().id
    }

    pub(crate) fn partition(&self, topic: &str, number: i32) -> &Partition {
        &self.replica.topics.get(topic).unwrap().partitions[&PartitionId(number)]
    }
}

/// The registration of a broker's run.
pub(crate) fn registration(id: i32, run: u128) -> BrokerRegistrationRequest {
    let feature =
        |name: &str, min_version, max_version| SupportedFeature::new(name, min_version, max_version);
    BrokerRegistrationRequest {
        broker_id: NodeId(id),
        cluster_id: CLUSTER.to_owned(),
        incarnation_id: Uuid::from_u128(1000 * run + u128::try_from(id).unwrap()),
        listeners: vec![RegisteredListener {
            name: "PLAINTEXT".to_owned(),
            host: "localhost".to_owned(),
            port: 9092,
            ..Default::default()
        }],
        features: vec![
            feature("metadata.version", 1, NEWEST),
            feature("eligible.leader.replicas.version", 0, 1),
        ],
        log_dirs: vec![Uuid::from_u128(1_000_000 + u128::try_from(id).unwrap())],
        ..Default::default()
    }
}

/// A topic with replicas on these brokers, a list for each partition.
pub(crate) fn topic(name: &str, assignments: &[&[i32]]) -> CreatableTopic {
    let assignments =
        assignments.iter().zip(0..).map(
            |(brokers, number)| kraft_bridge_protocol::rpc::CreatablePartition {
                partition_index: PartitionId(number),
                broker_ids: nodes(brokers),
                ..Default::default()
            },
        );
    CreatableTopic {
        name: name.to_owned(),
        num_partitions: -1,
        replication_factor: -1,
        assignments: assignments.collect(),
        ..Default::default()
    }
}

/// The same with one config.
pub(crate) fn configured(topic: CreatableTopic, name: &str, value: &str) -> CreatableTopic {
    CreatableTopic {
        configs: vec![CreatableConfig {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            ..Default::default()
        }],
        ..topic
    }
}

pub(crate) fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}
