//! What is known of a trace as a whole, above its tree.

use jiff::tz::TimeZone;
use spanloom::{Trace, TraceInfo};

use crate::render::escape::{columns, escape, fit};
use crate::render::moment;
use crate::render::style::{self, paint};

const LABEL_COLUMNS: usize = 10;
const NAME: &str = "mlflow.traceName";
const SESSION: &str = "mlflow.trace.session";
const USER: &str = "mlflow.trace.user";
const TOKEN_USAGE: &str = "mlflow.trace.tokenUsage";

/// The name of a trace, which MLflow keeps among its tags; empty when it has none.
pub(crate) fn name(info: &TraceInfo) -> &str {
    info.tags.get(NAME).map_or("", String::as_str)
}

/// How long a trace took, or has run so far at this moment.
pub(crate) fn took(info: &TraceInfo, now_unix_nano: u64) -> String {
    match info.execution_duration_ms {
        Some(0) => "< 1 ms".to_owned(),
        Some(ms) => moment::duration(i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000_000)),
        None if info.interrupted => String::new(),
        None => {
            let ns = now_unix_nano.saturating_sub(info.request_time_unix_nano);
            moment::duration(i64::try_from(ns).unwrap_or(i64::MAX)) + "…"
        }
    }
}

/// The header, line by line: what is not known has no line.
pub(crate) fn header(trace: &Trace, width: usize, now_unix_nano: u64, zone: &TimeZone) -> String {
    let info = &trace.info;
    let (state, state_style) = style::of_state(info.state, info.interrupted);
    let title_columns = width.saturating_sub(columns(state) + info.trace_id.to_string().len() + 4);
    let title = paint(style::STRONG, fit(name(info), title_columns));
    let mut text = format!("{}  {title}  {}\n", paint(state_style, state), paint(style::FAINT, info.trace_id));
    for (label, value) in facts(trace, now_unix_nano, zone) {
        let value = fit(&value, width.saturating_sub(LABEL_COLUMNS + 2));
        text.push_str(&format!("  {}{value}\n", paint(style::FAINT, format!("{label:LABEL_COLUMNS$}"))));
    }
    text
}

fn facts(trace: &Trace, now_unix_nano: u64, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let info = &trace.info;
    let started = info.request_time_unix_nano;
    let mut facts = vec![
        ("started", format!("{}, {}", moment::date_time(started, zone), moment::ago(started, now_unix_nano))),
        ("took", whole_duration(trace, now_unix_nano)),
        ("spans", spans(trace)),
    ];
    facts.extend(metadata(info, SESSION).map(|session| ("session", session)));
    facts.extend(metadata(info, USER).map(|user| ("user", user)));
    facts.extend(info.trace_metadata.get(TOKEN_USAGE).and_then(|usage| tokens(usage)).map(|text| ("tokens", text)));
    facts.extend(info.cost().map(|cost| ("cost", dollars(cost.total_cost))));
    facts.extend(judged(info).map(|text| ("judged", text)));
    facts.extend(tags(info).map(|tags| ("tags", tags)));
    facts.extend(info.request_preview.clone().map(|text| ("request", text)));
    facts.extend(info.response_preview.clone().map(|text| ("response", text)));
    facts
}

