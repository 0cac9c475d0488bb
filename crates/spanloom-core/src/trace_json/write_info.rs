//! Writing the `info` object.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::rfc3339;
use crate::python_json::write_string;
use crate::{JsonText, TraceInfo, assessment};

/// Longest key and value of the metadata, and longest key of a tag, in characters.
const METADATA_CHARS: usize = 250;
/// Longest value of a tag, in characters.
const TAG_CHARS: usize = 4_096;

/// Writes the object on one line, in UTF-8.
pub(super) fn write_info(out: &mut String, info: &TraceInfo) {
    let mut object = Object { out, extra: &info.extra, is_empty: true };
    object.out.push('{');
    object.put("trace_id", |out| write_string(out, &info.trace_id.to_string()));
    object.text("client_request_id", info.client_request_id.as_deref());
    object.put("trace_location", |out| {
        out.push_str("{\"type\": \"MLFLOW_EXPERIMENT\", \"mlflow_experiment\": {\"experiment_id\": ");
        write_string(out, &info.experiment_id);
        out.push_str("}}");
    });
    object.put("request_time", |out| {
        out.push('"');
        rfc3339::write(out, info.request_time_unix_nano);
        out.push('"');
    });
    object.text("state", Some(info.state.as_str()));
    object.texts("trace_metadata", &info.trace_metadata, METADATA_CHARS);
    if !info.assessments.is_empty() {
        object.put("assessments", |out| write_assessments(out, info));
    }
    object.texts("tags", &info.tags, TAG_CHARS);
    object.text("request_preview", info.request_preview.as_deref());
    object.text("response_preview", info.response_preview.as_deref());
    if let Some(ms) = info.execution_duration_ms {
        object.put("execution_duration_ms", |out| out.push_str(&ms.to_string()));
    }
    if info.interrupted {
        object.put("interrupted", |out| out.push_str("true"));
    }
    let extra = std::mem::take(&mut object.extra);
    for (key, text) in extra {
        object.put(key, |out| out.push_str(text.as_str()));
    }
    out.push('}');
}

fn write_assessments(out: &mut String, info: &TraceInfo) {
    out.push('[');
    for (index, item) in info.assessments.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        assessment::write(out, item);
    }
    out.push(']');
}

/// The object while it is written. A key that is kept from a file is left to that.
struct Object<'a> {
    out: &'a mut String,
    extra: &'a [(String, JsonText)],
    is_empty: bool,
}

impl Object<'_> {
    fn put(&mut self, key: &str, value: impl FnOnce(&mut String)) {
        if self.extra.iter().any(|(kept, _)| kept == key) {
            return;
        }
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push_str(", ");
        }
        write_string(self.out, key);
        self.out.push_str(": ");
        value(self.out);
    }

    fn text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.put(key, |out| write_string(out, text));
        }
    }

    fn texts(&mut self, key: &str, map: &BTreeMap<String, String>, value_chars: usize) {
        if map.is_empty() {
            return;
        }
        let map = within(map, value_chars);
        self.put(key, |out| {
            let mut before = '{';
            for (name, value) in &*map {
                out.push_str(if before == '{' { "{" } else { ", " });
                before = ',';
                write_string(out, name);
                out.push_str(": ");
                write_string(out, value);
            }
            out.push('}');
        });
    }
}

/// The map with its texts cut. Of keys that are the same then the last counts.
fn within(map: &BTreeMap<String, String>, value_chars: usize) -> Cow<'_, BTreeMap<String, String>> {
    // A text has at least as many bytes as characters.
    if map.iter().all(|(key, value)| key.len() <= METADATA_CHARS && value.len() <= value_chars) {
        return Cow::Borrowed(map);
    }
    let cut = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
    Cow::Owned(map.iter().map(|(key, value)| (cut(key, METADATA_CHARS), cut(value, value_chars))).collect())
}
