//! The calls of the client as spans, made by hand: what a viewer expects of a chat model.

use serde_json::{Map, Value, json};
use spanloom::{Span, SpanEvent, SpanStatus, SpanType, TokenUsage};

use super::client::{BadRequestError, Client};

/// The client, with a span for each call.
#[derive(Clone)]
pub struct TracedClient(Client);

impl TracedClient {
    /// Traces the calls of `client`.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// One answer, whole.
    pub fn chat(&self, request: &Value) -> Result<Value, BadRequestError> {
        let span = spanloom::span("Completions").span_type(SpanType::ChatModel).start();
        describe(&span, request);
        let answer = self.0.chat(request).inspect_err(|error| fail(&span, error))?;
        span.set_model(text(&answer["model"]));
        let tokens = |kind| answer["usage"][kind].as_u64().unwrap_or_default();
        span.set_token_usage(TokenUsage::new(tokens("prompt_tokens"), tokens("completion_tokens")));
        span.set_outputs(&answer);
        Ok(answer)
    }

    /// One answer in chunks. The span ends with the last of them.
    pub fn chat_stream(&self, request: Value) -> impl Iterator<Item = Value> {
        completions(self.0.clone(), request)
    }
}

#[spanloom::trace(name = "Completions", span_type = SpanType::ChatModel, inputs = false, output_reducer = completion_of)]
fn completions(client: Client, request: Value) -> impl Iterator<Item = Value> {
    // The span begins with the first item that is asked for; from then on it is current in here.
    let chunks = std::iter::once_with(move || {
        let span = spanloom::current_span().unwrap_or_else(Span::none);
        describe(&span, &request);
        let chunks = client.chat_stream(&request).inspect_err(|error| fail(&span, error));
        let model = text(&request["model"]);
        chunks.into_iter().flatten().inspect(move |_| span.set_model(model.clone()))
    });
    chunks.flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What was asked for: everything as inputs, and each setting as an attribute.
fn describe(span: &Span, request: &Value) {
    span.set_inputs(request);
    let settings = request.as_object().into_iter().flat_map(Map::iter).filter(|(name, _)| *name != "messages");
    span.set_attributes(settings.map(|(name, value)| (name.clone(), value)));
    span.set_attribute("mlflow.message.format", "openai");
}

/// What MLflow records of a call that failed: the event, and a status without a text.
fn fail(span: &Span, error: &BadRequestError) {
    span.add_event(SpanEvent::from_error(error));
    span.set_status(SpanStatus::error(""));
}

/// One completion out of its chunks.
pub fn completion_of(chunks: Vec<Value>) -> Value {
    let content: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    let finish_reason = chunks.last().map(|chunk| chunk["choices"][0]["finish_reason"].clone());
    let message = json!({"content": content, "refusal": null, "role": "assistant", "annotations": null, "audio": null,
        "function_call": null, "tool_calls": null});
    let first = chunks.into_iter().next().unwrap_or_default();
    json!({"id": first["id"],
        "choices": [{"finish_reason": finish_reason, "index": 0, "logprobs": null, "message": message}],
        "created": first["created"], "model": first["model"], "object": "chat.completion", "metadata": null,
        "moderation": null, "service_tier": null, "system_fingerprint": null, "usage": null})
}
