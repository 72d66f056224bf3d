//! One controller of a quorum, ours or Kafka's, and what it has logged over all its starts.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use kraft_bridge_harness::{Process, kafka, process};

use crate::PROGRAM;

/// Longest wait for a listener.
const START: Duration = Duration::from_secs(90);

/// Which program runs a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ours.
    Ours {
        /// Not `--hand-over`.
        keeps: bool,
    },
    /// Kafka of this version.
    Kafka(&'static str),
}

impl Kind {
    /// Whether it decides for brokers, or at least stays leader.
    pub(crate) fn stays_leader(self) -> bool {
        self != Kind::Ours { keeps: false }
    }
}

/// A controller, running or not.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: i32,
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    pub(crate) config: PathBuf,
    /// `log.dirs`
    pub(crate) dir: PathBuf,
    running: Option<Process>,
    paused: bool,
    is_ending: bool,
    /// What its earlier starts have logged, ours and Kafka's apart.
    past: [String; 2],
}

impl Member {
    /// One that is not started.
    pub(crate) fn new(id: i32, kind: Kind, port: u16, config: PathBuf, dir: PathBuf) -> Member {
        Member {
            id,
            kind,
            port,
            config,
            dir,
            running: None,
            paused: false,
            is_ending: false,
            past: Default::default(),
        }
    }

    /// Starts the program and does not wait for it.
    pub(crate) fn spawn(&mut self) {
        assert!(self.running.is_none(), "node {} runs", self.id);
        let output = self.config.with_extension("out");
        drop(std::fs::remove_file(&output));
        let name = format!("node {} ({:?})", self.id, self.kind);
        self.running = Some(Process::start(&name, self.command(), &output).unwrap());
    }

    fn command(&self) -> Command {
        match self.kind {
            Kind::Kafka(version) => kafka::command(version, &self.config, &[]).unwrap(),
            Kind::Ours { keeps } => {
                let mut command = Command::new(PROGRAM);
                command.arg("serve").arg("--config").arg(&self.config);
                if !keeps {
                    command.arg("--hand-over");
                }
                command.env("RUST_LOG", "info,kraft_bridge_raft=debug");
                command
            }
        }
    }

    /// Waits until its listener takes connections.
    pub(crate) fn wait_until_listening(&mut self) {
        let port = self.port;
        let listens = |_: &str| Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        self.process().wait_until(START, listens).unwrap();
    }

    /// Waits until a JVM has logged this.
    pub(crate) fn wait_until_logged(&mut self, text: &str) {
        let is_logged = |output: &str| Ok(output.contains(text));
        self.process().wait_until(START, is_logged).unwrap();
    }

    fn process(&mut self) -> &mut Process {
        let id = self.id;
        self.running
            .as_mut()
            .unwrap_or_else(|| panic!("node {id} does not run"))
    }

    /// Whether it can answer.
    pub(crate) fn is_up(&self) -> bool {
        self.running.is_some() && !self.paused
    }

    /// Whether it was started and has not been stopped.
    pub(crate) fn is_started(&self) -> bool {
        self.running.is_some()
    }

    /// Stops it for a while (SIGSTOP).
    pub(crate) fn pause(&mut self) {
        self.process().signal("STOP").unwrap();
        self.paused = true;
    }

    /// Lets it go on (SIGCONT).
    pub(crate) fn resume(&mut self) {
        self.process().signal("CONT").unwrap();
        self.paused = false;
    }

    /// Asks it to end (SIGTERM), if it has not been asked; [`Member::stop`] waits.
    pub(crate) fn terminate(&mut self) {
        if !std::mem::replace(&mut self.is_ending, true) {
            self.assert_running();
            self.process().signal("TERM").unwrap();
        }
    }

    /// Stops it in an orderly way, which it must take well.
    pub(crate) fn stop(&mut self) {
        self.terminate();
        self.is_ending = false;
        let process = self.running.take().unwrap();
        let status = process.stop().unwrap();
        self.keep_log();
        let at = usize::from(matches!(self.kind, Kind::Kafka(_)));
        let tail = process::tail(&self.past[at]);
        let clean = match self.kind {
            Kind::Ours { .. } => status.success(),
            // A JVM that was told to stop ends with 128 + 15.
            Kind::Kafka(_) => status.success() || status.code() == Some(143),
        };
        assert!(clean, "node {} ended with {status}:\n{tail}", self.id);
    }

    /// Kills it (SIGKILL).
    pub(crate) fn kill(&mut self) {
        self.assert_running();
        self.running.take().unwrap().kill().unwrap();
        self.keep_log();
    }

    /// It must not have ended by itself.
    pub(crate) fn assert_running(&mut self) {
        let id = self.id;
        let process = self.process();
        assert!(
            process.is_running().unwrap(),
            "node {id} has ended by itself:\n{}",
            process::tail(&process.output().unwrap())
        );
    }

    fn keep_log(&mut self) {
        let logged = std::fs::read(self.config.with_extension("out")).unwrap();
        let at = usize::from(matches!(self.kind, Kind::Kafka(_)));
        self.past[at] += &String::from_utf8_lossy(&logged);
    }

    /// Everything that it has logged as our program, or as Kafka's, until it was stopped last.
    pub(crate) fn log(&self, of_kafka: bool) -> &str {
        &self.past[usize::from(of_kafka)]
    }
}
