//! What a chat model answers.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::ChatMessage;
use crate::TokenUsage;

/// What a chat model answers.
///
/// Serialises as the body of a response: `id` and `model` if they are known, `choices`, `usage` if it is known.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ChatCompletion {
    /// The provider's name for it.
    pub id: Option<String>,
    /// Name of the model that answered.
    pub model: Option<String>,
    /// The answer, or several of which one may be chosen.
    pub choices: Vec<ChatChoice>,
    /// Tokens it took.
    pub usage: Option<TokenUsage>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChatChoice {
    /// From 0.
    pub index: usize,
    /// What the model says.
    pub message: ChatMessage,
    /// Why it says no more: `stop`, `length`, `tool_calls`.
    pub finish_reason: Option<String>,
}

impl ChatCompletion {
    /// An answer that is this message. Its finish reason is `tool_calls` when it calls tools, else `stop`.
    pub fn new(message: ChatMessage) -> Self {
        Self::default().choice(message)
    }

    /// Adds another answer.
    #[must_use]
    pub fn choice(mut self, message: ChatMessage) -> Self {
        let finish_reason = if message.tool_calls.is_empty() { "stop" } else { "tool_calls" };
        let choice = ChatChoice { index: self.choices.len(), message, finish_reason: Some(finish_reason.to_owned()) };
        self.choices.push(choice);
        self
    }

    /// Says why the answer that was added last ends.
    #[must_use]
    pub fn finish_reason(mut self, reason: impl Into<String>) -> Self {
        if let Some(last) = self.choices.last_mut() {
            last.finish_reason = Some(reason.into());
        }
        self
    }

    /// Sets the provider's name for it.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the model that answered.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// Sets the tokens it took.
    #[must_use]
    pub fn usage(mut self, usage: TokenUsage) -> Self {
        self.usage = Some(usage);
        self
    }
}

impl Serialize for ChatCompletion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, text) in [("id", &self.id), ("model", &self.model)] {
            if let Some(text) = text {
                map.serialize_entry(key, text)?;
            }
        }
        map.serialize_entry("choices", &self.choices)?;
        if let Some(usage) = &self.usage {
            map.serialize_entry("usage", &ProviderUsage::of(usage))?;
        }
        map.end()
    }
}

/// Token counts under the names of OpenAI's API.
#[derive(Serialize)]
struct ProviderUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
}

impl ProviderUsage {
    fn of(usage: &TokenUsage) -> Self {
        Self {
            prompt_tokens: usage.input_tokens,
            completion_tokens: usage.output_tokens,
            total_tokens: usage.total_tokens,
        }
    }
}
