//! Threads and tasks.

use futures::future::join_all;
use serde_json::{Value, json};
use shared::openai::{Client, Server, TracedClient};
use spanloom::{Span, Spanloom};

use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("23-multi-threading-copy-context", one_trace),
    ("24-threads-isolated-by-default", isolated),
    ("25-async-pipeline", pipeline),
    ("26-async-tasks-inherit-context", tasks),
];

#[test]
fn threads_and_tasks_are_recorded_as_by_mlflow() {
    stage::replay("golden::threads::threads_and_tasks_are_recorded_as_by_mlflow", REPLAYS);
}

fn one_trace(_: &Spanloom) -> Value {
    #[spanloom::trace(skip(client))]
    fn worker(client: &TracedClient, question: &str) -> String {
        let messages = json!([{"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": question}]);
        let request = json!({"model": "gpt-4o-mini", "messages": messages, "temperature": 0.1, "max_tokens": 100});
        let answer = client.chat(&request).expect("the model is there");
        answer["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
    }

    #[spanloom::trace(skip(client))]
    fn main(client: &TracedClient, questions: &[&str]) -> Vec<String> {
        let root = spanloom::current_span().expect("the function is traced");
        std::thread::scope(|scope| {
            let ask = |question| {
                let root = root.clone();
                scope.spawn(move || {
                    let _active = root.enter();
                    worker(client, question)
                })
            };
            let workers: Vec<_> = questions.iter().copied().map(ask).collect();
            workers.into_iter().map(|worker| worker.join().expect("it does not panic")).collect()
        })
    }

    let server = Server::start();
    let client = TracedClient::new(Client::new(server.url()));
    let questions = ["What is the capital of France?", "What is the capital of Germany?"];
    json!({"return": main(&client, &questions)})
}

fn isolated(_: &Spanloom) -> Value {
    #[spanloom::trace]
    fn worker(question: &str) -> String {
        question.to_uppercase()
    }

    #[spanloom::trace]
    fn main(questions: &[&'static str]) -> Vec<String> {
        let workers: Vec<_> = questions.iter().copied().map(|q| std::thread::spawn(move || worker(q))).collect();
        workers.into_iter().map(|worker| worker.join().expect("it does not panic")).collect()
    }

    json!({"return": main(&["a", "b"])})
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime can be started").block_on(future)
}

fn pipeline(_: &Spanloom) -> Value {
    #[spanloom::trace]
    async fn async_operation(data: &str) -> String {
        tokio::task::yield_now().await;
        format!("Processed: {data}")
    }

    #[spanloom::trace]
    async fn async_pipeline(items: &[&str]) -> Vec<String> {
        let mut results = Vec::new();
        for item in items {
            results.push(async_operation(item).await);
        }
        results
    }

    json!({"return": run(async_pipeline(&["item1", "item2", "item3"]))})
}

fn tasks(_: &Spanloom) -> Value {
    use spanloom::InSpan;

    #[spanloom::trace]
    async fn fetch(n: i64) -> i64 {
        tokio::task::yield_now().await;
        n * n
    }

    #[spanloom::trace]
    async fn gather_all() -> Vec<i64> {
        let here = spanloom::current_span().unwrap_or_else(Span::none);
        let tasks = (1..4).map(|n| tokio::spawn(fetch(n).in_span(here.clone())));
        join_all(tasks).await.into_iter().map(|task| task.expect("it does not panic")).collect()
    }

    json!({"return": run(gather_all())})
}
