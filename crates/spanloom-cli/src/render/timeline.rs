//! When a span ran within its trace, drawn with block characters to an eighth of a column.
//!
//! # Invariants
//! - A bar takes exactly the width of its timeline, and at least an eighth of a column is visible of every span,
//!   whatever its times say: times of imported traces may lie outside the trace or run backwards.

/// Blocks that fill a column from the left, by eighths.
const FROM_LEFT: [char; 9] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// The time of a whole trace, spread over some columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    start_unix_nano: u64,
    total_ns: u64,
    columns: usize,
}

impl Timeline {
    /// A timeline from the start of a trace to its end, over so many columns.
    pub(crate) fn new(start_unix_nano: u64, end_unix_nano: u64, columns: usize) -> Self {
        Self { start_unix_nano, total_ns: end_unix_nano.saturating_sub(start_unix_nano).max(1), columns }
    }

    /// How long the whole is, in nanoseconds.
    pub(crate) fn total_ns(&self) -> u64 {
        self.total_ns
    }

    /// How many columns a bar takes.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// The bar of a span that ran from one moment to another, filled with spaces to the full width.
    pub(crate) fn bar(&self, start_unix_nano: u64, end_unix_nano: u64) -> String {
        let whole = self.columns * 8;
        if whole == 0 {
            return String::new();
        }
        let from = self.eighths(start_unix_nano, false).min(whole - 1);
        let to = self.eighths(end_unix_nano, true).clamp(from + 1, whole);
        (0..self.columns).map(|column| cell(from, to, column * 8)).collect()
    }

    /// A moment as eighths of a column from the left edge.
    fn eighths(&self, unix_nano: u64, round_up: bool) -> usize {
        let offset = u128::from(unix_nano.saturating_sub(self.start_unix_nano).min(self.total_ns));
        let scaled = offset * (self.columns as u128 * 8);
        let total = u128::from(self.total_ns);
        let eighths = if round_up { scaled.div_ceil(total) } else { scaled / total };
        usize::try_from(eighths).unwrap_or(usize::MAX)
    }
}

/// The character of one column for a bar from one eighth to another.
fn cell(from: usize, to: usize, left: usize) -> char {
    let begin = from.saturating_sub(left);
    let end = to.saturating_sub(left).min(8);
    match (begin, end) {
        (begin, end) if begin >= 8 || end <= begin => ' ',
        (0, end) => FROM_LEFT[end],
        (begin, end) if end - begin >= 6 => '█',
        // There are blocks for a half and for an eighth on the right, and no others.
        (begin, end) if end - begin >= 3 => {
            if begin + end >= 8 {
                '▐'
            } else {
                '▌'
            }
        }
        (begin, end) => {
            if begin + end >= 8 {
                '▕'
            } else {
                FROM_LEFT[end - begin]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(columns: usize, from: u64, to: u64, expected: &str) {
        assert_eq!(Timeline::new(1_000, 1_800, columns).bar(from, to), expected);
    }

    #[test]
    fn bars_stand_where_the_span_ran() {
        check(10, 1_000, 1_800, "██████████");
        check(10, 1_000, 1_400, "█████     ");
        check(10, 1_400, 1_800, "     █████");
        check(10, 1_000, 1_130, "█▋        ");
        check(10, 1_040, 1_160, "▐█        ");
        check(10, 1_170, 1_240, "  █       ");
    }

    #[test]
    fn the_shortest_span_is_visible_and_nothing_leaves_the_width() {
        check(10, 1_000, 1_000, "▏         ");
        check(10, 1_799, 1_799, "         ▕");
        check(10, 1_800, 1_800, "         ▕");
        check(10, 0, 900, "▏         ");
        check(10, 5_000, 9_000, "         ▕");
        check(10, 1_500, 1_100, "      ▏   ");
        check(0, 1_000, 1_800, "");
    }

    #[test]
    fn the_widest_times_do_not_overflow() {
        let timeline = Timeline::new(0, u64::MAX, 200);
        assert_eq!(timeline.bar(0, u64::MAX).chars().filter(|c| *c == '█').count(), 200);
        assert_eq!(Timeline::new(9, 3, 4).bar(0, u64::MAX).chars().count(), 4);
    }
}
