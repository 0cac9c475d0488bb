//! The tables: medians with their extremes, and the goals.

use std::io::{self, Write};

use super::figure::{Figure, Goal};
use crate::child::Readings;
use crate::spread::Spread;

/// Writes a Markdown table per figure.
pub(super) fn write(out: &mut impl Write, results: &[(Figure, Vec<Readings>)]) -> io::Result<()> {
    for (figure, rounds) in results {
        writeln!(
            out,
            "\n## {figure}: {}\n\n| reading | median (min..max) | goal | |\n|---|---:|---:|---|",
            figure.title()
        )?;
        for reading in figure.readings() {
            let spread = Spread::of(rounds.iter().filter_map(|round| round.get(&reading.key).copied()));
            let shown = spread.map_or_else(|| "-".to_owned(), |spread| format!("{spread:.*}", digits(spread)));
            let verdict = spread.map_or("", |spread| verdict(reading.goal, spread));
            writeln!(out, "| {} | {shown} | {} | {verdict} |", reading.what, goal(reading.goal))?;
        }
    }
    Ok(())
}

/// Small values need their fractions, large ones do not.
fn digits(spread: Spread) -> usize {
    match spread.max {
        max if max >= 1_000.0 || max == 0.0 => 0,
        max if max >= 10.0 => 1,
        _ => 2,
    }
}

fn goal(goal: Goal) -> String {
    match goal {
        Goal::None => String::new(),
        Goal::AtMost(limit) => format!("≤ {limit}"),
        Goal::AtLeast(limit) => format!("≥ {limit}"),
    }
}

/// Counts of what must not happen are judged by the worst round, everything else by the median.
fn verdict(goal: Goal, spread: Spread) -> &'static str {
    let met = match goal {
        Goal::None => return "",
        Goal::AtMost(0.0) => spread.max <= 0.0,
        Goal::AtMost(limit) => spread.median <= limit,
        Goal::AtLeast(limit) => spread.median >= limit,
    };
    if met { "met" } else { "missed" }
}

#[cfg(test)]
mod tests {
    use super::{Goal, Spread, verdict};

    #[track_caller]
    fn check(goal: Goal, samples: &[f64], expected: &str) {
        let spread = Spread::of(samples.iter().copied()).expect("there are samples");
        assert_eq!(verdict(goal, spread), expected);
    }

    #[test]
    fn a_goal_is_met_by_the_median() {
        check(Goal::AtMost(50.0), &[40.0, 45.0, 90.0], "met");
        check(Goal::AtMost(50.0), &[40.0, 51.0, 90.0], "missed");
        check(Goal::AtLeast(100.0), &[10.0, 100.0, 110.0], "met");
        check(Goal::None, &[1.0], "");
    }

    #[test]
    fn what_must_not_happen_must_not_happen_once() {
        check(Goal::AtMost(0.0), &[0.0, 0.0, 1.0], "missed");
        check(Goal::AtMost(0.0), &[0.0], "met");
    }
}
