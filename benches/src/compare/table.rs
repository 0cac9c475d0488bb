//! The tables: medians with their extremes, ratios against the baseline, losses beside the times.

use std::io::{self, Write};

use super::column::Column;
use super::rounds::WorkloadResults;
use super::workload::Workload;
use crate::child::Readings;
use crate::spread::Spread;

/// What the ratios are against: the better of these two in the same round.
pub(super) const BASELINE: [&str; 2] = ["fastrace-Span", "fastrace-LocalSpan"];
/// The engine that does nothing; what `g` costs without tracing.
pub(super) const NONE: &str = "none";

/// Writes a Markdown table per workload.
pub(super) fn write(out: &mut impl Write, results: &[WorkloadResults]) -> io::Result<()> {
    results.iter().try_for_each(|result| write_workload(out, result))
}

fn write_workload(out: &mut impl Write, result: &WorkloadResults) -> io::Result<()> {
    let result = &over_nothing(result);
    let measured = |column: &Column| result.engines.iter().any(|(_, rounds)| samples(rounds, *column).next().is_some());
    let columns: Vec<Column> = Column::ALL.into_iter().filter(measured).collect();
    writeln!(out, "\n## {}: {}\n", result.workload, result.workload.title())?;
    write!(out, "| engine |")?;
    for column in &columns {
        write!(out, " {} |{}", column.title(), if column.has_ratio() { " × fastrace |" } else { "" })?;
    }
    let fields = columns.iter().map(|column| 1 + usize::from(column.has_ratio())).sum();
    writeln!(out, "\n|---|{}", "---:|".repeat(fields))?;
    for (engine, rounds) in result.engines.iter().filter(|(_, rounds)| rounds.iter().any(|round| !round.is_empty())) {
        write!(out, "| {engine} |")?;
        for column in &columns {
            write!(out, " {} |", shown(Spread::of(samples(rounds, *column)), 1))?;
            if column.has_ratio() {
                let ratios = ratios(result, rounds, *column).filter(|_| result.workload != Workload::G);
                write!(out, " {} |", shown(Spread::of(ratios), 2))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn shown(spread: Option<Spread>, digits: usize) -> String {
    spread.map_or_else(|| "-".to_owned(), |spread| format!("{spread:.digits$}"))
}

fn samples(rounds: &[Readings], column: Column) -> impl Iterator<Item = f64> {
    rounds.iter().filter_map(move |round| round.get(column.key()).copied())
}

/// Each round's own ratio.
fn ratios(result: &WorkloadResults, rounds: &[Readings], column: Column) -> impl Iterator<Item = f64> {
    rounds.iter().enumerate().filter_map(move |(round, readings)| {
        let baseline = result.engines.iter().filter(|(engine, _)| BASELINE.contains(engine));
        let best =
            baseline.filter_map(|(_, rounds)| rounds[round].get(column.key()).copied()).min_by(f64::total_cmp)?;
        Some(readings.get(column.key())? / best).filter(|ratio| ratio.is_finite())
    })
}

/// The tasks of `g` cost something without any tracing: that is taken off the times, round by round. What remains is a
/// small difference of large values, so there are no ratios of it.
fn over_nothing(result: &WorkloadResults) -> WorkloadResults {
    let mut over = WorkloadResults { workload: result.workload, engines: result.engines.clone() };
    let nothing = result.engines.iter().find(|(engine, _)| result.workload == Workload::G && *engine == NONE);
    let Some((_, nothing)) = nothing else { return over };
    for (_, rounds) in over.engines.iter_mut().filter(|(engine, _)| *engine != NONE) {
        for (round, nothing) in rounds.iter_mut().zip(nothing) {
            for (key, value) in round.iter_mut().filter(|(key, _)| *key != Column::Lost.key()) {
                *value -= nothing.get(key).copied().unwrap_or_default();
            }
        }
    }
    over
}

#[cfg(test)]
mod tests {
    use super::{BASELINE, Workload, WorkloadResults, write};

    type Round<'a> = &'a [(&'a str, f64)];

    #[track_caller]
    fn check(workload: Workload, engines: &[(&'static str, &[Round])], expected_rows: &[&str]) {
        let readings = |round: &Round| round.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
        let engines = engines.iter().map(|(name, rounds)| (*name, rounds.iter().map(readings).collect())).collect();
        let mut out = Vec::new();
        write(&mut out, &[WorkloadResults { workload, engines }]).expect("memory takes everything");
        let text = String::from_utf8(out).expect("tables are text");
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).skip(2).collect();
        assert_eq!(rows, expected_rows);
    }

    #[test]
    fn a_ratio_is_against_the_better_baseline_of_its_own_round() {
        check(
            Workload::B,
            &[
                ("ours", &[&[("fg", 20.0)], &[("fg", 40.0)], &[("fg", 30.0)]]),
                (BASELINE[0], &[&[("fg", 100.0)], &[("fg", 100.0)], &[("fg", 100.0)]]),
                (BASELINE[1], &[&[("fg", 80.0)], &[("fg", 200.0)], &[("fg", 100.0)]]),
            ],
            &[
                "| ours | 30.0 (20.0..40.0) | 0.30 (0.25..0.40) |",
                "| fastrace-Span | 100.0 | 1.00 (1.00..1.25) |",
                "| fastrace-LocalSpan | 100.0 (80.0..200.0) | 1.00 (1.00..2.00) |",
            ],
        );
    }

    #[test]
    fn an_engine_that_cannot_do_a_workload_has_no_row() {
        check(Workload::G, &[("ours", &[&[]]), ("none", &[&[("wall", 5.0)]])], &["| none | 5.0 |"]);
    }

    #[test]
    fn tasks_are_shown_over_what_they_cost_untraced() {
        check(
            Workload::G,
            &[("none", &[&[("wall", 400.0)]]), ("ours", &[&[("wall", 700.0), ("lost", 0.0)]])],
            &["| none | 400.0 | - |", "| ours | 300.0 | 0.0 |"],
        );
    }
}
