//! Worker threads that get no span: each call on them is a trace of its own.
//!
//! `cargo run -p spanloom-examples --example threads_isolated` prints
//!
//! ```text
//! ["A", "B"]
//! ask_all {"questions": ["a", "b"]}: 1 span
//! worker {"question": "a"}: 1 span
//! worker {"question": "b"}: 1 span
//! ```

use spanloom::SearchTraces;

#[spanloom::trace]
fn worker(question: &str) -> String {
    question.to_uppercase()
}

// 1. What is current belongs to a thread; new threads begin without. See `threads_one_trace` for the other way.
#[spanloom::trace]
fn ask_all(questions: &[&'static str]) -> Vec<String> {
    let workers: Vec<_> = questions.iter().copied().map(|q| std::thread::spawn(move || worker(q))).collect();
    workers.into_iter().filter_map(|worker| worker.join().ok()).collect()
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("{:?}", ask_all(&["a", "b"]));

    // 2. Three traces.
    let page = loom.search_traces_blocking(SearchTraces::new())?;
    let mut lines: Vec<_> = page
        .traces
        .iter()
        .map(|trace| {
            format!(
                "{} {}: {} span",
                trace.data.spans[0].name,
                trace.info.request_preview.as_deref().unwrap_or("-"),
                trace.data.spans.len()
            )
        })
        .collect();
    lines.sort();
    println!("{}", lines.join("\n"));
    Ok(())
}
