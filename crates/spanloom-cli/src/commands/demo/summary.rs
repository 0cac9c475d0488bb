//! What the demo recorded, in numbers, and where to look.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use spanloom::{DropReason, ShutdownReport, Trace, TraceId};

use crate::args::Demo;
use crate::commands::demo::asking::Tally;
use crate::commands::demo::delivering::Delivery;
use crate::render::escape::escape;
use crate::render::moment;
use crate::render::style::{self, paint};

/// What `--json` prints.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    store: String,
    traces: u64,
    answered: u64,
    unanswered: u64,
    spans: u64,
    lost: BTreeMap<DropReason, u64>,
    elapsed_ms: f64,
    traces_per_second: f64,
    spans_per_second: f64,
    last_trace_id: Option<TraceId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mlflow: Option<Delivery>,
}

impl Summary {
    /// `elapsed` is the time from the first question until everything was stored.
    pub(crate) fn of(
        tally: &Tally,
        report: &ShutdownReport,
        elapsed: Duration,
        arguments: &Demo,
        last: Option<&Trace>,
        mlflow: Option<Delivery>,
    ) -> Self {
        let traces = tally.traces();
        let seconds = elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            store: arguments.store.display().to_string(),
            traces,
            answered: tally.answered,
            unanswered: tally.unanswered,
            spans: report.stored,
            lost: report.lost.clone(),
            elapsed_ms: (seconds * 1e6).round() / 1e3,
            traces_per_second: (traces as f64 / seconds).round(),
            spans_per_second: (report.stored as f64 / seconds).round(),
            last_trace_id: last.map(|trace| trace.info.trace_id),
            mlflow,
        }
    }

    /// One JSON object.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("numbers, strings and a map with names as keys always serialise")
    }

    /// A few lines for people.
    pub(crate) fn to_text(&self) -> String {
        let took = moment::duration((self.elapsed_ms * 1e6) as i64);
        let count = |number: u64| paint(style::STRONG, grouped(number));
        let (traces, spans) = (grouped(self.traces_per_second as u64), grouped(self.spans_per_second as u64));
        let mut text = format!("{} traces, {} spans in {took}: ", count(self.traces), count(self.spans));
        text.push_str(&format!("{traces} traces/s, {spans} spans/s, {}\n", self.loss()));
        let (answered, unanswered) = (grouped(self.answered), grouped(self.unanswered));
        text.push_str(&format!(
            "{answered} questions answered; {unanswered} not, as the documents do not say (state ERROR)\n\n"
        ));
        let store = escape(&self.store);
        text.push_str(&format!("They are stored in {}. To look at them:\n", paint(style::STRONG, &store)));
        text.push_str(&format!("  spanloom list --store {store}\n"));
        if let Some(id) = self.last_trace_id {
            text.push_str(&format!("  spanloom show {id} --store {store}\n"));
        }
        if let Some(delivery) = &self.mlflow {
            text.push_str(&self.delivered(delivery));
        }
        text
    }

    fn delivered(&self, delivery: &Delivery) -> String {
        let (uri, delivered) = (escape(&delivery.uri), grouped(delivery.delivered));
        match &delivery.error {
            None => format!("\n{delivered} traces are in the experiment `demo` of {}\n", paint(style::STRONG, &uri)),
            Some(error) => {
                let left = grouped(self.traces.saturating_sub(delivery.delivered));
                let failed = paint(style::BAD, format!("{delivered} traces are at {uri}, {left} wait in the store"));
                format!(
                    "\n{failed}: {}\nRun the demo again with the same --store and --mlflow to send them.\n",
                    escape(error)
                )
            }
        }
    }

    fn loss(&self) -> String {
        let reasons: Vec<_> = self.lost.iter().filter(|(_, spans)| **spans > 0).collect();
        if reasons.is_empty() {
            return "none lost".to_owned();
        }
        let reasons = reasons.into_iter().map(|(reason, spans)| format!("{} {}", grouped(*spans), reason.as_str()));
        paint(style::BAD, format!("spans lost: {}", reasons.collect::<Vec<_>>().join(", ")))
    }
}

/// `12,345,678`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), expected);
        }
    }
}
