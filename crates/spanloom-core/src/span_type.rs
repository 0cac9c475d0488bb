//! What a span stands for in a GenAI program.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a span stands for; MLflow's names, or any name of your own.
///
/// Default: [`SpanType::Unknown`]. Names are case-sensitive and kept as given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum SpanType {
    /// A text completion.
    Llm,
    /// A fixed sequence of steps.
    Chain,
    /// A loop that decides its next step.
    Agent,
    /// A call out of the model's world.
    Tool,
    /// A chat completion.
    ChatModel,
    /// A search that gives documents.
    Retriever,
    /// A step that turns text into structure.
    Parser,
    /// Text into vectors.
    Embedding,
    /// A second ranking of documents.
    Reranker,
    /// Reading or writing what is remembered between turns.
    Memory,
    /// Nothing was said.
    #[default]
    Unknown,
    /// A workflow of several tasks.
    Workflow,
    /// One task of a workflow.
    Task,
    /// A check of what goes in or comes out.
    Guardrail,
    /// A judgement of quality.
    Evaluator,
    /// Any other name.
    Custom(Cow<'static, str>),
}

const BUILT_IN: [(SpanType, &str); 15] = [
    (SpanType::Llm, "LLM"),
    (SpanType::Chain, "CHAIN"),
    (SpanType::Agent, "AGENT"),
    (SpanType::Tool, "TOOL"),
    (SpanType::ChatModel, "CHAT_MODEL"),
    (SpanType::Retriever, "RETRIEVER"),
    (SpanType::Parser, "PARSER"),
    (SpanType::Embedding, "EMBEDDING"),
    (SpanType::Reranker, "RERANKER"),
    (SpanType::Memory, "MEMORY"),
    (SpanType::Unknown, "UNKNOWN"),
    (SpanType::Workflow, "WORKFLOW"),
    (SpanType::Task, "TASK"),
    (SpanType::Guardrail, "GUARDRAIL"),
    (SpanType::Evaluator, "EVALUATOR"),
];

impl SpanType {
    /// The name, as MLflow writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Custom(name) => name,
            known => BUILT_IN.iter().find(|(t, _)| t == known).map_or("UNKNOWN", |(_, name)| name),
        }
    }

    /// The type in the JSON text of the reserved attribute; what is not a string there is no type.
    pub fn from_attribute(json: &str) -> Self {
        let plain = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if let Some(built_in) = plain.and_then(Self::built_in) {
            return built_in;
        }
        serde_json::from_str::<String>(json).map(Self::from).unwrap_or_default()
    }

    fn built_in(name: &str) -> Option<Self> {
        BUILT_IN.iter().find(|(_, n)| *n == name).map(|(t, _)| t.clone())
    }
}

impl From<&'static str> for SpanType {
    fn from(name: &'static str) -> Self {
        Self::built_in(name).unwrap_or(Self::Custom(Cow::Borrowed(name)))
    }
}

impl From<String> for SpanType {
    fn from(name: String) -> Self {
        Self::built_in(&name).unwrap_or(Self::Custom(Cow::Owned(name)))
    }
}

impl From<SpanType> for String {
    fn from(span_type: SpanType) -> Self {
        span_type.as_str().to_owned()
    }
}

impl fmt::Display for SpanType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_names_come_back_as_the_variant_and_others_as_given() {
        for (span_type, name) in &BUILT_IN {
            assert_eq!(&SpanType::from(name.to_string()), span_type);
            assert_eq!(span_type.as_str(), *name);
        }
        assert_eq!(SpanType::from("func").as_str(), "func");
        assert_eq!(SpanType::from("llm"), SpanType::Custom("llm".into()));
    }
}
