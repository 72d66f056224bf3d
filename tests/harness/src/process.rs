//! A program as a direct child, so that a signal reaches it, with its output in a file.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// How often a wait looks again.
const POLL: Duration = Duration::from_millis(50);

/// Ports below those that the system gives to connections, so that none of them takes one before its program does.
const PORTS: std::ops::Range<u32> = 12_000..32_000;

/// A port that nothing listens on at this moment, and that this process has not given out before.
///
/// Other processes of tests begin elsewhere in the range.
///
/// # Errors
///
/// When there is none left.
pub fn free_port() -> anyhow::Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    const STRIDE: u32 = 397;
    let count = PORTS.end - PORTS.start;
    for _ in PORTS {
        let given = GIVEN.fetch_add(1, Ordering::Relaxed);
        let place = std::process::id().wrapping_mul(STRIDE).wrapping_add(given) % count;
        let port = u16::try_from(PORTS.start + place)?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("every port from {} to {} is taken", PORTS.start, PORTS.end - 1)
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    output: PathBuf,
}

impl Process {
    /// Starts a program; both its outputs are appended to the file `output`.
    ///
    /// # Errors
    ///
    /// When the program is missing or the file cannot be written.
    pub fn start(name: &str, mut command: Command, output: &Path) -> anyhow::Result<Process> {
        let file = File::options()
            .create(true)
            .append(true)
            .open(output)
            .with_context(|| format!("{}", output.display()))?;
        let child = command
            .stdin(std::process::Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| missing(&command))?;
        Ok(Process {
            child,
            name: name.to_owned(),
            output: output.to_owned(),
        })
    }

    /// Everything that the process has printed so far.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn output(&self) -> anyhow::Result<String> {
        let bytes = std::fs::read(&self.output).with_context(|| format!("{}", self.output.display()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits until `ready` says so; fails with the end of the output if the process ends before, or time is up.
    ///
    /// # Errors
    ///
    /// As said, and whatever `ready` fails with.
    pub fn wait_until(
        &mut self,
        within: Duration,
        mut ready: impl FnMut(&str) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let deadline = now() + within;
        loop {
            let output = self.output()?;
            if ready(&output)? {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}:\n{}", self.name, tail(&output));
            }
            if now() > deadline {
                bail!("{} is not ready after {within:?}:\n{}", self.name, tail(&output));
            }
            pause(POLL);
        }
    }

    /// The number that the system knows it by.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// # Errors
    ///
    /// When the process does not end within two minutes.
    pub fn stop(mut self) -> anyhow::Result<ExitStatus> {
        self.signal("TERM")?;
        self.wait_for_end(Duration::from_secs(120))
    }

    /// Sends a signal and does not wait: TERM, for stopping several at once ([`Process::stop`] then waits), STOP, CONT.
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    pub fn signal(&mut self, signal: &str) -> anyhow::Result<()> {
        let status = Command::new("kill")
            .args([&format!("-{signal}"), &self.child.id().to_string()])
            .status()?;
        if !status.success() {
            bail!("{} cannot be sent {signal}", self.name);
        }
        Ok(())
    }

    /// Sends SIGKILL and waits for the end.
    ///
    /// # Errors
    ///
    /// When the process cannot be waited for.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    fn wait_for_end(&mut self, within: Duration) -> anyhow::Result<ExitStatus> {
        let deadline = now() + within;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if now() > deadline {
                bail!(
                    "{} has not ended after {within:?}:\n{}",
                    self.name,
                    tail(&self.output()?)
                );
            }
            pause(POLL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; nobody is left to tell if it can't be killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `java` with these arguments.
pub fn java(arguments: &[String]) -> Command {
    let mut command = Command::new("java");
    command.args(arguments);
    command
}

fn missing(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    match &*program {
        "java" => "java cannot be started: apt-get install openjdk-17-jre-headless".to_owned(),
        _ => format!("{program} cannot be started"),
    }
}

/// The last lines of an output.
pub fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

#[expect(clippy::disallowed_methods, reason = "the harness waits for real processes")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the harness waits for real processes")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}
