//! What spans of model calls say: chats, tools, tokens, models, costs, under the keys that MLflow's viewer knows.

use std::borrow::Cow;

use spanloom_core::{Chat, ChatCompletion, LlmCost, TokenUsage, ToolDefinition, attribute_key as key};

use crate::span::Span;

/// The shape of [`Chat`] and [`ChatCompletion`].
const OPENAI: &str = "openai";

impl Span {
    /// Sets the tokens that a call took. Those of all spans, but for spans below another that has some, are summed up for
    /// the trace.
    pub fn set_token_usage(&self, usage: TokenUsage) {
        self.set_attribute(key::TOKEN_USAGE, usage);
    }

    /// Sets what a call cost, in US dollars. Summed up as tokens are.
    pub fn set_cost(&self, cost: LlmCost) {
        self.set_attribute(key::COST, cost);
    }

    /// Sets the name of the model.
    pub fn set_model(&self, name: impl Into<Cow<'static, str>>) {
        self.set_attribute(key::MODEL, name.into());
    }

    /// Sets who runs the model.
    pub fn set_provider(&self, name: impl Into<Cow<'static, str>>) {
        self.set_attribute(key::PROVIDER, name.into());
    }

    /// Sets what the model may call.
    pub fn set_chat_tools(&self, tools: impl IntoIterator<Item = ToolDefinition>) {
        if self.is_recording() {
            self.set_attribute(key::CHAT_TOOLS, tools.into_iter().collect::<Vec<_>>());
        }
    }

    /// Sets what a chat model is asked: the inputs, their shape, and what of tools and model there is.
    pub fn set_chat(&self, chat: &Chat) {
        if !self.is_recording() {
            return;
        }
        self.set_inputs(chat);
        self.set_attribute(key::MESSAGE_FORMAT, OPENAI);
        if !chat.tools.is_empty() {
            self.set_attribute(key::CHAT_TOOLS, &chat.tools);
        }
        if let Some(model) = &chat.model {
            self.set_attribute(key::MODEL, model);
        }
    }

    /// Sets what a chat model answers: the outputs, and what of model and tokens is known.
    pub fn set_chat_completion(&self, completion: &ChatCompletion) {
        if !self.is_recording() {
            return;
        }
        self.set_outputs(completion);
        if let Some(model) = &completion.model {
            self.set_attribute(key::MODEL, model);
        }
        if let Some(usage) = completion.usage {
            self.set_token_usage(usage);
        }
    }
}
