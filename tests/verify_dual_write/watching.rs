//! `verify --watch` as it runs.

use std::io::BufReader;
use std::process::{Child, ChildStdout, Command, Stdio};

use jiff::Timestamp;
use serde_json::de::IoRead;
use serde_json::{Deserializer, StreamDeserializer, Value};

/// A watch under way; killed when dropped.
pub(crate) struct Watching {
    child: Child,
    answers: StreamDeserializer<'static, IoRead<BufReader<ChildStdout>>, Value>,
    /// The report that was given last: it is given anew whenever what differs has changed.
    pub(crate) report: Value,
}

impl Watching {
    /// Starts `verify` with a pass each second.
    pub(crate) fn start(verify: &mut Command) -> Watching {
        verify.args(["--watch", "--every", "1s"]).stdout(Stdio::piped());
        let mut child = verify.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Watching {
            child,
            answers: Deserializer::from_reader(stdout).into_iter(),
            report: Value::Null,
        }
    }

    /// Waits for the end of the pass that is under way, and returns its line.
    pub(crate) fn end_of_pass(&mut self) -> Value {
        loop {
            let answer = self.answers.next().expect("a watch goes on").unwrap();
            if answer.get("kind").is_some() {
                return answer;
            }
            self.report = answer;
        }
    }

    /// Waits for the end of the first pass that begins after this call, and returns its line.
    pub(crate) fn whole_pass(&mut self) -> Value {
        let now = Timestamp::now();
        loop {
            let pass = self.end_of_pass();
            // One that failed tells no time.
            let begun = pass["time"]
                .as_str()
                .map(|time| time.parse::<Timestamp>().unwrap());
            if begun > Some(now) {
                return pass;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended already; nobody is left to tell if it can't be killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
