//! What is left out of a log before anything else looks at it, by how much the engine keeps.

use spanloom_api::capture_mode::Capture;
use spanloom_api::record::Field;
use spanloom_core::attribute_key as key;

/// What becomes of one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Keep,
    /// Its name and time stay.
    Bare,
    Drop,
}

/// What becomes of an entry about a span or its trace.
#[inline]
pub(super) fn fate(capture: Capture, field: Field, name: &str) -> Fate {
    match capture {
        Capture::Full => Fate::Keep,
        Capture::Metadata => without_content(field, name),
        _ => structure_only(field, name),
    }
}

fn without_content(field: Field, name: &str) -> Fate {
    match field {
        Field::Attribute if is_content(name) => Fate::Drop,
        Field::DefaultOutputs | Field::RequestPreview | Field::ResponsePreview => Fate::Drop,
        Field::Event if name.starts_with("mlflow.chunk.item.") || is_content(name) => Fate::Bare,
        _ => Fate::Keep,
    }
}

fn structure_only(field: Field, name: &str) -> Fate {
    match field {
        Field::Attribute if matches!(name, key::SPAN_TYPE | key::LOG_LEVEL) => Fate::Keep,
        Field::StatusOk | Field::Paused | Field::StartTime | Field::EndTime | Field::State => Fate::Keep,
        Field::Event | Field::Link | Field::StatusError => Fate::Bare,
        _ => Fate::Drop,
    }
}

/// Names, and starts of names, under which the conventions of MLflow, OpenTelemetry, OpenInference and OpenLLMetry put what
/// was said to a model or a tool, and what came back.
const CONTENT: [&str; 13] = [
    key::INPUTS,
    key::OUTPUTS,
    "mlflow.chat.messages",
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.query.text",
    "gen_ai.retrieval.documents",
    "gen_ai.choice",
    "input.value",
    "output.value",
];
const CONTENT_STARTS: [&str; 16] = [
    "gen_ai.prompt.variable.",
    "gen_ai.completion",
    "gen_ai.client.inference.operation.details",
    "gen_ai.memory.",
    "llm.input_messages",
    "llm.output_messages",
    "llm.prompts",
    "llm.choices",
    "llm.prompt_template",
    "llm.completions",
    "input.images",
    "retrieval.documents",
    "embedding.embeddings",
    "reranker.",
    "tool.parameters",
    "traceloop.entity.",
];
/// Events of older conventions, one for each message.
const MESSAGES: [&str; 5] = ["system", "user", "assistant", "tool", "choice"];

fn is_content(name: &str) -> bool {
    CONTENT.contains(&name) || CONTENT_STARTS.iter().any(|start| name.starts_with(start)) || is_older_content(name)
}

/// `gen_ai.prompt`, `gen_ai.prompt.0.content`, `gen_ai.user.message`; but not `gen_ai.prompt.name`.
fn is_older_content(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("gen_ai.") else { return false };
    let prompt = rest.strip_prefix("prompt").is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    });
    prompt || rest.strip_suffix(".message").is_some_and(|role| MESSAGES.contains(&role))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_goes_and_what_is_said_about_it_stays() {
        let fate = |name| fate(Capture::Metadata, Field::Attribute, name);
        for name in [
            key::INPUTS,
            key::OUTPUTS,
            "mlflow.chat.messages",
            "gen_ai.prompt",
            "gen_ai.prompt.0.content",
            "input.value",
            "gen_ai.completion.1.role",
            "gen_ai.user.message",
            "llm.input_messages.0.message.content",
            "tool.parameters",
        ] {
            assert_eq!(fate(name), Fate::Drop, "{name}");
        }
        for name in [
            key::TOKEN_USAGE,
            key::MODEL,
            key::SPAN_TYPE,
            "gen_ai.prompt.name",
            "gen_ai.request.model",
            "shard",
            "input.mime_type",
            "gen_ai.usage.input_tokens",
            "llm.model_name",
            "gen_ai.tool.name",
        ] {
            assert_eq!(fate(name), Fate::Keep, "{name}");
        }
    }

    #[test]
    fn the_structure_has_no_attribute_but_type_and_level() {
        for (field, name, expected) in [
            (Field::Attribute, key::SPAN_TYPE, Fate::Keep),
            (Field::Attribute, key::MODEL, Fate::Drop),
            (Field::Attribute, key::DESCRIPTION, Fate::Drop),
            (Field::Event, "exception", Fate::Bare),
            (Field::Tag, "t", Fate::Drop),
            (Field::Metadata, "m", Fate::Drop),
            (Field::ClientRequestId, "", Fate::Drop),
            (Field::State, "", Fate::Keep),
            (Field::StatusError, "", Fate::Bare),
        ] {
            assert_eq!(fate(Capture::None, field, name), expected, "{field:?} {name}");
        }
    }
}
