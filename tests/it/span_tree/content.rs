//! What is said about a span is what is read: text for text, in order, as it was when it was said.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use spanloom::{Document, Link, Span, SpanEvent, SpanQuery, SpanType};
use spanloom_testing::assert_tree;

use crate::universe::Universe;

/// Checks the JSON text that an attribute of this value gets.
#[track_caller]
fn check(value: impl Serialize, expected: &str) {
    let trace = Universe::new().trace_of(|root| root.set_attribute("value", &value));
    let text = trace.data.spans[0].attribute_text("value").map(|text| text.as_str().to_owned());
    assert_eq!(text.as_deref(), Some(expected));
}

#[test]
fn values_become_json_in_the_layout_of_python() {
    check(json!({"b": [1, 2], "a": null}), r#"{"b": [1, 2], "a": null}"#);
    check([1.0, 16.0, 0.1, 1e16, 1e-7, -0.0], "[1.0, 16.0, 0.1, 1e+16, 1e-07, -0.0]");
    check([f64::NAN, f64::INFINITY, f64::NEG_INFINITY], "[NaN, Infinity, -Infinity]");
    check(f64::NAN, "NaN");
    check(1.5_f32, "1.5");
    check((u64::MAX, i64::MIN), "[18446744073709551615, -9223372036854775808]");
    check(u128::MAX, "340282366920938463463374607431768211455");
    check((true, 'x', ()), r#"[true, "x", null]"#);
    check("grün \u{1}\n\"\\ \u{7f} 🦀", "\"grün \\u0001\\n\\\"\\\\ \u{7f} 🦀\"");
    check(BTreeMap::from([(1, "one")]), r#"{"1": "one"}"#);
    check(None::<u8>, "null");
}

#[test]
fn everything_said_about_a_span_is_read_back_in_order() {
    let trace = Universe::new().trace_of(|root| {
        let span = root.child("span").span_type(SpanType::Tool).attribute("first", 1).inputs(json!({"x": 1})).start();
        span.set_attributes([("environment", json!("production")), ("n", json!(2))]);
        span.set_attribute("first", "moved to the end");
        span.set_attribute("", "no key");
        span.set_span_type("LATER");
        span.set_description("why");
        span.add_event(SpanEvent::new("validated").attribute("records", 1000).attribute("deep", json!({"k": [1]})));
        span.add_event(SpanEvent::new("checkpoint").at_unix_nanos(7));
        span.add_link(Link::new(root.trace_id(), root.span_id()).attribute("why", "retry"));
        span.set_outputs(2.5);
    });
    assert_tree(
        &trace,
        r#"
            root OK
                span LATER OK
                    = inputs {"x": 1}
                    = environment "production"
                    = n 2
                    = first "moved to the end"
                    = mlflow.spanDescription "why"
                    = outputs 2.5
                    ! validated {"records": 1000, "deep": {"k": [1]}}
                    ! checkpoint
                    > root {"why": "retry"}
        "#,
    );
    assert_eq!(trace.data.spans[1].events[1].time_unix_nano, Some(7));
}

#[test]
fn a_value_is_taken_when_it_is_said() {
    let trace = Universe::new().trace_of(|root| {
        let mut list = vec![1];
        root.set_inputs(&list);
        list.push(2);
        root.set_outputs(&list);
    });
    assert_tree(
        &trace,
        "
            root OK
                = inputs [1]
                = outputs [1, 2]
        ",
    );
}

#[test]
fn moved_values_are_serialised_in_the_background() {
    let shared = Arc::new(vec!["a", "b"]);
    let trace = Universe::new().trace_of(|root| {
        root.set_inputs_owned(json!({"large": "x".repeat(100_000)}));
        root.set_outputs_owned(Arc::clone(&shared).as_ref().clone());
    });
    let root = &trace.data.spans[0];
    assert_eq!(root.inputs().map(|inputs| inputs["large"].as_str().map(str::len)), Some(Some(100_000)));
    assert_eq!(root.outputs(), Some(json!(["a", "b"])));
}

#[test]
fn large_and_small_values_of_one_span_keep_their_order() {
    let trace = Universe::new().trace_of(|root| {
        for size in [10, 1_000_000, 20, 70_000, 0] {
            root.set_attribute(format!("size {size}"), "x".repeat(size));
        }
    });
    let sizes = trace.data.spans[0].attributes.iter().filter(|(key, _)| key.starts_with("size "));
    let sizes: Vec<_> = sizes.map(|(key, text)| (key.clone(), text.as_str().len() - 2)).collect();
    let expected = [10, 1_000_000, 20, 70_000, 0].map(|size| (format!("size {size}"), size));
    assert_eq!(sizes, expected);
}

#[derive(Serialize)]
struct Unserialisable {
    #[serde(serialize_with = "refuse")]
    field: u8,
}

fn refuse<S: serde::Serializer>(_: &u8, _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom("not today"))
}

#[test]
fn a_value_that_cannot_be_serialised_says_so_and_harms_nothing() {
    let trace = Universe::new().trace_of(|root| {
        root.set_attribute("before", 1);
        root.set_inputs(Unserialisable { field: 1 });
        root.set_attribute("after", 2);
    });
    let root = &trace.data.spans[0];
    let inputs = root.inputs().expect("something is kept");
    assert!(inputs.as_str().is_some_and(|text| text.contains("not today")), "{inputs}");
    assert_eq!((root.attribute("before"), root.attribute("after")), (Some(json!(1)), Some(json!(2))));
}

#[test]
fn retrieved_documents_are_found_by_the_type_of_their_span() {
    let trace = Universe::new().trace_of(|root| {
        let search = root.child("search").span_type(SpanType::Retriever).start();
        search.set_outputs(vec![Document::new("The content").metadata("doc_uri", "a.md").id("doc_123")]);
    });
    let found = trace.search_spans(SpanQuery::new().span_type(SpanType::Retriever).name("search"));
    let outputs = found.first().and_then(|span| span.outputs()).expect("there is one");
    assert_eq!(outputs[0]["page_content"], "The content");
    assert_eq!(outputs[0]["metadata"]["doc_uri"], "a.md");
    assert_eq!(outputs[0]["id"], "doc_123");
}

#[test]
fn a_span_that_does_not_record_takes_everything_and_serialises_nothing() {
    let span = Span::none();
    span.set_inputs(NeverSerialised);
    span.set_attribute("k", NeverSerialised);
    span.set_outputs_owned(NeverSerialised);
    span.child("child").attribute("k", NeverSerialised).inputs(NeverSerialised).start().set_outputs(NeverSerialised);
}

struct NeverSerialised;

impl Serialize for NeverSerialised {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a span that does not record serialises nothing");
    }
}