/// `$0.0015`: as many digits as it takes, six behind the point at the most.
fn dollars(amount: f64) -> String {
    let digits = format!("{amount:.6}");
    format!("${}", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// The valid assessments: `relevance 0.9 (HUMAN reviewer-1)`.
fn judged(info: &TraceInfo) -> Option<String> {
    let valid = info.assessments.iter().filter(|assessment| assessment.is_valid());
    let texts: Vec<String> = valid
        .map(|assessment| {
            let value = assessment.value_text().map_or_else(String::new, |text| format!(" {text}"));
            let source = assessment.source.source_id.as_deref().unwrap_or_default();
            format!("{}{value} ({} {source})", assessment.name, assessment.source.source_type)
        })
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// The root's own duration is exact where the trace's is cut to milliseconds.
fn whole_duration(trace: &Trace, now_unix_nano: u64) -> String {
    match trace.root().and_then(|root| root.duration_ns()) {
        Some(ns) if trace.info.execution_duration_ms.is_some() => moment::duration(ns),
        _ if trace.info.interrupted => "unknown: its process ended while it ran".to_owned(),
        _ => took(&trace.info, now_unix_nano),
    }
}

fn spans(trace: &Trace) -> String {
    let spans = &trace.data.spans;
    let failed = spans.iter().filter(|span| span.status.is_error()).count();
    let open = spans.iter().filter(|span| span.end_time_unix_nano.is_none()).count();
    let mut text = spans.len().to_string();
    for (count, what) in [(failed, "failed"), (open, "open")] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text
}

fn metadata(info: &TraceInfo, key: &str) -> Option<String> {
    info.trace_metadata.get(key).cloned()
}

/// Tags of the program; MLflow's own are shown elsewhere.
fn tags(info: &TraceInfo) -> Option<String> {
    let own = info.tags.iter().filter(|(key, _)| !key.starts_with("mlflow."));
    let listed: Vec<_> = own.map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
    (!listed.is_empty()).then(|| listed.join("  "))
}

fn tokens(usage: &str) -> Option<String> {
    let usage: serde_json::Value = serde_json::from_str(usage).ok()?;
    let count = |key: &str| usage.get(key).and_then(serde_json::Value::as_u64);
    Some(format!("{} in, {} out, {} together", count("input_tokens")?, count("output_tokens")?, count("total_tokens")?))
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;
    use spanloom::{Assessment, AssessmentSource};

    use crate::render::sample::{START, Sample};

    #[test]
    fn the_header_shows_what_is_known_and_nothing_else() {
        let trace = Sample::new().span(1, 0, "answer").span(2, 1, "tool").failed().info(|info| {
            info.execution_duration_ms = Some(1);
            info.request_preview = Some("Why\nnot?".to_owned());
            info.tags.insert(NAME.to_owned(), "answer".to_owned());
            info.tags.insert("topic".to_owned(), "store".to_owned());
            info.trace_metadata.insert(SESSION.to_owned(), "s-1".to_owned());
            let usage = r#"{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}"#;
            info.trace_metadata.insert(TOKEN_USAGE.to_owned(), usage.to_owned());
            let cost = r#"{"input_cost": 6.3e-05, "output_cost": 0.0015, "total_cost": 0.001563}"#;
            info.trace_metadata.insert("mlflow.trace.cost".to_owned(), cost.to_owned());
            let source = AssessmentSource::human("ann");
            info.assessments.push(Assessment::feedback("relevance", 0.9).source(source));
            info.assessments.push(Assessment::expectation("answer", "blue"));
        });
        let text = header(&trace.trace(), 80, START + 5_000_000_000, &TimeZone::UTC);
        let expected = "\
OK  answer  tr-0123456789abcdef0123456789abcdef
  started   2023-11-14 22:13:20.000 +00:00, 5s ago
  took      1.00 ms
  spans     2, 1 failed
  session   s-1
  tokens    3 in, 4 out, 7 together
  cost      $0.001563
  judged    relevance 0.9 (HUMAN ann); answer \"blue\" (HUMAN default)
  tags      topic=store
  request   Why\\nnot?
";
        assert_eq!(strip_str(&text).to_string(), expected);
    }

    #[test]
    fn a_trace_whose_process_died_is_said_to_be_interrupted() {
        let trace = Sample::new().span(1, 0, "answer").ran(0, None).info(|info| info.interrupted = true).trace();
        let text = strip_str(&header(&trace, 80, START, &TimeZone::UTC)).to_string();
        assert!(text.starts_with("interrupted  "));
        assert!(text.contains("took      unknown: its process ended while it ran\n"));
        assert!(text.contains("spans     1, 1 open\n"));
    }
}
