//! Chats with a model, whose calls are spans too.

use serde_json::{Value, json};
use shared::openai::{Client, Server, TracedClient};
use spanloom::{SpanEvent, SpanType, Spanloom};

use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("22-chat-session-autolog", session),
    ("42-advanced-chat-iteration", iteration),
    ("43-advanced-chat-session-nested", nested_session),
    ("44-autolog-standalone-and-streaming", calls),
    ("45-with-span-and-class-previews", class_previews),
];

#[test]
fn chats_are_recorded_as_by_mlflow() {
    stage::replay("golden::chat::chats_are_recorded_as_by_mlflow", REPLAYS);
}

fn system() -> Vec<Value> {
    vec![json!({"role": "system", "content": "You are a friendly chat bot"})]
}

fn ask(client: &TracedClient, model: &str, messages: &mut Vec<Value>) {
    let request = json!({"model": model, "max_tokens": 100, "messages": messages});
    let answer = client.chat(&request).expect("the model is there");
    messages.push(json!({"role": "assistant", "content": answer["choices"][0]["message"]["content"]}));
}

fn session(_: &Spanloom) -> Value {
    #[spanloom::trace(span_type = SpanType::Chain, skip_all)]
    fn start_session(client: &TracedClient, said: &[&str]) {
        let mut messages = system();
        for input in said {
            let user = spanloom::start_span("User");
            user.set_inputs(&messages);
            user.set_outputs(input);
            drop(user);
            if *input == "BYE" {
                return;
            }
            messages.push(json!({"role": "user", "content": input}));
            ask(client, "gpt-4o-mini", &mut messages);
        }
    }

    let server = Server::start();
    start_session(&TracedClient::new(Client::new(server.url())), &["Hello", "BYE"]);
    json!({})
}

const MODEL: &str = "databricks-claude-sonnet-4-5";

fn iteration(_: &Spanloom) -> Value {
    #[spanloom::trace(span_type = SpanType::Chain, skip(client))]
    fn chat_iteration(client: &TracedClient, mut messages: Vec<Value>, user_input: &str) {
        let user = spanloom::span("User").span_type(SpanType::Chain).enter();
        user.add_event(
            SpanEvent::new("processing_started").attribute("stage", "initialization").attribute("memory_usage_mb", 256),
        );
        user.set_inputs(json!({"messages": messages, "timestamp": 1_700_000_000.25}));
        user.set_attribute("messages_length", messages.len());
        user.set_attributes([("environment", json!("production")), ("custom_metadata", json!({"key": "value"}))]);
        user.set_outputs(user_input);
        drop(user);
        messages.push(json!({"role": "user", "content": user_input}));
        ask(client, MODEL, &mut messages);
    }

    let server = Server::start();
    chat_iteration(&TracedClient::new(Client::new(server.url())), system(), "What is your favorite color?");
    json!({})
}

fn nested_session(_: &Spanloom) -> Value {
    #[spanloom::trace(span_type = SpanType::Chain, skip(client))]
    fn chat_iteration(client: &TracedClient, messages: &mut Vec<Value>, user_input: &str) {
        let user = spanloom::span("User").span_type(SpanType::Chain).enter();
        user.set_inputs(json!({"messages": messages}));
        user.set_outputs(user_input);
        drop(user);
        messages.push(json!({"role": "user", "content": user_input}));
        ask(client, MODEL, messages);
    }

    #[spanloom::trace(span_type = SpanType::Chain, skip_all)]
    fn start_session(client: &TracedClient, said: &[&str]) {
        let mut messages = system();
        said.iter().for_each(|input| chat_iteration(client, &mut messages, input));
    }

    let server = Server::start();
    start_session(&TracedClient::new(Client::new(server.url())), &["Hello", "BYE"]);
    json!({})
}

fn calls(_: &Spanloom) -> Value {
    let server = Server::start();
    let client = TracedClient::new(Client::new(server.url()));
    let hello = json!([{"role": "user", "content": "Hello"}]);
    let answer = client.chat(&json!({"model": "gpt-4o-mini", "messages": hello}));
    assert_eq!(answer.expect("the model is there")["choices"][0]["message"]["content"], "Hello! How can I help?");
    assert_eq!(client.chat_stream(json!({"model": "gpt-4o-mini", "messages": hello, "stream": true})).count(), 7);
    let error = client.chat(&json!({"model": "broken-model", "messages": hello})).expect_err("the model is broken");
    json!({"failing_call": {"raised": "BadRequestError", "message": error.to_string()}})
}

struct Session<'a> {
    client: &'a TracedClient,
    messages: Vec<Value>,
}

#[expect(non_snake_case, reason = "the names are those of the recording")]
impl Session<'_> {
    #[spanloom::trace(name = "Summarization Pipeline")]
    fn summarizeDocument(&self, documentContent: &str, userInstructions: &str) -> String {
        let head = |text: &str, characters| text.chars().take(characters).collect::<String>();
        let start = head(documentContent, 20);
        let summary = format!("Summary of document starting with '{start}...' based on '{userInstructions}'");
        let request = format!("Doc: {}... Instr: {}...", head(documentContent, 30), head(userInstructions, 30));
        let response = format!("Summary: {}...", head(&summary, 50));
        spanloom::update_current_trace(|trace| trace.request_preview(request).response_preview(response));
        summary
    }

    #[spanloom::trace(span_type = SpanType::Llm, skip_all)]
    fn startSession(&mut self, said: &[&str]) {
        for input in said {
            let user = spanloom::start_span("User");
            user.set_inputs(json!({"messages": self.messages}));
            user.set_outputs(json!({"userInput": input}));
            drop(user);
            if *input == "BYE" {
                return;
            }
            self.messages.push(json!({"role": "user", "content": input}));
            ask(self.client, "gpt-4o-mini", &mut self.messages);
        }
    }
}

fn class_previews(_: &Spanloom) -> Value {
    let server = Server::start();
    let client = TracedClient::new(Client::new(server.url()));
    let span = spanloom::start_span("MySpan");
    span.set_inputs(json!({"x": 1, "y": 2}));
    span.set_outputs(3);
    drop(span);
    let mut session = Session { client: &client, messages: system() };
    session.summarizeDocument("A document about many things, and then some more.", "Be brief.");
    session.startSession(&["Hello", "BYE"]);
    json!({})
}
