//! What a seed decides before anything happens: who there is, how patient, on which network and disks.

use std::time::Duration;

use kraft_bridge_raft::log::LogConfig;
use kraft_bridge_raft::quorum::Timeouts;

use crate::random::Random;
use crate::release::Release;

/// Who plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// A quorum alone, which keeps keys and values.
    Quorum,
    /// A quorum that decides for brokers and clients.
    Cluster,
}

/// One world's constants.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Voters when the world begins; the hosts that follow them are observers.
    pub voters: usize,
    /// The release that each host passes for.
    pub releases: Vec<Release>,
    /// Whether the log says who votes (kraft.version 1).
    pub is_dynamic: bool,
    /// Whether nodes that do not vote make themselves voters.
    pub auto_join: bool,
    /// Whether operators make static voters dynamic.
    pub upgrades: bool,
    /// Mean time between changes of the voters, in milliseconds.
    pub operate_millis: u64,
    /// How patient all are.
    pub timeouts: Timeouts,
    /// How their logs are cut up.
    pub log: LogConfig,
    /// Most bytes that a Fetch asks for.
    pub fetch_bytes_max: i32,
    /// Most bytes that a FetchSnapshot asks for.
    pub snapshot_bytes_max: i32,
    /// See `RaftConfig`.
    pub uncommitted_bytes_max: usize,
    /// How the network behaves when it is well.
    pub network: NetworkQuality,
    /// Longest that a flush takes, in milliseconds; most are far faster.
    pub flush_millis_max: u64,
    /// Mean time between faults, in milliseconds.
    pub fault_millis: u64,
    /// Mean time between appends, in milliseconds.
    pub append_millis: u64,
    /// Mean time between checkpoints of one host, in milliseconds.
    pub checkpoint_millis: u64,
    /// How long faults go on.
    pub length: Duration,
}

/// How the network behaves.
#[derive(Clone, Copy, Debug)]
pub struct NetworkQuality {
    /// Longest delay, in milliseconds; most are far shorter.
    pub delay_millis_max: u64,
    /// Messages lost, of a thousand.
    pub lost: u64,
    /// Requests that arrive twice, of a thousand.
    pub doubled: u64,
}

impl NetworkQuality {
    /// One that loses nothing.
    pub const GOOD: NetworkQuality = NetworkQuality {
        delay_millis_max: 5,
        lost: 0,
        doubled: 0,
    };
}

impl Scenario {
    /// Draws one.
    pub fn draw(random: &mut Random) -> Scenario {
        let voters = random.pick(&[3, 3, 3, 4, 5, 5]);
        let hosts = voters + random.pick(&[0, 0, 1, 2]);
        let is_dynamic = random.chance(500);
        let upgrades = !is_dynamic && random.chance(300);
        let releases: &[Release] = match (is_dynamic || upgrades, random.between(0, 2)) {
            (_, 0) => &[Release::Kafka4_3],
            (true, _) => &[Release::Kafka3_9, Release::Kafka4_3],
            (false, _) => &[Release::Kafka3_7, Release::Kafka3_9, Release::Kafka4_3],
        };
        Scenario {
            voters,
            releases: (0..hosts).map(|_| random.pick(releases)).collect(),
            is_dynamic,
            auto_join: is_dynamic && random.chance(400),
            upgrades,
            operate_millis: random.pick(&[400, 1500, 6000]),
            timeouts: draw_timeouts(random),
            log: LogConfig {
                segment_bytes: random.pick(&[300, 1000, 4000, 1 << 30]),
                segment_ms: random.pick(&[500, 7 * 24 * 60 * 60 * 1000]),
                retention_bytes: random.pick(&[0, 1000, 4000, 1 << 30]),
                retention_ms: random.pick(&[1000, 7 * 24 * 60 * 60 * 1000]),
            },
            fetch_bytes_max: random.pick(&[1, 300, 1 << 20]),
            snapshot_bytes_max: random.pick(&[40, 100, 300, 1 << 20]),
            uncommitted_bytes_max: random.pick(&[200, 1000, 1 << 20]),
            network: NetworkQuality {
                delay_millis_max: random.pick(&[2, 20, 200, 1500]),
                lost: random.pick(&[0, 5, 30, 150]),
                doubled: random.pick(&[0, 20, 150]),
            },
            flush_millis_max: random.pick(&[1, 10, 100, 1500]),
            fault_millis: random.pick(&[150, 400, 1000, 3000]),
            append_millis: random.pick(&[20, 60, 200]),
            checkpoint_millis: random.pick(&[200, 1000, 5000]),
            length: Duration::from_secs(random.pick(&[5, 10, 20])),
        }
    }
}

impl Scenario {
    /// One in which brokers get to do something: the quorum has a leader most of the time.
    pub fn draw_for_brokers(random: &mut Random) -> Scenario {
        let mut scenario = Scenario::draw(random);
        scenario.uncommitted_bytes_max = 1 << 20;
        scenario.fetch_bytes_max = scenario.fetch_bytes_max.max(300);
        scenario.snapshot_bytes_max = scenario.snapshot_bytes_max.max(300);
        scenario.network.delay_millis_max = scenario.network.delay_millis_max.min(100);
        scenario.network.lost = scenario.network.lost.min(30);
        scenario.flush_millis_max = scenario.flush_millis_max.min(100);
        scenario.fault_millis = random.pick(&[1000, 3000, 6000]);
        scenario.operate_millis = 6000;
        scenario.length = Duration::from_secs(random.pick(&[15, 30]));
        scenario
    }
}

fn draw_timeouts(random: &mut Random) -> Timeouts {
    let mut timeouts = Timeouts::default();
    if random.chance(300) {
        timeouts.election = Duration::from_millis(random.between(100, 400));
        timeouts.fetch = Duration::from_millis(random.between(200, 600));
        timeouts.backoff_max = Duration::from_millis(random.between(50, 300));
        timeouts.request = Duration::from_millis(random.between(200, 800));
        timeouts.fetch_wait = Duration::from_millis(random.between(0, 200));
    }
    timeouts
}
