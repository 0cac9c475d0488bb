//! What differs between two JSON values, with the way to it.

use std::fmt;

use serde_json::Value;

/// One place where they differ.
#[derive(Debug)]
pub(super) struct Found {
    /// The way to it: `T1S2.attributes.model`.
    pub(super) at: String,
    /// What was recorded, as JSON, or `absent`.
    pub(super) theirs: String,
    /// What came out here.
    pub(super) ours: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = self.theirs.chars().zip(self.ours.chars()).take_while(|(theirs, ours)| theirs == ours).count();
        let (theirs, ours) = (window(&self.theirs, same), window(&self.ours, same));
        write!(f, "  {}\n    MLflow:   {theirs}\n    Spanloom: {ours}", self.at)
    }
}

/// What is around the first character that differs; the whole of a short text.
fn window(text: &str, differs_at: usize) -> String {
    const AROUND: usize = 80;
    let length = text.chars().count();
    if length <= 2 * AROUND {
        return text.to_owned();
    }
    let start = differs_at.saturating_sub(AROUND);
    let shown: String = text.chars().skip(start).take(2 * AROUND).collect();
    format!("… from character {start} of {length}: {shown} …")
}

/// Compares normalised traces: `at` names the first of a pair.
pub(super) fn traces(theirs: &[&Value], ours: &[Value]) -> Vec<Found> {
    let mut found = Vec::new();
    if theirs.len() != ours.len() {
        found.push(Found { at: "traces".into(), theirs: theirs.len().to_string(), ours: ours.len().to_string() });
    }
    for (at, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
        let trace = format!("T{}", at + 1);
        values(&format!("{trace}.info"), &theirs["info"], &ours["info"], &mut found);
        let (spans, our_spans) = (list(&theirs["data"]["spans"]), list(&ours["data"]["spans"]));
        if spans.len() != our_spans.len() {
            let at = format!("{trace}.data.spans");
            found.push(Found { at, theirs: spans.len().to_string(), ours: our_spans.len().to_string() });
        }
        for (theirs, ours) in spans.iter().zip(our_spans) {
            let id = theirs["span_id"].as_str().unwrap_or_default();
            values(id.trim_start_matches('<').trim_end_matches(".b64>"), theirs, ours, &mut found);
        }
    }
    found
}

/// Compares what the programs saw. Of an error that was raised its kind counts, and not what it says.
pub(super) fn observations(theirs: &Value, ours: &Value) -> Vec<Found> {
    let mut found = Vec::new();
    let kind = |value: &Value| match value.get("raised") {
        Some(kind) => kind.clone(),
        None => value.clone(),
    };
    let kinds = |value: &Value| {
        let fields = value.as_object().into_iter().flatten();
        Value::Object(fields.map(|(key, value)| (key.clone(), kind(value))).collect())
    };
    values("observations", &kinds(theirs), &kinds(ours), &mut found);
    found
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn values(at: &str, theirs: &Value, ours: &Value, found: &mut Vec<Found>) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => {
            let added = ours.keys().filter(|key| !theirs.contains_key(*key));
            for key in theirs.keys().chain(added) {
                fields(&format!("{at}.{key}"), theirs.get(key), ours.get(key), found);
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            for index in 0..theirs.len().max(ours.len()) {
                fields(&format!("{at}[{index}]"), theirs.get(index), ours.get(index), found);
            }
        }
        _ => fields(at, Some(theirs), Some(ours), found),
    }
}

fn fields(at: &str, theirs: Option<&Value>, ours: Option<&Value>, found: &mut Vec<Found>) {
    match (theirs, ours) {
        (Some(theirs), Some(ours)) if theirs == ours => {}
        (Some(theirs), Some(ours)) if is_nested(theirs) && is_nested(ours) && theirs.is_array() == ours.is_array() => {
            values(at, theirs, ours, found);
        }
        // Whether there is a repository depends on where a program runs.
        (Some(_), None) if at.contains(".trace_metadata.mlflow.source.git.") => {}
        _ => {
            let text = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), Value::to_string);
            found.push(Found { at: at.to_owned(), theirs: text(theirs), ours: text(ours) });
        }
    }
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

#[test]
fn every_kind_of_difference_is_found_where_it_is() {
    let theirs = serde_json::json!({"info": {"a": 1, "gone": 2, "same": [1, {"x": 1}]}, "data": {"spans": [
        {"span_id": "<T1S1.b64>", "name": "n", "events": [{"name": "e"}, {"name": "f"}]}]}});
    let ours = serde_json::json!({"info": {"a": 1.0, "same": [1, {"x": 1}], "new": null}, "data": {"spans": [
        {"span_id": "<T1S1.b64>", "name": "m", "events": [{"name": "e"}]}, {}]}});
    let found: Vec<_> = traces(&[&theirs, &theirs], &[ours]).into_iter().map(|found| found.at).collect();
    let expected =
        ["traces", "T1.info.a", "T1.info.gone", "T1.info.new", "T1.data.spans", "T1S1.name", "T1S1.events[1]"];
    assert_eq!(found, expected);
}
