//! What administrators do afterwards with Kafka's own tools, through brokers that our controllers lead, and at the
//! controllers themselves.

use kraft_bridge_harness::{Call, KraftCluster, Stopped, Tool, Tools, witness};

use crate::migration::Case;

const TOPIC: &str = "administered";
const PASSWORD: &str = "carols-password";

/// The tools of a release, and where they are pointed to.
struct Administrator<'a> {
    tools: Tools,
    connection: String,
    controllers: String,
    case: &'a Case,
    stopped: &'a Stopped,
}

/// Topics, users, ACLs, quotas, tokens, configs, leaders and features are changed, seen changed, and changed back.
pub(crate) fn everything_can_be_changed(case: &Case, stopped: &Stopped, cluster: &KraftCluster) {
    let administrator = Administrator {
        tools: Tools::of(case.to).unwrap(),
        connection: stopped.brokers.connection(),
        controllers: format!("--bootstrap-controller {}", cluster.controller_addresses()),
        case,
        stopped,
    };
    administrator.makes();
    administrator.sees();
    administrator.gives_and_takes_tokens();
    administrator.lowers_and_raises_a_feature();
    administrator.unmakes();
}

impl Administrator<'_> {
    fn call(&self, tool: Tool, arguments: &str) -> Call {
        Call::new(tool, &format!("{} {arguments}", self.connection))
    }

    fn at_controllers(&self, tool: Tool, arguments: &str) -> Call {
        Call::new(tool, &format!("{} {arguments}", self.controllers))
    }

    fn configs(&self, kind: &str, name: &str, change: &str) -> Call {
        let arguments = format!("--alter --entity-type {kind} --entity-name {name} {change}");
        self.call(Tool::Configs, &arguments)
    }

    fn makes(&self) {
        let grant = "--add --allow-principal User:carol";
        let arguments = format!("--create --topic {TOPIC} --partitions 3 --replication-factor 2");
        let create = self.call(Tool::Topics, &format!("{arguments} --config retention.ms=100000"));
        self.tools.run(&[create]).unwrap();
        // The tool asks any broker whether there is such a topic: each has heard of it by the time of another JVM.
        let mut calls = vec![
            self.call(Tool::Topics, &format!("--alter --topic {TOPIC} --partitions 5")),
            self.configs("topics", TOPIC, "--add-config cleanup.policy=compact"),
            self.configs(
                "users",
                "carol",
                &format!("--add-config SCRAM-SHA-512=[password={PASSWORD}]"),
            ),
            self.configs("users", "carol", "--add-config producer_byte_rate=1000000"),
            self.configs("client-metrics", "all", "--add-config interval.ms=10000"),
            self.call(Tool::Acls, &format!("{grant} --operation All --topic {TOPIC}")),
            self.call(
                Tool::Acls,
                &format!("{grant} --operation Read --group {TOPIC}- --resource-pattern-type prefixed"),
            ),
            self.election(),
            self.at_controllers(
                Tool::Configs,
                "--alter --entity-type brokers --entity-default --add-config log.cleaner.backoff.ms=21000",
            ),
        ];
        if self.case.is_to_kafka_4() {
            calls.push(self.configs(
                "groups",
                "administered",
                "--add-config consumer.session.timeout.ms=50000",
            ));
            calls.push(self.at_controllers(
                Tool::Acls,
                &format!("{grant} --operation Describe --transactional-id {TOPIC}"),
            ));
        }
        self.tools.run(&calls).unwrap();
    }

    /// The preferred leaders, whether or not others lead.
    fn election(&self) -> Call {
        let brokers = &self.stopped.brokers;
        let arguments = format!(
            "--bootstrap-server {} --admin.config {} --election-type preferred --all-topic-partitions",
            brokers.bootstrap_servers(),
            brokers.client_file("admin").display()
        );
        Call::new(Tool::LeaderElection, &arguments)
    }

    fn describe(&self, kind: &str, name: &str) -> Call {
        let arguments = format!("--describe --entity-type {kind} --entity-name {name}");
        self.call(Tool::Configs, &arguments)
    }

    fn sees(&self) {
        let brokers = &self.stopped.brokers;
        let file = brokers.client_file("carol");
        brokers.client(PASSWORD, "carol", "").write(&file).unwrap();
        assert_eq!(witness(brokers, "carol", "ping").unwrap().trim(), "3");
        let calls = [
            self.call(Tool::Topics, &format!("--describe --topic {TOPIC}")),
            self.describe("users", "carol"),
            self.call(Tool::Acls, "--list --principal User:carol"),
            self.at_controllers(Tool::Configs, "--describe --entity-type brokers --entity-default"),
            self.describe("client-metrics", "all"),
        ];
        let printed = self.tools.run(&calls).unwrap();
        let shown = [
            vec![
                "PartitionCount: 5",
                "cleanup.policy=compact",
                "retention.ms=100000",
            ],
            vec!["producer_byte_rate=1000000", "SCRAM-SHA-512=iterations=4096"],
            vec!["operation=ALL", "patternType=PREFIXED"],
            vec!["log.cleaner.backoff.ms=21000"],
            vec!["interval.ms=10000"],
        ];
        for ((call, printed), shown) in calls.iter().zip(&printed).zip(shown) {
            for text in shown {
                assert!(
                    printed.contains(text),
                    "{text} in what {call:?} prints:\n{printed}"
                );
            }
        }
    }

    fn gives_and_takes_tokens(&self) {
        let printed = self
            .tools
            .run(&[self.call(
                Tool::Tokens,
                "--create --max-life-time-period -1 --renewer-principal User:alice",
            )])
            .unwrap()
            .concat();
        let line = printed.lines().rfind(|line| line.contains("User:admin"));
        let line = line.unwrap_or_else(|| panic!("no token in: {printed}"));
        let hmac = line.split_whitespace().nth(1).unwrap();
        let printed = self
            .tools
            .run(&[
                self.call(
                    Tool::Tokens,
                    &format!("--renew --renew-time-period -1 --hmac {hmac}"),
                ),
                self.call(Tool::Tokens, "--describe --owner-principal User:admin"),
                self.call(
                    Tool::Tokens,
                    &format!("--expire --expiry-time-period -1 --hmac {hmac}"),
                ),
            ])
            .unwrap();
        assert!(printed[0].contains("Completed renew operation"), "{printed:?}");
        assert!(printed[1].contains(hmac), "{printed:?}");
        assert!(printed[2].contains("Completed expire operation"), "{printed:?}");
    }

    /// One of which nothing is written, so that it may go down.
    fn lowers_and_raises_a_feature(&self) {
        let (feature, lower, higher) = match self.case.is_to_kafka_4() {
            true => ("streams.version", 0, 1),
            false => ("metadata.version", 20, 21),
        };
        let lowered = self.call(Tool::Features, &format!("downgrade --feature {feature}={lower}"));
        let raised = self.at_controllers(Tool::Features, &format!("upgrade --feature {feature}={higher}"));
        let printed = self.tools.run(&[lowered, raised]).unwrap();
        assert!(
            printed[0].contains(&format!("was downgraded to {lower}")),
            "{printed:?}"
        );
        assert!(
            printed[1].contains(&format!("was upgraded to {higher}")),
            "{printed:?}"
        );
    }

    fn unmakes(&self) {
        let calls = [
            self.call(
                Tool::Acls,
                "--remove --force --allow-principal User:carol --operation All --topic administered",
            ),
            self.configs("users", "carol", "--delete-config SCRAM-SHA-512"),
            self.configs("users", "carol", "--delete-config producer_byte_rate"),
            self.configs("client-metrics", "all", "--delete-config interval.ms"),
            self.call(Tool::Topics, &format!("--delete --topic {TOPIC}")),
        ];
        self.tools.run(&calls).unwrap();
        let calls = [
            self.call(Tool::Topics, "--list"),
            self.describe("users", "carol"),
            self.call(Tool::Acls, "--list --principal User:carol"),
        ];
        let printed = self.tools.run(&calls).unwrap();
        for (printed, gone) in printed.iter().zip([TOPIC, "SCRAM", "operation=ALL"]) {
            let is_gone = !printed.lines().any(|line| line.contains(gone));
            assert!(is_gone, "{gone} in {printed}");
        }
        let refused = witness(&self.stopped.brokers, "carol", "ping");
        assert!(refused.is_err(), "carol logs in still");
    }
}
