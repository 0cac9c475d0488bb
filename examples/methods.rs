//! Traced methods: the receiver is never an input.
//!
//! `cargo run -p spanloom-examples --example methods` prints
//!
//! ```text
//! named (UNKNOWN) OK: {"name": "gpt-4o-mini"} => "methods::Model"
//! Weather? It's sunny in Seattle! (7 characters of secret)
//! generate_text (LLM) OK: {"prompt": "Weather?"} => "Weather? It's sunny in Seattle! (7 characte…
//!     model = "gpt-4o-mini"
//! WEATHER?
//! call-local-llm (LLM) OK: {"prompt": "Weather?"} => "WEATHER?"
//!     model = "gpt-4o-mini"
//! weather?
//! generate_tagged (LLM) OK: {"prompt": "Weather?"} => "weather?"
//! {"fruit": "apple", "mlflow.traceName": "generate_tagged"}
//! ```

use shared::show;
use spanloom::SpanType;

struct Model {
    name: &'static str,
    secret: String,
}

impl Model {
    #[spanloom::trace(span_type = SpanType::Llm)]
    fn generate_text(&self, prompt: &str) -> String {
        // 1. What of the receiver belongs into the trace is said explicitly; its secret is not.
        if let Some(span) = spanloom::current_span() {
            span.set_attribute("model", self.name);
        }
        format!("{prompt} It's sunny in Seattle! ({} characters of secret)", self.secret.len())
    }

    // 2. An attribute can take from the receiver, as from any argument.
    #[spanloom::trace(name = "call-local-llm", span_type = SpanType::Llm, attributes(model = self.name))]
    fn generate_custom(&self, prompt: &str) -> String {
        prompt.to_uppercase()
    }

    #[spanloom::trace(span_type = SpanType::Llm)]
    fn generate_tagged(&self, prompt: &str) -> String {
        spanloom::update_current_trace(|trace| trace.tag("fruit", "apple"));
        prompt.to_lowercase()
    }

    // 3. Functions without a receiver; `skip` leaves out an argument.
    #[spanloom::trace(skip(secret))]
    fn named(name: &'static str, secret: &str) -> Self {
        Self { name, secret: secret.to_owned() }
    }
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    let model = Model::named("gpt-4o-mini", "hunter2");
    show::last_trace(&loom)?;
    println!("{}", model.generate_text("Weather?"));
    show::last_trace(&loom)?;
    println!("{}", model.generate_custom("Weather?"));
    show::last_trace(&loom)?;
    println!("{}", model.generate_tagged("Weather?"));
    println!("{:?}", show::last_trace(&loom)?.info.tags);
    Ok(())
}
