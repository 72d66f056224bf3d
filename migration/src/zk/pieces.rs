//! Reading a few paths again: all at once, and in ever smaller pieces when the connection is lost over them.
//!
//! A lost connection may be the fault of one znode, whose answer the server, or something between, can't bring itself to
//! send. What was asked for is halved until that one stands alone; lost [`LOSSES_MAX`] times, it is unreadable.
//!
//! No input or output happens here: `session.rs` asks.

use super::walk::{Answer, LOSSES_MAX, lost_reason};

/// Paths that are still to be read, and the answers so far.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    /// The next piece last.
    waiting: Vec<&'a [String]>,
    /// How often the next piece has cost the connection, if it is a single path.
    losses: u32,
    /// In the order of the paths.
    answers: Vec<Answer>,
}

impl<'a> Pieces<'a> {
    /// All of `paths`, in one piece.
    pub(super) fn new(paths: &'a [String]) -> Pieces<'a> {
        let waiting = Vec::from_iter((!paths.is_empty()).then_some(paths));
        Pieces {
            waiting,
            losses: 0,
            answers: Vec::with_capacity(paths.len()),
        }
    }

    /// What to ask for next; `None` when everything is answered.
    pub(super) fn next(&self) -> Option<&'a [String]> {
        self.waiting.last().copied()
    }

    /// The answers to the piece that was next.
    pub(super) fn answered(&mut self, answers: Vec<Answer>) {
        self.waiting.pop();
        self.losses = 0;
        self.answers.extend(answers);
    }

    /// The connection was lost over the piece that was next.
    pub(super) fn lost(&mut self, problem: &str) {
        match self.next() {
            Some([_]) => {
                self.losses += 1;
                if self.losses >= LOSSES_MAX {
                    self.answered(vec![Answer::Unreadable(lost_reason(problem))]);
                }
            }
            Some(piece) => {
                let (first, second) = piece.split_at(piece.len() / 2);
                self.waiting.pop();
                self.waiting.extend([second, first]);
            }
            None => {}
        }
    }

    /// The answers, in the order of the paths.
    pub(super) fn finish(self) -> Vec<Answer> {
        self.answers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(count: usize) -> Vec<String> {
        (0..count).map(|number| format!("/{number}")).collect()
    }

    /// Reads `paths`; whatever holds `bad` costs the connection. Returns the answers and how often it was lost.
    fn read(paths: &[String], bad: &str) -> (Vec<Answer>, u32) {
        let mut pieces = Pieces::new(paths);
        let mut losses = 0;
        while let Some(piece) = pieces.next() {
            if piece.iter().any(|path| path == bad) {
                losses += 1;
                pieces.lost("connection loss");
            } else {
                pieces.answered(vec![Answer::Missing; piece.len()]);
            }
        }
        (pieces.finish(), losses)
    }

    #[test]
    fn one_path_that_always_costs_the_connection_is_unreadable_and_the_others_are_read_in_their_order() {
        let paths = paths(100);
        for bad in ["/0", "/57", "/99"] {
            let (answers, losses) = read(&paths, bad);
            let unreadable = |answer: &Answer| matches!(answer, Answer::Unreadable(_));
            assert_eq!(answers.len(), 100);
            assert_eq!(
                answers.iter().position(unreadable),
                paths.iter().position(|path| path == bad)
            );
            assert!(losses <= 7 + LOSSES_MAX, "{losses}");
        }
    }

    #[test]
    fn without_a_loss_all_is_read_at_once_and_nothing_needs_no_reading() {
        assert_eq!(read(&paths(3), "/none").1, 0);
        assert_eq!(read(&[], "/none").0, []);
    }
}
