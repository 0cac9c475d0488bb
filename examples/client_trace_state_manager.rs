//! A stack of open spans: what is pushed hangs below what was pushed before it.
//!
//! `cargo run -p spanloom-examples --example client_trace_state_manager` prints
//!
//! ```text
//! request (UNKNOWN) OK: {"q": 1} => {"a": 2}
//!   plan (UNKNOWN) ERROR: - => -
//!       step = 1
//!     search (TOOL) OK: - => ["hit"]
//!   answer (UNKNOWN) OK: - => "done"
//! the trace is Ok
//! ```

use serde_json::{Value, json};
use shared::show;
use spanloom::{Client, EndSpan, EndTrace, Span, SpanStatus, Spanloom, StartSpan, StartTrace};

struct TraceState {
    client: Client,
    open: Vec<Span>,
}

impl TraceState {
    // 1. The first to be pushed begins the trace.
    fn start(loom: &Spanloom, name: &'static str, inputs: Value) -> Result<Self, spanloom::Error> {
        let client = loom.client();
        let root = client.start_trace(StartTrace::new(name).inputs(inputs))?;
        Ok(Self { client, open: vec![root] })
    }

    // 2. The others hang below the last that is open.
    fn push(&mut self, name: &'static str) -> Result<&Span, spanloom::Error> {
        let parent = self.open.last().expect("the root is popped last");
        let span = self.client.start_span(StartSpan::new(name, parent.trace_id(), parent.span_id()))?;
        self.open.push(span);
        Ok(&self.open[self.open.len() - 1])
    }

    // 3. Popping ends the last one; with the root, the trace. With nothing open it does nothing.
    fn pop(&mut self, outputs: Value, status: SpanStatus) -> Result<(), spanloom::Error> {
        let Some(span) = self.open.pop() else { return Ok(()) };
        let (trace, id) = (span.trace_id(), span.span_id());
        match self.open.is_empty() {
            true => self.client.end_trace(EndTrace::new(trace).outputs(outputs).status(status)),
            false => self.client.end_span(EndSpan::new(trace, id).outputs(outputs).status(status)),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let loom = Spanloom::builder().in_memory().install()?;
    let mut state = TraceState::start(&loom, "request", json!({"q": 1}))?;
    state.push("plan")?.set_attribute("step", 1);
    state.push("search")?.set_span_type("TOOL");
    state.pop(json!(["hit"]), SpanStatus::Ok)?;
    state.pop(Value::Null, SpanStatus::error("no plan"))?;
    state.push("answer")?;
    state.pop(json!("done"), SpanStatus::Ok)?;
    state.pop(json!({"a": 2}), SpanStatus::Ok)?;
    state.pop(json!("one too many"), SpanStatus::Ok)?;

    // 4. The error of a child is not the trace's: that is the root's.
    println!("the trace is {:?}", show::last_trace(&loom)?.info.state);
    Ok(())
}
