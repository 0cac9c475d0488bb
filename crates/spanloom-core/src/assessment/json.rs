//! MLflow's JSON of an assessment.

use super::{Assessment, AssessmentError, AssessmentSource, AssessmentSourceType, AssessmentValue};
use crate::python_json::{relayout, write_string};
use crate::trace_json::entries::{self, Entry};
use crate::trace_json::{is_json, rfc3339};
use crate::{BoxError, JsonText, TraceJsonError};

impl Assessment {
    /// MLflow's JSON object on one line, in UTF-8.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(256);
        write(&mut out, self);
        out
    }

    /// The assessment that [`to_json`](Self::to_json), or MLflow, wrote.
    ///
    /// # Errors
    /// When the text is no JSON object, or a key of it is wrong; the error says which.
    pub fn from_json(text: &str) -> Result<Self, TraceJsonError> {
        let text = crate::python_json::repair(text);
        read(text.trim()).map_err(|source| TraceJsonError::Assessment { source })
    }
}

/// The object in a text whose bare words are repaired.
pub(crate) fn read(text: &str) -> Result<Assessment, BoxError> {
    let source = AssessmentSource { source_type: AssessmentSourceType::Other(String::new()), source_id: None };
    let mut read = Assessment::new("".into(), AssessmentValue::Other, source);
    read.valid = None;
    for Entry { key, value } in entries::of(text)? {
        take(&mut read, &key, value).map_err(|error| format!("`{key}`: {error}"))?;
    }
    Ok(read)
}

const KEYS: [&str; 14] = [
    "assessment_id",
    "assessment_name",
    "trace_id",
    "span_id",
    "source",
    "create_time",
    "last_update_time",
    "feedback",
    "expectation",
    "issue",
    "rationale",
    "metadata",
    "overrides",
    "valid",
];

fn take(read: &mut Assessment, key: &str, value: &str) -> Result<(), BoxError> {
    if value == "null" && KEYS.contains(&key) {
        return Ok(());
    }
    match key {
        "assessment_id" => read.assessment_id = entries::text(value)?,
        "assessment_name" => read.name = entries::text(value)?,
        "trace_id" => read.trace_id = Some(entries::text(value)?.parse()?),
        "span_id" => read.span_id = Some(entries::text(value)?.parse()?),
        "source" => read.source = source(value)?,
        "create_time" => read.create_time_unix_nano = time(value)?,
        "last_update_time" => read.last_update_time_unix_nano = time(value)?,
        "feedback" => read.value = feedback(value)?,
        "expectation" => read.value = AssessmentValue::Expectation(expectation(value)?),
        "issue" => read.value = AssessmentValue::Issue(issue(value)?),
        "rationale" => read.rationale = Some(entries::text(value)?),
        "metadata" => read.metadata = entries::texts(value)?,
        "overrides" => read.overrides = Some(entries::text(value)?),
        "valid" => read.valid = Some(serde_json::from_str(value)?),
        _ => read.extra.push((key.to_owned(), JsonText::from_encoded(relayout(value)))),
    }
    Ok(())
}

fn source(text: &str) -> Result<AssessmentSource, BoxError> {
    let mut source = AssessmentSource { source_type: AssessmentSourceType::Other(String::new()), source_id: None };
    for Entry { key, value } in entries::of(text)? {
        match &*key {
            "source_type" => source.source_type = entries::text(value)?.as_str().into(),
            "source_id" if value != "null" => source.source_id = Some(entries::text(value)?),
            _ => {}
        }
    }
    Ok(source)
}

fn time(text: &str) -> Result<u64, BoxError> {
    let text = entries::text(text)?;
    rfc3339::parse(&text).ok_or_else(|| format!("`{text}` is no RFC 3339 time since 1970").into())
}

fn feedback(text: &str) -> Result<AssessmentValue, BoxError> {
    let (mut judged, mut failed) = (None, None);
    for Entry { key, value } in entries::of(text)? {
        match &*key {
            "value" => judged = Some(JsonText::from_encoded(relayout(value))),
            "error" if value != "null" => failed = Some(error(value)?),
            _ => {}
        }
    }
    Ok(AssessmentValue::Feedback { value: judged, error: failed })
}

fn error(text: &str) -> Result<AssessmentError, BoxError> {
    let mut error = AssessmentError::default();
    for Entry { key, value } in entries::of(text)? {
        match &*key {
            "error_code" => error.error_code = entries::text(value)?,
            "error_message" if value != "null" => error.error_message = Some(entries::text(value)?),
            "stack_trace" if value != "null" => error.stack_trace = Some(entries::text(value)?),
            _ => {}
        }
    }
    Ok(error)
}

