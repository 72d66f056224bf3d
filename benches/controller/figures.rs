//! What was measured, and how the two stand to each other.

use std::fmt::Write as _;

/// One figure.
#[derive(Clone, Copy, Debug)]
struct Figure {
    row: &'static str,
    size: u32,
    value: f64,
    unit: &'static str,
    is_better_high: bool,
}

/// All of one program.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Figure>);

impl Figures {
    /// More is better.
    pub(crate) fn rate(&mut self, row: &'static str, size: u32, value: f64, unit: &'static str) {
        self.push(row, size, value, unit, true);
    }

    /// Less is better.
    pub(crate) fn cost(&mut self, row: &'static str, size: u32, value: f64, unit: &'static str) {
        self.push(row, size, value, unit, false);
    }

    fn push(&mut self, row: &'static str, size: u32, value: f64, unit: &'static str, is_better_high: bool) {
        println!("{row} ({size}): {value:.2} {unit}");
        self.0.push(Figure {
            row,
            size,
            value,
            unit,
            is_better_high,
        });
    }
}

/// Both side by side.
pub(crate) fn table(kafkas: &Figures, ours: &Figures) -> String {
    let mut text = "| row | | Kafka's | ours | better by |\n|---|---|---|---|---|\n".to_owned();
    for (kafka, our) in kafkas.0.iter().zip(&ours.0) {
        let factor = match kafka.is_better_high {
            true => our.value / kafka.value,
            false => kafka.value / our.value,
        };
        writeln!(
            text,
            "| {} | {} | {:.2} {unit} | {:.2} {unit} | {factor:.1} |",
            kafka.row,
            kafka.size,
            kafka.value,
            our.value,
            unit = kafka.unit
        )
        .expect("memory takes all");
    }
    text
}
