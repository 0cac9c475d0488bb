//! The low-level client, and what programs build on it.

use serde_json::{Value, json};
use spanloom::{Client, EndSpan, EndTrace, Span, SpanStatus, SpanType, Spanloom, StartSpan, StartTrace};

use super::decorators::RuntimeError;
use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("31-client-basic-lifecycle", basics),
    ("32-client-error-handling", errors),
    ("33-client-custom-trace-manager", custom_ids),
    ("34-client-batch-processing", batch),
    ("35-client-safe-context-manager", safe_blocks),
    ("36-client-trace-state-manager", state_stack),
    ("37-client-meaningful-attributes", attributes),
    ("38-client-forgotten-span", forgotten),
];

#[test]
fn the_low_level_client_records_as_mlflows_does() {
    stage::replay("golden::client::the_low_level_client_records_as_mlflows_does", REPLAYS);
}

/// A trace that begins with nothing but a name.
fn trace(client: &Client, name: &'static str) -> Span {
    client.start_trace(StartTrace::new(name)).expect("there is room")
}

/// A span under another.
fn span(client: &Client, name: &'static str, parent: &Span) -> Span {
    client.start_span(StartSpan::new(name, parent.trace_id(), parent.span_id())).expect("the parent is there")
}

/// Ends a span of the client, saying this.
fn end(client: &Client, span: &Span, say: impl FnOnce(EndSpan) -> EndSpan) {
    client.end_span(say(EndSpan::new(span.trace_id(), span.span_id()))).expect("it is open");
}

fn end_trace(client: &Client, root: &Span, say: impl FnOnce(EndTrace) -> EndTrace) {
    client.end_trace(say(EndTrace::new(root.trace_id()))).expect("it is open");
}

fn basics(loom: &Spanloom) -> Value {
    let client = loom.client();
    let start = StartTrace::new("my_application_flow").inputs(json!({"user_id": "123", "action": "generate_report"}));
    let root = client.start_trace(start.attribute("environment", "production").attribute("version", "1.0.0"));
    let root = root.expect("there is room");
    let (trace, parent) = (root.trace_id(), root.span_id());
    let fetch = StartSpan::new("fetch_user_data", trace, parent).inputs(json!({"user_id": "123"}));
    let fetch = client.start_span(fetch.attribute("database", "users_db").attribute("query_type", "select"));
    let fetch = fetch.expect("the root is open");
    let process = StartSpan::new("process_data", trace, parent).inputs(json!({"data_size": "1024KB"}));
    let process = client.start_span(process.attribute("processor", "gpu").attribute("batch_size", 32));
    let process = process.expect("the root is open");
    end(&client, &fetch, |span| {
        span.outputs(json!({"record_count": 42, "cache_hit": true})).attribute("duration_ms", 150)
    });
    end(&client, &process, |span| span.outputs(json!({"processed_records": 42, "errors": 0})).status(SpanStatus::Ok));
    end_trace(&client, &root, |root| {
        let root = root.outputs(json!({"report_url": "https://example.com/report/123"}));
        root.attribute("total_duration_ms", 1250).attribute("status", "success")
    });
    json!({})
}

