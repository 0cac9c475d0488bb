//! How large a trace is, as its metadata says it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{attribute_key as key, python_json};

/// How large a trace's JSON and its spans' are, in bytes of ASCII JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SizeStats {
    /// The trace.
    pub total_size_bytes: u64,
    /// How many spans it has; MLflow takes a stored trace with fewer for not complete.
    pub num_spans: u64,
    /// The largest span.
    pub max: u64,
    /// The size that a quarter of the spans do not exceed, interpolated and rounded down.
    pub p25: u64,
    /// The same for half of them.
    pub p50: u64,
    /// The same for three quarters.
    pub p75: u64,
}

impl SizeStats {
    /// From the length of each span ([`span_json_len`]) and of the trace without them ([`empty_trace_len`]).
    ///
    /// [`span_json_len`]: crate::trace_json::span_json_len
    /// [`empty_trace_len`]: crate::trace_json::empty_trace_len
    pub fn new(mut span_lens: Vec<u64>, empty_trace_len: u64) -> Self {
        span_lens.sort_unstable();
        let commas = 2 * (span_lens.len() as u64).saturating_sub(1);
        Self {
            total_size_bytes: span_lens.iter().sum::<u64>() + empty_trace_len + commas,
            num_spans: span_lens.len() as u64,
            max: span_lens.last().copied().unwrap_or(0),
            p25: quartile(&span_lens, 1),
            p50: quartile(&span_lens, 2),
            p75: quartile(&span_lens, 3),
        }
    }

    /// Puts them into a trace's metadata, under the two keys of MLflow.
    pub fn write_to(&self, metadata: &mut BTreeMap<String, String>) {
        let json = python_json::to_string(self).expect("a struct of numbers has a JSON form");
        metadata.insert(key::TRACE_SIZE_BYTES.to_owned(), self.total_size_bytes.to_string());
        metadata.insert(key::TRACE_SIZE_STATS.to_owned(), json);
    }
}

/// Linear interpolation at `quarter` fourths of the way from the first to the last.
fn quartile(sorted: &[u64], quarter: usize) -> u64 {
    let fourths = quarter * sorted.len().saturating_sub(1);
    let (below, weight) = (fourths / 4, (fourths % 4) as u64);
    let Some(low) = sorted.get(below) else { return 0 };
    let high = sorted.get(below + 1).unwrap_or(low);
    low + (high - low) * weight / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_interpolated_and_rounded_down() {
        let stats = SizeStats::new(vec![400, 100, 300, 201], 50);
        assert_eq!((stats.max, stats.p25, stats.p50, stats.p75), (400, 175, 250, 325));
        assert_eq!(stats.total_size_bytes, 1_001 + 50 + 6);
        assert_eq!(SizeStats::new(vec![], 50), SizeStats { total_size_bytes: 50, ..SizeStats::default() });
        assert_eq!(SizeStats::new(vec![7], 0).p75, 7);
    }

    #[test]
    fn the_metadata_have_the_layout_of_mlflow() {
        let mut metadata = BTreeMap::new();
        SizeStats::new(vec![10], 5).write_to(&mut metadata);
        assert_eq!(metadata[key::TRACE_SIZE_BYTES], "15");
        let expected = r#"{"total_size_bytes": 15, "num_spans": 1, "max": 10, "p25": 10, "p50": 10, "p75": 10}"#;
        assert_eq!(metadata[key::TRACE_SIZE_STATS], expected);
    }
}
