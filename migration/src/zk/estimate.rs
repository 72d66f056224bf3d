//! How many znodes a tree will have, guessed while it is read for the first time; for progress only.
//!
//! Nearly all znodes of a cluster stand below its topics, and topics are alike: those that have been read tell of
//! those that have not.

/// The parent of all topics.
const TOPICS: &str = "/brokers/topics";

/// Counts what is delivered, in subtree order.
#[derive(Debug, Default)]
pub(crate) struct Estimate {
    /// Znodes so far.
    znodes: u64,
    /// Those before the first topic.
    before: u64,
    /// Topics so far, the present one included.
    begun: u64,
}

impl Estimate {
    /// Takes notice of a znode; a new guess whenever another topic begins, if the number of topics is known.
    pub(crate) fn take(&mut self, path: &str, topics: Option<u64>) -> Option<u64> {
        self.znodes += 1;
        let name = path.strip_prefix(TOPICS)?.strip_prefix('/')?;
        if name.contains('/') {
            return None;
        }
        if self.begun == 0 {
            self.before = self.znodes;
        }
        self.begun += 1;
        let ended = self.begun - 1;
        let below = self.znodes - self.before;
        let expected = self.before + below.checked_mul(topics?)?.checked_div(ended)?;
        Some(expected.max(self.znodes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topics_read_so_far_tell_of_the_others() {
        let mut estimate = Estimate::default();
        let mut guesses = Vec::new();
        for path in [
            "/",
            "/brokers",
            "/brokers/topics",
            "/brokers/topics/a",
            "/brokers/topics/a/partitions",
            "/brokers/topics/a/partitions/0",
            "/brokers/topics/b",
            "/brokers/topics/b/partitions",
            "/brokers/topics/c",
        ] {
            guesses.extend(estimate.take(path, Some(10)));
        }
        // Four above the first topic and with it; three znodes of one topic, then five of two.
        assert_eq!(guesses, [4 + 30, 4 + 25]);
    }

    #[test]
    fn without_the_number_of_topics_nothing_is_guessed() {
        let mut estimate = Estimate::default();
        assert_eq!(estimate.take("/brokers/topics/a", None), None);
        assert_eq!(estimate.take("/brokers/topics/b", None), None);
    }
}
