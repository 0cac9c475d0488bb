//! Functions that give iterators and streams, and what becomes of their items.

use futures::StreamExt;
use futures::stream::{self, Stream};
use serde_json::{Value, json};
use shared::openai::{BadRequestError, Client, Server, completion_of};
use spanloom::{Span, Spanloom};

use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("09-streaming-default", default),
    ("10-streaming-reducer-join", join),
    ("14-streaming-openai-reducer", openai),
    ("15-streaming-openai-reducer-literal", openai_failing_reducer),
    ("16-streaming-json-reducer", structured),
    ("17-streaming-async-structured-email", email),
];

#[test]
fn streams_are_recorded_as_by_mlflow() {
    stage::replay("golden::streaming::streams_are_recorded_as_by_mlflow", REPLAYS);
}

fn default(_: &Spanloom) -> Value {
    #[spanloom::trace]
    fn stream_data() -> impl Iterator<Item = i32> {
        0..5
    }

    json!({"chunks": stream_data().collect::<Vec<_>>()})
}

fn join(_: &Spanloom) -> Value {
    #[spanloom::trace(output_reducer = |chunks: Vec<String>| chunks.join(","))]
    fn stream_data() -> impl Iterator<Item = String> {
        "hello".chars().map(String::from)
    }

    json!({"chunks": stream_data().collect::<Vec<_>>()})
}

/// The completion of a chunk reducer, which always has a list of tool calls.
fn aggregate_chunks(chunks: Vec<Value>) -> Value {
    let mut completion = completion_of(chunks);
    completion["choices"][0]["message"]["tool_calls"] = json!([]);
    completion
}

fn openai(_: &Spanloom) -> Value {
    #[spanloom::trace(output_reducer = aggregate_chunks, skip(client))]
    fn predict(client: Client, messages: Vec<Value>) -> impl Iterator<Item = Value> {
        let request = json!({"model": "gpt-4o-mini", "messages": messages, "stream": true});
        client.chat_stream(&request).expect("the model is there")
    }

    let server = Server::start();
    let chunks = predict(Client::new(server.url()), vec![json!({"role": "user", "content": "Hello"})]);
    json!({"n_chunks": chunks.count()})
}

fn openai_failing_reducer(_: &Spanloom) -> Value {
    fn reducer_that_fails(_: Vec<Value>) -> Value {
        panic!("a reducer that fails")
    }

    #[spanloom::trace(output_reducer = reducer_that_fails, skip(client))]
    fn predict(client: Client, messages: Vec<Value>) -> impl Iterator<Item = Value> {
        let request = json!({"model": "gpt-4o-mini", "messages": messages, "stream": true});
        client.chat_stream(&request).expect("the model is there")
    }

    let server = Server::start();
    let chunks = predict(Client::new(server.url()), vec![json!({"role": "user", "content": "Hello"})]);
    assert_eq!(chunks.count(), 7);
    json!({})
}

fn structured(_: &Spanloom) -> Value {
    fn parse(chunks: Vec<Value>) -> Value {
        let raw: String = chunks.iter().filter_map(|chunk| chunk["content"].as_str()).collect();
        let about = chunks.iter().find(|chunk| chunk["type"] == "metadata").cloned().unwrap_or_default();
        let data: Value = serde_json::from_str(&raw).expect("the chunks are JSON together");
        json!({"status": "success", "data": data, "raw_content": raw, "trace_id": about["data"]["trace_id"],
            "model": about["data"]["model"]})
    }

    #[spanloom::trace(output_reducer = parse)]
    fn generate_structured_output(prompt: &'static str, schema: Value) -> impl Iterator<Item = Value> {
        let parts = ["{\"name\": \"John\", ", "\"email\": \"john@example.com\", ", "\"age\": 30}"];
        let content = parts.into_iter().map(|part| json!({"type": "content", "content": part}));
        // Asked for while the body runs: there the span is current.
        let about = std::iter::once_with(|| {
            let span = spanloom::current_span().expect("the body of the stream is inside its span");
            json!({"type": "metadata", "data": {"trace_id": span.trace_id(), "model": "gpt-4"}})
        });
        content.chain(about)
    }

    let outside = generate_structured_output("make a person", json!({"type": "object"}));
    let outside: Vec<_> = outside.map(|_| spanloom::current_span().is_none()).collect();
    json!({"no_active_span_in_consumer": outside})
}

/// What became of the letter: it is read once it is whole.
fn letter(chunks: Vec<Value>) -> Value {
    let raw: String = chunks.iter().filter_map(|chunk| chunk["content"].as_str()).collect();
    let errors: Vec<_> =
        chunks.iter().filter(|chunk| chunk["type"] == "error").map(|chunk| &chunk["message"]).collect();
    let about = chunks.iter().find(|chunk| chunk["type"] == "trace_info").cloned().unwrap_or_default();
    let mut letter = json!({"trace_id": about["trace_id"], "model": about["model"], "raw_content": raw});
    if errors.is_empty() {
        letter["status"] = json!("success");
        letter["data"] = serde_json::from_str(&raw).expect("the model answers with JSON");
    } else {
        letter["status"] = json!("error");
        letter["errors"] = json!(errors);
    }
    letter
}

#[spanloom::trace(output_reducer = letter, skip(client, model))]
fn generate_customer_email(
    client: Client,
    model: &'static str,
    customer_name: &'static str,
    issue: &'static str,
    sentiment: &'static str,
) -> impl Stream<Item = Value> {
    let system = format!("You are a customer service assistant. Be {sentiment}.");
    let user = format!("{customer_name}: {issue}");
    let messages = json!([{"role": "system", "content": system}, {"role": "user", "content": user}]);
    let request = json!({"model": model, "messages": messages, "stream": true});
    stream::once(async move {
        let chunks: Vec<Value> = match client.chat_stream(&request) {
            Ok(chunks) => tokens(chunks).chain([about(model)]).collect(),
            Err(error) => vec![json!({"type": "error", "message": format!("OpenAI API error: {}", name_of(&error))})],
        };
        stream::iter(chunks)
    })
    .flatten()
}

fn tokens(chunks: impl Iterator<Item = Value>) -> impl Iterator<Item = Value> {
    let contents = chunks.filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned));
    contents.filter(|content| !content.is_empty()).map(|content| json!({"type": "token", "content": content}))
}

fn about(model: &str) -> Value {
    let span = spanloom::current_span().unwrap_or_else(Span::none);
    json!({"type": "trace_info", "trace_id": span.trace_id(), "model": model})
}

fn name_of(_: &BadRequestError) -> &'static str {
    "BadRequestError"
}

fn email(_: &Spanloom) -> Value {
    let server = Server::start();
    let text = |model| {
        let chunks = generate_customer_email(
            Client::new(server.url()),
            model,
            "John Doe",
            "Product arrived damaged",
            "empathetic",
        );
        let chunks: Vec<_> = futures::executor::block_on(chunks.collect());
        chunks.iter().filter_map(|chunk| chunk["content"].as_str()).collect::<String>()
    };
    json!({"text": text("gpt-4o-mini"), "text_error": text("broken-model")})
}
