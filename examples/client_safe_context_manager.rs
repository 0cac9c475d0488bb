//! A block around spans of the client that always ends them, also on an error or a panic.
//!
//! `cargo run -p spanloom-examples --example client_safe_context_manager` prints
//!
//! ```text
//! my_operation: Ok(7)
//! failing_operation: Err(ParseIntError { kind: InvalidDigit })
//! it had ended already
//! root (UNKNOWN) OK: - => -
//!   my_operation (UNKNOWN) OK: - => -
//!   failing_operation (UNKNOWN) ERROR: - => -
//!       error = "invalid digit found in string"
//!   ended_by_hand (UNKNOWN) OK: - => -
//! ```

use std::fmt::Display;

use shared::show;
use spanloom::{Client, EndSpan, EndTrace, Span, SpanStatus, StartSpan, StartTrace};

/// 1. Ends its span when it is left, whichever way.
struct SafeSpan<'a> {
    client: &'a Client,
    span: Span,
    end: EndSpan,
}

impl<'a> SafeSpan<'a> {
    fn start(client: &'a Client, name: &'static str, parent: &Span) -> Result<Self, spanloom::Error> {
        let span = client.start_span(StartSpan::new(name, parent.trace_id(), parent.span_id()))?;
        let end = EndSpan::new(span.trace_id(), span.span_id());
        Ok(Self { client, span, end })
    }

    /// 2. What an error says goes into the span; the caller gets it as it is.
    fn run<T, E: Display>(mut self, body: impl FnOnce(&Span) -> Result<T, E>) -> Result<T, E> {
        let result = body(&self.span);
        if let Err(error) = &result {
            self.end =
                self.end.clone().attribute("error", error.to_string()).status(SpanStatus::error(error.to_string()));
        }
        result
    }
}

impl Drop for SafeSpan<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.end = self.end.clone().status(SpanStatus::error("it panicked"));
        }
        match self.client.end_span(self.end.clone()) {
            Err(spanloom::Error::AlreadyEnded(_)) => println!("it had ended already"),
            other => drop(other),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let client = loom.client();
    let root = client.start_trace(StartTrace::new("root"))?;

    let fine = SafeSpan::start(&client, "my_operation", &root)?.run(|_| "7".parse::<i64>());
    println!("my_operation: {fine:?}");
    let failed = SafeSpan::start(&client, "failing_operation", &root)?.run(|_| "seven".parse::<i64>());
    println!("failing_operation: {failed:?}");

    // 3. A span that was ended by hand, too: an error that says so, and nothing lost.
    let twice = SafeSpan::start(&client, "ended_by_hand", &root)?;
    client.end_span(twice.end.clone())?;
    drop(twice);

    client.end_trace(EndTrace::new(root.trace_id()))?;
    show::last_trace(&loom)?;
    Ok(())
}
