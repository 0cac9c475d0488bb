//! One message of a chat.

use serde::{Deserialize, Serialize};

use crate::JsonText;

/// One message of a chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatMessage {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    pub role: String,
    /// What it says; null in a message that only calls tools.
    pub content: Option<ChatContent>,
    /// Who says it, where several have one role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the model calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Of a tool's answer: which call it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Why the model does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// What a message says: a text, or texts, images and sounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ChatContent {
    /// A text.
    Text(String),
    /// Several parts.
    Parts(Vec<ChatPart>),
}

/// A part of what a message says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChatPart {
    /// A text.
    Text {
        /// The text.
        text: String,
    },
    /// An image.
    ImageUrl {
        /// Where it is.
        image_url: ImageUrl,
    },
    /// A sound.
    InputAudio {
        /// The sound itself.
        input_audio: InputAudio,
    },
}

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageUrl {
    /// An address, or `data:` with the image itself.
    pub url: String,
    /// How closely the model is to look: `auto`, `low`, `high`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputAudio {
    /// In base64.
    pub data: String,
    /// `wav` or `mp3`.
    pub format: String,
}

impl ChatPart {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// An image at an address.
    pub fn image_url(url: impl Into<String>) -> Self {
        Self::ImageUrl { image_url: ImageUrl { url: url.into(), detail: None } }
    }
}

impl ChatMessage {
    /// A message of this role with this text.
    pub fn new(role: impl Into<String>, text: impl Into<String>) -> Self {
        Self { role: role.into(), content: Some(ChatContent::Text(text.into())), ..Self::default() }
    }

    /// A message of the system.
    pub fn system(text: impl Into<String>) -> Self {
        Self::new("system", text)
    }

    /// A message of the user.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new("user", text)
    }

    /// A message of the model.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new("assistant", text)
    }

    /// A message of the model that only calls tools.
    pub fn calling(calls: impl IntoIterator<Item = ToolCall>) -> Self {
        Self { role: "assistant".to_owned(), tool_calls: calls.into_iter().collect(), ..Self::default() }
    }

    /// What a tool gave for the call of this id.
    pub fn tool(call_id: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tool_call_id: Some(call_id.into()), ..Self::new("tool", text) }
    }

    /// A message of this role with several parts.
    pub fn parts(role: impl Into<String>, parts: impl IntoIterator<Item = ChatPart>) -> Self {
        let content = Some(ChatContent::Parts(parts.into_iter().collect()));
        Self { role: role.into(), content, ..Self::default() }
    }

    /// Adds a call of a tool.
    #[must_use]
    pub fn tool_call(mut self, call: ToolCall) -> Self {
        self.tool_calls.push(call);
        self
    }

    /// Says who says it.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// One call of a tool by a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// By which the tool's answer names it.
    pub id: String,
    /// `function`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is called.
    pub function: CalledFunction,
}

/// The function that a tool call names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalledFunction {
    /// Its name.
    pub name: String,
    /// Its arguments, as the text of a JSON object.
    pub arguments: String,
}

impl ToolCall {
    /// A call with these arguments.
    pub fn new(id: impl Into<String>, name: impl Into<String>, arguments: impl Serialize) -> Self {
        Self::from_text(id, name, JsonText::capture(&arguments).into_text())
    }

    /// A call whose arguments are the text that a model gave.
    pub fn from_text(id: impl Into<String>, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        let function = CalledFunction { name: name.into(), arguments: arguments.into() };
        Self { id: id.into(), kind: "function".to_owned(), function }
    }
}
