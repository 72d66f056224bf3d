//! Text from outside, made harmless to look at: what a terminal would obey, or a reader could not see, is spelled out.

use std::fmt::{self, Write};

/// Shows text with control characters and invisible ones as escapes: `\n`, `\u{1b}`, `\u{202e}`.
///
/// All else is left as it is, so that names look as they are typed.
pub(crate) struct Visible<'a>(pub(crate) &'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '\n' => f.write_str("\\n"),
            '\r' => f.write_str("\\r"),
            '\t' => f.write_str("\\t"),
            hidden if is_hidden(hidden) => write!(f, "\\u{{{:x}}}", u32::from(hidden)),
            plain => f.write_char(plain),
        })
    }
}

impl Visible<'_> {
    /// At most `characters_max` of it, and then `…`.
    pub(super) fn shortened(&self, characters_max: usize) -> String {
        let text = self.to_string();
        match text.char_indices().nth(characters_max) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

/// Control characters, and what turns the direction of writing, breaks lines, or has no width. `page.js` has the same.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
        )
}

/// A count with its thousands set apart: `1,204,511`.
pub(super) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with what is counted, in the singular or plural: `1 difference`, `2 differences`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// How long before `time` something was, both RFC 3339: `3d 4h before`; `None` if either is no time.
pub(super) fn age(then: &str, time: &str) -> Option<String> {
    let (then, time): (jiff::Timestamp, jiff::Timestamp) = (then.parse().ok()?, time.parse().ok()?);
    let minutes = time.duration_since(then).as_mins();
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    Some(match (days, hours, minutes) {
        _ if time < then => "after this comparison: a clock is wrong".to_owned(),
        (0, 0, minutes) => format!("{minutes} min before"),
        (0, hours, minutes) => format!("{hours} h {minutes} min before"),
        (days, hours, _) => format!("{days} d {hours} h before"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_two_greatest_units() {
        let age = |then| age(then, "2026-03-01T12:00:00Z").unwrap();
        assert_eq!(age("2026-03-01T11:58:12Z"), "1 min before");
        assert_eq!(age("2026-03-01T07:30:00Z"), "4 h 30 min before");
        assert_eq!(age("2026-02-26T07:30:00Z"), "3 d 4 h before");
        assert_eq!(
            age("2026-03-01T12:00:01Z"),
            "after this comparison: a clock is wrong"
        );
    }

    #[test]
    fn what_a_terminal_would_obey_is_spelled_out_and_all_else_is_left() {
        for (text, shown) in [
            ("orders", "orders"),
            ("größe-注文", "größe-注文"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("\u{1b}[31mred\u{9b}0m\u{7f}", "\\u{1b}[31mred\\u{9b}0m\\u{7f}"),
            ("\u{202e}sredro\u{2066}", "\\u{202e}sredro\\u{2066}"),
            ("<script>\"'", "<script>\"'"),
        ] {
            assert_eq!(Visible(text).to_string(), shown);
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(Visible("ääää").shortened(3), "äää…");
        assert_eq!(Visible("äää").shortened(3), "äää");
    }

    #[test]
    fn thousands_are_set_apart() {
        for (count, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_204_511, "1,204,511")] {
            assert_eq!(grouped(count), text);
        }
    }
}