#[derive(Debug)]
struct ConnectionError(&'static str);

fn errors(loom: &Spanloom) -> Value {
    fn traced_operation(
        client: &Client,
        query: impl FnOnce() -> Result<Vec<i64>, ConnectionError>,
    ) -> Result<(), ConnectionError> {
        let root = trace(client, "risky_operation");
        let database = span(client, "database_query", &root);
        let result = query();
        match &result {
            Ok(rows) => {
                end(client, &database, |span| span.outputs(json!({"result": rows})));
                end_trace(client, &root, |root| root.outputs(json!({"status": "completed"})));
            }
            Err(error) => {
                end(client, &database, |span| span.attribute("error", error.0).status(SpanStatus::error("")));
                end_trace(client, &root, |root| {
                    let root = root.attribute("error_type", "ConnectionError").attribute("error_message", error.0);
                    root.status(SpanStatus::error(""))
                });
            }
        }
        result.map(drop)
    }

    let client = loom.client();
    let fine = traced_operation(&client, || Ok(vec![1, 2, 3]));
    let failed = traced_operation(&client, || Err(ConnectionError("database is down"))).expect_err("it fails");
    json!({"ok": {"returned": fine.expect("it does not fail")},
        "error": {"raised": "ConnectionError", "message": failed.0}})
}

fn custom_ids(loom: &Spanloom) -> Value {
    let client = loom.client();
    let name = "user123_report_generation_20240102030405_0a1b2c3d";
    let start = StartTrace::new(name).attribute("user_id", "user123").attribute("operation", "report_generation");
    let root = client.start_trace(start.attribute("custom_trace_id", name).attribute("report_type", "quarterly"));
    let traces = std::collections::BTreeMap::from([(name, root.expect("there is room"))]);
    let found = traces.get(name).expect("it is open");
    let same = found.span_id() == traces[name].span_id();
    end_trace(&client, found, |root| root);
    json!({"lookup_is_same_object": same})
}

fn batch(loom: &Spanloom) -> Value {
    fn process(client: &Client, root: &Span, at: usize, item: &Value) -> Option<Value> {
        let start = StartSpan::new(format!("process_item_{at}"), root.trace_id(), root.span_id());
        let outer = client.start_span(start.inputs(json!({"item_id": item["id"]}))).expect("the root is open");
        let validate = span(client, "validate", &outer);
        let is_valid = item["value"].is_i64();
        end(client, &validate, |span| span.outputs(json!({"is_valid": is_valid})));
        let transformed = is_valid.then(|| {
            let transform = span(client, "transform", &outer);
            end(client, &transform, |span| span.outputs(json!({"transformed": item})));
            item.clone()
        });
        end(client, &outer, |span| span);
        transformed
    }

    let client = loom.client();
    let items = [json!({"id": 1, "value": 10}), json!({"id": 2, "value": null})];
    let start = StartTrace::new("batch_processing").inputs(json!({"batch_size": items.len()}));
    let root = client.start_trace(start).expect("there is room");
    let done: Vec<_> = items.iter().enumerate().filter_map(|(at, item)| process(&client, &root, at, item)).collect();
    end_trace(&client, &root, |root| {
        let rate = done.len() as f64 / items.len() as f64;
        root.outputs(json!({"processed_count": done.len(), "success_rate": rate}))
    });
    json!({"all_ok": done})
}

fn safe_blocks(loom: &Spanloom) -> Value {
    /// Ends the span whatever becomes of the body.
    fn safe_span<T>(
        client: &Client,
        name: &'static str,
        parent: &Span,
        body: impl FnOnce() -> Result<T, RuntimeError>,
    ) -> Result<T, RuntimeError> {
        let span = span(client, name, parent);
        let result = body();
        end(client, &span, |span| match &result {
            Ok(_) => span,
            Err(error) => span.attribute("error", error.0).status(SpanStatus::error("")),
        });
        result
    }

    let client = loom.client();
    let root = trace(&client, "root");
    safe_span(&client, "my_operation", &root, || Ok(())).expect("it does not fail");
    let failing = safe_span(&client, "failing_operation", &root, || Err::<(), _>(RuntimeError("nope")));
    end_trace(&client, &root, |root| root);
    json!({"failing": {"raised": "RuntimeError", "message": failing.expect_err("it fails").0}})
}

/// The open spans of one flow: what is pushed is under what was pushed before.
struct TraceState {
    client: Client,
    open: Vec<Span>,
}

impl TraceState {
    fn push(&mut self, name: &'static str, say: impl FnOnce(StartSpan) -> StartSpan) {
        let parent = self.open.last().expect("the root is open");
        let start = say(StartSpan::new(name, parent.trace_id(), parent.span_id()));
        self.open.push(self.client.start_span(start).expect("the parent is there"));
    }

    fn pop(&mut self, outputs: Value, status: SpanStatus) {
        match (self.open.pop(), self.open.is_empty()) {
            (Some(root), true) => end_trace(&self.client, &root, |root| root.outputs(outputs).status(status)),
            (Some(span), false) => end(&self.client, &span, |span| span.outputs(outputs).status(status)),
            // Nothing is open any more.
            (None, _) => {}
        }
    }
}

fn state_stack(loom: &Spanloom) -> Value {
    let client = loom.client();
    let root = client.start_trace(StartTrace::new("request").inputs(json!({"q": 1}))).expect("there is room");
    let mut state = TraceState { client, open: vec![root] };
    state.push("plan", |span| span.attribute("step", 1));
    state.push("search", |span| span.span_type(SpanType::Tool));
    state.pop(json!(["hit"]), SpanStatus::Unset);
    state.pop(Value::Null, SpanStatus::error(""));
    state.push("answer", |span| span);
    state.pop(json!("done"), SpanStatus::Unset);
    state.pop(json!({"a": 2}), SpanStatus::Unset);
    state.pop(Value::Null, SpanStatus::Unset);
    json!({})
}

fn attributes(loom: &Spanloom) -> Value {
    let client = loom.client();
    let root = trace(&client, "root");
    let start = StartSpan::new("llm_call", root.trace_id(), root.span_id()).attribute("model", "gpt-4");
    let start = start.attribute("temperature", 0.7).attribute("max_tokens", 1000);
    let call = client.start_span(start.attribute("prompt_template", "rag_v2").attribute("user_tier", "premium"));
    let start = StartSpan::new("process", root.trace_id(), root.span_id()).attribute("step", 1);
    let process = client.start_span(start.attribute("data", "some data")).expect("the root is open");
    end(&client, &process, |span| span);
    end(&client, &call.expect("the root is open"), |span| span);
    end_trace(&client, &root, |root| root);
    json!({})
}

fn forgotten(loom: &Spanloom) -> Value {
    let client = loom.client();
    let root = trace(&client, "root");
    let child = span(&client, "forgotten", &root);
    end_trace(&client, &root, |root| root);
    let id = root.trace_id();
    let state = || {
        let trace = loom.get_trace_blocking(&id).expect("the store can be read");
        trace.map(|trace| trace.info.state.as_str()).expect("it is there")
    };
    let before = state();
    end(&client, &child, |span| span);
    json!({"exported_after_root_end": before != "IN_PROGRESS", "readable_before_child_end": before,
        "exported_after_child_end": state() == "OK"})
}
