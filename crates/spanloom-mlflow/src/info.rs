//! A trace's info as the server takes it, and what it answers.
//!
//! Pure. A field that the server cannot read makes it drop that field *and all that follow*, and answer 200: so types are
//! as it wants them, and the answer is compared with what was sent.

use serde_json::{Map, Value as Json, json};
use spanloom_core::TraceInfo;

use crate::error::ServerError;

/// Tags that a server sets itself, and that mislead it when they are sent.
const SERVER_TAGS: [&str; 4] = [
    "mlflow.artifactLocation",
    "mlflow.trace.spansLocation",
    "mlflow.trace.archiveLocation",
    "mlflow.trace.archivalFailure",
];
/// Columns of its database; SQLite takes longer texts, others do not.
const MAX_PREVIEW_CHARS: usize = 1_000;
const MAX_CLIENT_REQUEST_ID_CHARS: usize = 50;

/// How long texts may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// As they are: what was recorded is what is read back.
    Whole,
    /// Cut to the columns of the server's database.
    Cut,
}

/// The body of the request that stores a trace's info.
pub(crate) fn body(info: &TraceInfo, experiment_id: &str, texts: Texts) -> Json {
    let recorded: Map<String, Json> = serde_json::from_str(&info.to_json()).unwrap_or_default();
    let mut sent = Map::new();
    for (key, value) in recorded {
        match (key.as_str(), value) {
            ("execution_duration_ms", Json::Number(ms)) => {
                sent.insert("execution_duration".to_owned(), json!(duration(ms.as_u64().unwrap_or(0))));
            }
            ("trace_location" | "interrupted" | "execution_duration_ms", _) => {}
            ("tags", Json::Object(mut tags)) => {
                tags.retain(|tag, _| !SERVER_TAGS.contains(&tag.as_str()));
                sent.insert(key, Json::Object(tags));
            }
            ("request_preview" | "response_preview", Json::String(text)) => {
                sent.insert(key, json!(fitted(text, MAX_PREVIEW_CHARS, texts)));
            }
            ("client_request_id", Json::String(text)) => {
                sent.insert(key, json!(fitted(text, MAX_CLIENT_REQUEST_ID_CHARS, texts)));
            }
            (_, value) => {
                sent.insert(key, value);
            }
        }
    }
    let location = json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": experiment_id } });
    sent.insert("trace_location".to_owned(), location);
    json!({ "trace": { "trace_info": sent } })
}

/// What the server made of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Where it has the spans; none when it has none.
    pub(crate) spans_location: Option<String>,
    /// Where it wants artifacts.
    pub(crate) artifact_location: Option<String>,
}

/// Reads the answer and compares it with what was sent.
pub(crate) fn kept(sent: &Json, answer: &Json) -> Result<Kept, ServerError> {
    let (sent, kept) = (&sent["trace"]["trace_info"], &answer["trace"]["trace_info"]);
    for field in ["trace_id", "state"] {
        if sent[field] != kept[field] {
            return Err(ServerError::NotKept { field, kept: kept[field].to_string() });
        }
    }
    let tag = |name: &str| kept["tags"][name].as_str().map(str::to_owned);
    Ok(Kept { spans_location: tag("mlflow.trace.spansLocation"), artifact_location: tag("mlflow.artifactLocation") })
}

/// Whether cutting would change anything.
pub(crate) fn is_longer_than_columns(info: &TraceInfo) -> bool {
    let longer = |text: &Option<String>, limit| text.as_ref().is_some_and(|text| text.chars().count() > limit);
    longer(&info.request_preview, MAX_PREVIEW_CHARS)
        || longer(&info.response_preview, MAX_PREVIEW_CHARS)
        || longer(&info.client_request_id, MAX_CLIENT_REQUEST_ID_CHARS)
}

fn fitted(text: String, limit: usize, texts: Texts) -> String {
    if texts == Texts::Whole || text.chars().count() <= limit {
        return text;
    }
    text.chars().take(limit - 3).chain("...".chars()).collect()
}

fn duration(ms: u64) -> String {
    format!("{}.{:03}s", ms / 1_000, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use spanloom_core::{TraceId, TraceState};

    use super::*;

    fn info() -> TraceInfo {
        let mut info = TraceInfo::new(TraceId::from_u128(7).unwrap(), 1_700_000_000_005_000_000);
        info.state = TraceState::Ok;
        info.execution_duration_ms = Some(1_050);
        info.request_preview = Some("é".repeat(1_001));
        info.tags.insert("fruit".to_owned(), "apple".to_owned());
        info.tags.insert("mlflow.artifactLocation".to_owned(), "x".to_owned());
        info
    }

    #[test]
    fn it_has_the_server_s_names_and_forms() {
        let body = body(&info(), "3", Texts::Whole);
        let sent = &body["trace"]["trace_info"];
        assert_eq!(sent["execution_duration"], "1.050s");
        assert_eq!(sent["request_time"], "2023-11-14T22:13:20.005Z");
        assert_eq!(sent["state"], "OK");
        assert_eq!(sent["trace_location"]["mlflow_experiment"]["experiment_id"], "3");
        assert_eq!(sent["tags"], json!({ "fruit": "apple" }));
        assert!(sent.get("execution_duration_ms").is_none());
    }

    #[test]
    fn long_previews_go_whole_unless_the_server_cannot_hold_them() {
        assert!(is_longer_than_columns(&info()));
        let preview = |texts| {
            body(&info(), "0", texts)["trace"]["trace_info"]["request_preview"].as_str().unwrap().chars().count()
        };
        assert_eq!((preview(Texts::Whole), preview(Texts::Cut)), (1_001, 1_000));
    }

    #[test]
    fn fields_that_the_server_dropped_are_noticed() {
        let sent = body(&info(), "0", Texts::Whole);
        assert!(kept(&sent, &sent).is_ok());
        let mut answer = sent.clone();
        answer["trace"]["trace_info"]["state"] = json!("STATE_UNSPECIFIED");
        assert!(matches!(kept(&sent, &answer), Err(ServerError::NotKept { field: "state", .. })));
    }
}