/// Lists and maps come as a text that holds JSON.
fn expectation(text: &str) -> Result<JsonText, BoxError> {
    for Entry { key, value } in entries::of(text)? {
        match &*key {
            "value" => return Ok(JsonText::from_encoded(relayout(value))),
            "serialized_value" => {
                let inner = entries::of(value)?.into_iter().find(|entry| entry.key == "value");
                let inner = inner.ok_or("`serialized_value` has no `value`")?;
                let text = entries::text(inner.value)?;
                return Ok(if is_json(&text) { JsonText::from_encoded(text) } else { JsonText::string(&text) });
            }
            _ => {}
        }
    }
    Err("it has neither `value` nor `serialized_value`".into())
}

fn issue(text: &str) -> Result<String, BoxError> {
    let name = entries::of(text)?.into_iter().find(|entry| entry.key == "issue_name");
    entries::text(name.ok_or("it has no `issue_name`")?.value)
}

/// The object on one line, in UTF-8.
pub(crate) fn write(out: &mut String, assessment: &Assessment) {
    let mut object = Object { out, is_empty: true };
    object.out.push('{');
    object.text_if(!assessment.assessment_id.is_empty(), "assessment_id", &assessment.assessment_id);
    object.text_if(true, "assessment_name", &assessment.name);
    if let Some(id) = assessment.trace_id {
        object.text_if(true, "trace_id", &id.to_string());
    }
    if let Some(id) = assessment.span_id {
        object.text_if(true, "span_id", &id.to_string());
    }
    write_source(&mut object, &assessment.source);
    object.time("create_time", assessment.create_time_unix_nano);
    object.time("last_update_time", assessment.last_update_time_unix_nano);
    write_value(&mut object, &assessment.value);
    object.optional("rationale", assessment.rationale.as_deref());
    if !assessment.metadata.is_empty() {
        object.key("metadata");
        object.out.push_str(JsonText::capture(&assessment.metadata).as_str());
    }
    object.optional("overrides", assessment.overrides.as_deref());
    if let Some(valid) = assessment.valid {
        object.raw("valid", if valid { "true" } else { "false" });
    }
    for (key, text) in &assessment.extra {
        object.raw(key, text.as_str());
    }
    out.push('}');
}

fn write_source(object: &mut Object<'_>, source: &AssessmentSource) {
    let source_type = source.source_type.as_str();
    if source_type.is_empty() && source.source_id.is_none() {
        return;
    }
    object.nested("source", |inner| {
        inner.text_if(!source_type.is_empty(), "source_type", source_type);
        inner.optional("source_id", source.source_id.as_deref());
    });
}

fn write_value(object: &mut Object<'_>, value: &AssessmentValue) {
    match value {
        AssessmentValue::Feedback { value, error } => object.nested("feedback", |inner| {
            if let Some(value) = value {
                inner.raw("value", value.as_str());
            }
            if let Some(error) = error {
                inner.nested("error", |inner| {
                    inner.text_if(true, "error_code", &error.error_code);
                    inner.optional("error_message", error.error_message.as_deref());
                    inner.optional("stack_trace", error.stack_trace.as_deref());
                });
            }
        }),
        AssessmentValue::Expectation(value) if value.as_str().starts_with(['[', '{']) => {
            object.nested("expectation", |inner| {
                inner.nested("serialized_value", |inner| {
                    inner.text_if(true, "serialization_format", "JSON_FORMAT");
                    inner.text_if(true, "value", value.as_str());
                });
            });
        }
        AssessmentValue::Expectation(value) => {
            object.nested("expectation", |inner| inner.raw("value", value.as_str()));
        }
        AssessmentValue::Issue(name) => object.nested("issue", |inner| inner.text_if(true, "issue_name", name)),
        AssessmentValue::Other => {}
    }
}

/// A JSON object that is being written.
struct Object<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl Object<'_> {
    fn key(&mut self, key: &str) {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push_str(", ");
        }
        write_string(self.out, key);
        self.out.push_str(": ");
    }

    fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.push_str(json);
    }

    fn text_if(&mut self, is_there: bool, key: &str, text: &str) {
        if is_there {
            self.key(key);
            write_string(self.out, text);
        }
    }

    fn optional(&mut self, key: &str, text: Option<&str>) {
        self.text_if(text.is_some(), key, text.unwrap_or_default());
    }

    fn time(&mut self, key: &str, unix_nano: u64) {
        if unix_nano == 0 {
            return;
        }
        self.key(key);
        self.out.push('"');
        rfc3339::write_exact(self.out, unix_nano);
        self.out.push('"');
    }

    fn nested(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        self.out.push('{');
        fill(&mut Object { out: self.out, is_empty: true });
        self.out.push('}');
    }
}
