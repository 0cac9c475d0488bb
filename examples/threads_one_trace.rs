//! Worker threads that go on with the trace of the thread that started them.
//!
//! `cargo run -p spanloom-examples --example threads_one_trace` prints
//!
//! ```text
//! The capital of France is Paris.
//! The capital of Germany is Berlin.
//! ask_all (UNKNOWN) OK: {"questions": ["What is the capital of Franc… => ["The capital of France is Paris.", "The cap…
//!   worker (UNKNOWN) OK: {"question": "What is the capital of France?… => "The capital of France is Paris."
//!     Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "messages": [{"role… => {"id": "chatcmpl-fake", "choices": [{"finish…
//!         model = "gpt-4o-mini"
//!         temperature = 0.1
//!         max_tokens = 100
//!   worker (UNKNOWN) OK: {"question": "What is the capital of Germany… => "The capital of Germany is Berlin."
//!     Completions (CHAT_MODEL) OK: {"model": "gpt-4o-mini", "messages": [{"role… => {"id": "chatcmpl-fake", "choices": [{"finish…
//!         model = "gpt-4o-mini"
//!         temperature = 0.1
//!         max_tokens = 100
//! ```

use serde_json::json;
use shared::openai::{BadRequestError, Client, Server, TracedClient};
use shared::show;

#[spanloom::trace(skip(client))]
fn worker(client: &TracedClient, question: &str) -> Result<String, BadRequestError> {
    let messages = json!([{"role": "system", "content": "You are a helpful assistant."},
        {"role": "user", "content": question}]);
    let request = json!({"model": "gpt-4o-mini", "messages": messages, "temperature": 0.1, "max_tokens": 100});
    let answer = client.chat(&request)?;
    Ok(answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned())
}

#[spanloom::trace(skip(client))]
fn ask_all(client: &TracedClient, questions: &[&str]) -> Vec<String> {
    // 1. A new thread knows no span. A handle can be cloned and given away; nothing else has to be copied.
    let here = spanloom::current_span().unwrap_or_else(spanloom::Span::none);
    std::thread::scope(|scope| {
        let ask = |question| {
            let here = here.clone();
            scope.spawn(move || {
                // 2. Entered, it is the parent of what this thread traces.
                let _active = here.enter();
                worker(client, question).unwrap_or_default()
            })
        };
        let workers: Vec<_> = questions.iter().copied().map(ask).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
    })
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let server = Server::start();
    let client = TracedClient::new(Client::new(server.url()));
    for answer in ask_all(&client, &["What is the capital of France?", "What is the capital of Germany?"]) {
        println!("{answer}");
    }

    // 3. One trace. The workers ran side by side; sorted, the list reads the same every time.
    let id = spanloom::last_active_trace_id().expect("a root has ended");
    let mut trace = loom.get_trace_blocking(&id)?.expect("it is stored");
    trace.data.spans.sort_by_key(|span| span.inputs().unwrap_or_default().to_string());
    show::tree(&trace);
    Ok(())
}
