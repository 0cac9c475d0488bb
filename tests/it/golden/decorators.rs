//! Traced functions.

use std::time::Instant;

use serde_json::{Value, json};
use spanloom::{SpanType, Spanloom};

use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("01-decorator-minimal", minimal),
    ("02-decorator-custom-span", custom_span),
    ("03-decorator-dynamic-attributes", dynamic_attributes),
    ("04-decorator-order", order),
    ("05-trace-tags", tags),
    ("06-request-response-preview", previews),
    ("07-default-preview-truncation", default_previews),
    ("08-automatic-exception-handling", errors),
];

#[test]
fn traced_functions_are_recorded_as_by_mlflow() {
    stage::replay("golden::decorators::traced_functions_are_recorded_as_by_mlflow", REPLAYS);
}

fn minimal(_: &Spanloom) -> Value {
    #[spanloom::trace(span_type = "func", attributes(key = "value"))]
    fn add_1(x: i64) -> i64 {
        x + 1
    }

    #[spanloom::trace(span_type = "func", attributes(key1 = "value1"))]
    fn minus_1(x: i64) -> i64 {
        x - 1
    }

    #[spanloom::trace(name = "Trace Test")]
    fn trace_test(x: i64) -> i64 {
        minus_1(add_1(x))
    }

    json!({"return": trace_test(4)})
}

fn custom_span(_: &Spanloom) -> Value {
    #[spanloom::trace(name = "call-local-llm", span_type = SpanType::Llm, attributes(model = "gpt-4o-mini"))]
    fn invoke(prompt: &str) -> String {
        format!("gpt-4o-mini says: {prompt}")
    }

    json!({"return": invoke("Hi")})
}

fn dynamic_attributes(_: &Spanloom) -> Value {
    #[spanloom::trace(span_type = SpanType::Llm)]
    fn invoke(prompt: &str) -> String {
        let model = "gpt-4o-mini";
        let span = spanloom::current_span().expect("the function is traced");
        span.set_attribute("model", model);
        format!("{model} says: {prompt}")
    }

    let returned = invoke("Hi");
    json!({"return": returned, "active_span_outside": spanloom::current_span().map(|span| span.span_id())})
}

fn order(_: &Spanloom) -> Value {
    fn timed<T>(name: &'static str, names: &mut Vec<&'static str>, body: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = body();
        assert!(start.elapsed().as_nanos() > 0);
        names.push(name);
        result
    }

    // The span is around the timing …
    #[spanloom::trace(name = "my_decorated_function_correct_order", skip(names))]
    fn my_complex_function(x: i64, y: i64, names: &mut Vec<&'static str>) -> i64 {
        timed("my_complex_function", names, || x + y)
    }

    // … and within it.
    #[spanloom::trace(name = "my_decorated_function_incorrect_order")]
    fn my_other_complex_function(x: i64, y: i64) -> i64 {
        x * y
    }

    let mut names = Vec::new();
    let sum = my_complex_function(5, 3, &mut names);
    let product = timed("my_other_complex_function", &mut names, || my_other_complex_function(5, 3));
    json!({"returns": [sum, product], "timed": names})
}

fn tags(_: &Spanloom) -> Value {
    #[spanloom::trace]
    fn my_func(x: i64) -> i64 {
        spanloom::update_current_trace(|trace| trace.tag("fruit", "apple"));
        x + 1
    }

    json!({"return": my_func(1)})
}

const LONG: &str = "This is a very long document that contains many details about various topics...";

fn head(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

fn previews(_: &Spanloom) -> Value {
    #[spanloom::trace(name = "Summarization Pipeline")]
    fn summarize_document(document_content: &str, user_instructions: &str) -> String {
        let (document, instructions) = (head(document_content, 30), head(user_instructions, 30));
        let start = head(document_content, 20);
        let summary = format!("Summary of document starting with '{start}...' based on '{user_instructions}'");
        spanloom::update_current_trace(|trace| {
            let request = format!("Doc: {document}... Instr: {instructions}...");
            trace.request_preview(request).response_preview(format!("Summary: {}...", head(&summary, 50)))
        });
        summary
    }

    json!({"return": summarize_document(&LONG.repeat(10), "Focus on the key takeaways regarding topic X.")})
}

fn default_previews(_: &Spanloom) -> Value {
    #[spanloom::trace(name = "Summarization Pipeline")]
    fn summarize_document(document_content: &str, user_instructions: &str) -> String {
        assert!(!user_instructions.is_empty());
        document_content.to_uppercase()
    }

    let instructions = "Focus on the key takeaways regarding topic X.";
    assert_eq!(summarize_document(&LONG.repeat(20), instructions).len(), 1580);
    json!({})
}

/// Errors with the names that they have in the recordings.
#[derive(Debug)]
pub(super) struct ValueError(pub(super) String);
#[derive(Debug)]
pub(super) struct RuntimeError(pub(super) &'static str);

impl std::fmt::Display for ValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ValueError {}
impl std::error::Error for RuntimeError {}

fn errors(_: &Spanloom) -> Value {
    #[spanloom::trace(span_type = SpanType::Tool)]
    fn failing_tool(x: i64) -> Result<i64, ValueError> {
        Err(ValueError(format!("tool failed for {x}")))
    }

    #[spanloom::trace]
    fn agent(x: i64) -> Result<i64, ValueError> {
        Ok(failing_tool(x)? + 1)
    }

    let outcome = agent(3).expect_err("the tool fails");
    let block = futures::executor::block_on(spanloom::try_with_span("block", async |span| {
        span.set_inputs(json!({"x": 1}));
        Err::<(), _>(RuntimeError("block failed"))
    }));
    let block = block.expect_err("the block fails");
    json!({"outcome": {"raised": "ValueError", "message": outcome.to_string()},
        "block_outcome": {"raised": "RuntimeError", "message": block.to_string()}})
}
