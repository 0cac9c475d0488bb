//! The median of a few measurements, with the extremes.

use std::fmt;

/// The median of a few measurements, with the smallest and the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    /// The middle one; of an even number, half-way between the two in the middle.
    pub(crate) median: f64,
    /// The smallest.
    pub(crate) min: f64,
    /// The largest.
    pub(crate) max: f64,
}

impl Spread {
    /// `None` of no samples.
    pub(crate) fn of(samples: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = samples.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Some(Self { median, min, max })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(1);
        let [median, min, max] = [self.median, self.min, self.max].map(|value| format!("{value:.digits$}"));
        if min == max { f.write_str(&median) } else { write!(f, "{median} ({min}..{max})") }
    }
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_stands_between_the_extremes() {
        let spread = Spread::of([3.0, 1.0, 20.0]).expect("there are samples");
        assert_eq!(spread.to_string(), "3.0 (1.0..20.0)");
        assert_eq!(format!("{spread:.2}"), "3.00 (1.00..20.00)");
    }

    #[test]
    fn an_even_number_of_samples_favours_neither_side() {
        let spread = Spread::of([300.0, 500.0]).expect("there are samples");
        assert_eq!(spread.to_string(), "400.0 (300.0..500.0)");
    }

    #[test]
    fn measurements_that_agree_are_shown_once() {
        let spread = Spread::of([0.01, 0.04]).expect("there are samples");
        assert_eq!(spread.to_string(), "0.0");
    }

    #[test]
    fn no_samples_have_no_median() {
        assert_eq!(Spread::of([]), None);
    }
}
