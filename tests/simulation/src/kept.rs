//! The seeds that failed once, as `kept_seeds.txt` lists them.

/// What the file says, in order.
pub fn seeds() -> Vec<u64> {
    parse(include_str!("../kept_seeds.txt"))
}

/// A line that begins with a number keeps a seed; all others are for readers.
fn parse(text: &str) -> Vec<u64> {
    let first_word = |line: &str| line.split(' ').next().map(str::to_owned);
    text.lines()
        .filter_map(first_word)
        .filter_map(|word| word.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_kept_by_the_line_that_begins_with_it() {
        assert_eq!(
            parse("# 1 comment\n17  why\n      18 lines\n\n204  why\n"),
            [17, 204]
        );
        assert!(!seeds().is_empty());
    }
}
