//! A server that answers like OpenAI's chat completions.

use std::io::Cursor;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{Value, json};
use tiny_http::{Header, Request, Response};

const EMAIL: &str = r#"{"subject": "Damaged item", "greeting": "Dear John Doe,", "body": "We are sorry.", "closing": "Best regards", "priority": "high"}"#;

/// A server on a free port of this machine, until it drops.
pub struct Server {
    http: Arc<tiny_http::Server>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts it.
    pub fn start() -> Self {
        let http = Arc::new(tiny_http::Server::http("127.0.0.1:0").expect("this machine has a free port"));
        let requests = Arc::clone(&http);
        let thread = std::thread::spawn(move || requests.incoming_requests().for_each(answer));
        Self { http, thread: Some(thread) }
    }

    /// Where it listens, with the version in the path as OpenAI has it.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.http.server_addr())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.http.unblock();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn answer(mut request: Request) {
    let asked: Value = serde_json::from_reader(request.as_reader()).unwrap_or_default();
    let (status, kind, body) = if asked["model"] == "broken-model" {
        (
            400,
            "application/json",
            json!({"error": {"message": "model exploded", "type": "bad", "code": null}}).to_string(),
        )
    } else if asked["stream"] == true {
        (200, "text/event-stream", streamed(&asked))
    } else {
        (200, "application/json", completion(&asked).to_string())
    };
    let header = Header::from_bytes("Content-Type", kind).expect("it is one line of ASCII");
    let response = Response::new(status.into(), vec![header], Cursor::new(body.into_bytes()), None, None);
    // A client that has gone needs no answer.
    drop(request.respond(response));
}

/// What is said to the last message.
fn reply(asked: &Value) -> String {
    let messages = asked["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |message: Option<&Value>| {
        message.and_then(|message| message["content"].as_str()).unwrap_or_default().to_owned()
    };
    if text(messages.first()).starts_with("You are a customer service assistant") {
        return EMAIL.to_owned();
    }
    match text(messages.last()).as_str() {
        "What is the capital of France?" => "The capital of France is Paris.".to_owned(),
        "What is the capital of Germany?" => "The capital of Germany is Berlin.".to_owned(),
        "Hello" => "Hello! How can I help?".to_owned(),
        "What is your favorite color?" => "I like blue.".to_owned(),
        other => format!("Echo: {other}"),
    }
}

fn completion(asked: &Value) -> Value {
    let message = json!({"content": reply(asked), "refusal": null, "role": "assistant", "annotations": null, "audio": null,
        "function_call": null, "tool_calls": null});
    let usage = json!({"completion_tokens": 8, "prompt_tokens": 12, "total_tokens": 20, "completion_tokens_details": null,
        "prompt_tokens_details": null});
    json!({"id": "chatcmpl-fake",
        "choices": [{"finish_reason": "stop", "index": 0, "logprobs": null, "message": message}],
        "created": 1_700_000_000, "model": asked["model"], "object": "chat.completion", "metadata": null,
        "moderation": null, "service_tier": null, "system_fingerprint": null, "usage": usage})
}

/// Server-sent events: the role, a word each, the end.
fn streamed(asked: &Value) -> String {
    let reply = reply(asked);
    let words =
        reply.split(' ').enumerate().map(|(at, word)| if at == 0 { word.to_owned() } else { format!(" {word}") });
    let words = words.map(|word| chunk(asked, json!(word), Value::Null, Value::Null));
    let first = chunk(asked, json!(""), json!("assistant"), Value::Null);
    let last = chunk(asked, Value::Null, Value::Null, json!("stop"));
    let events = std::iter::once(first).chain(words).chain([last]).map(|chunk| format!("data: {chunk}\n\n"));
    events.collect::<String>() + "data: [DONE]\n\n"
}

fn chunk(asked: &Value, content: Value, role: Value, finish_reason: Value) -> Value {
    let delta = json!({"audio": null, "content": content, "function_call": null, "refusal": null, "role": role, "tool_calls": null});
    json!({"id": "chatcmpl-fake",
        "choices": [{"delta": delta, "index": 0, "finish_reason": finish_reason, "logprobs": null}],
        "created": 1_700_000_000, "model": asked["model"], "object": "chat.completion.chunk", "moderation": null,
        "obfuscation": null, "service_tier": null, "system_fingerprint": null, "usage": null})
}
