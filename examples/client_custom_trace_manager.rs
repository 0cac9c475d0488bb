//! A manager of traces by names of the program's own: begun here, found and ended there.
//!
//! `cargo run -p spanloom-examples --example client_custom_trace_manager` prints
//!
//! ```text
//! user123_report_generation_0001
//! report_generation (UNKNOWN) OK: - => -
//!     user_id = "user123"
//!     operation = "report_generation"
//!     report_type = "quarterly"
//! found by its name: true
//! ```

use std::collections::HashMap;

use shared::show;
use spanloom::{Client, EndTrace, Span, Spanloom, StartTrace, TraceId};

/// The open traces of the program, by what it calls them.
struct TraceManager {
    client: Client,
    open: HashMap<String, Span>,
}

impl TraceManager {
    fn of(loom: &Spanloom) -> Self {
        Self { client: loom.client(), open: HashMap::new() }
    }

    // 1. Any text can be the id: the 128 bits that traces have are derived from it, always the same.
    fn start(&mut self, user: &str, operation: &str, number: u32) -> Result<String, spanloom::Error> {
        let id = format!("{user}_{operation}_{number:04}");
        let start = StartTrace::new(operation.to_owned()).custom_trace_id(id.clone());
        let root = self.client.start_trace(start.attribute("user_id", user).attribute("operation", operation))?;
        self.open.insert(id.clone(), root);
        Ok(id)
    }

    // 2. Anyone who knows the name can add to it …
    fn get(&self, id: &str) -> Option<&Span> {
        self.open.get(id)
    }

    // 3. … and end it.
    fn end(&mut self, id: &str) -> Result<(), spanloom::Error> {
        match self.open.remove(id) {
            Some(root) => self.client.end_trace(EndTrace::new(root.trace_id())),
            None => Ok(()),
        }
    }
}

fn main() -> anyhow::Result<()> {
    let loom = Spanloom::builder().in_memory().install()?;
    let mut traces = TraceManager::of(&loom);

    let id = traces.start("user123", "report_generation", 1)?;
    println!("{id}");
    traces.get(&id).expect("it is open").set_attribute("report_type", "quarterly");
    traces.end(&id)?;
    show::last_trace(&loom)?;

    // 4. The name leads to the trace, later and from anywhere.
    let found = loom.get_trace_blocking(&TraceId::derived_from(&id))?;
    println!("found by its name: {}", found.is_some());
    Ok(())
}
