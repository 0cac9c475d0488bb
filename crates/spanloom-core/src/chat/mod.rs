//! Chats in the shape that MLflow's viewer draws as a conversation: the one of OpenAI's chat completions.
//!
//! A [`Chat`] is what a model was asked, a [`ChatCompletion`] what it answered. `Span::set_chat` and
//! `Span::set_chat_completion` record them with everything that belongs to them; a span may just as well take them as
//! inputs and outputs.

mod completion;
mod message;
mod tool;

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

pub use completion::{ChatChoice, ChatCompletion};
pub use message::{ChatContent, ChatMessage, ChatPart, ToolCall};
pub use tool::ToolDefinition;

use crate::JsonText;

/// What a chat model is asked: messages, tools, and any other parameters of the call.
///
/// Serialises as the body of a request: `messages`, `model`, the parameters in their order, `tools`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Chat {
    /// Name of the model.
    pub model: Option<String>,
    /// The conversation so far.
    pub messages: Vec<ChatMessage>,
    /// What the model may call.
    pub tools: Vec<ToolDefinition>,
    /// `temperature`, `max_tokens` and the like.
    pub parameters: Vec<(Cow<'static, str>, JsonText)>,
}

impl Chat {
    /// A chat with no messages yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the model.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>) -> Self {
        self.model = Some(name.into());
        self
    }

    /// Adds a message.
    #[must_use]
    pub fn message(mut self, message: ChatMessage) -> Self {
        self.messages.push(message);
        self
    }

    /// Adds messages, in order.
    #[must_use]
    pub fn messages(mut self, messages: impl IntoIterator<Item = ChatMessage>) -> Self {
        self.messages.extend(messages);
        self
    }

    /// Adds a message of the system.
    #[must_use]
    pub fn system(self, text: impl Into<String>) -> Self {
        self.message(ChatMessage::system(text))
    }

    /// Adds a message of the user.
    #[must_use]
    pub fn user(self, text: impl Into<String>) -> Self {
        self.message(ChatMessage::user(text))
    }

    /// Adds a message of the model.
    #[must_use]
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.message(ChatMessage::assistant(text))
    }

    /// Adds something that the model may call.
    #[must_use]
    pub fn tool(mut self, tool: ToolDefinition) -> Self {
        self.tools.push(tool);
        self
    }

    /// Adds a parameter of the call.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        self.parameters.push((name.into(), JsonText::capture(&value)));
        self
    }
}

impl Serialize for Chat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("messages", &self.messages)?;
        if let Some(model) = &self.model {
            map.serialize_entry("model", model)?;
        }
        for (name, value) in &self.parameters {
            map.serialize_entry(name, value)?;
        }
        if !self.tools.is_empty() {
            map.serialize_entry("tools", &self.tools)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests;
