//! Values that servers are known to change, refuse or choke on.

use std::time::Duration;

use serde_json::{Value, json};
use spanloom::{SpanType, Spanloom};

use crate::mlflow::{Server, new_experiment};

fn attributes_as_read(of: &[(&'static str, Value)]) -> Value {
    let experiment = new_experiment("values");
    let loom = Spanloom::builder()
        .in_memory()
        .mlflow(&Server::shared().uri)
        .experiment(&experiment)
        .start()
        .expect("the settings are right");
    let root = loom.root_span("root").span_type(SpanType::Chain).start();
    for (key, value) in of {
        root.set_attribute(*key, value);
    }
    root.end();
    drop(root);
    let report = loom.shutdown_blocking(Duration::from_secs(120)).expect("everything is stored");
    assert_eq!((report.delivered, report.left), (1, 0), "{report:?}");
    let mut read = Server::shared().read_back(&experiment);
    assert_eq!(read.len(), 1);
    read[0]["data"]["spans"][0]["attributes"].take()
}

#[test]
fn values_of_every_kind_come_back_as_they_were() {
    let values = [
        ("text", json!("plain")),
        ("empty", json!("")),
        ("unicode", json!("Grüße 🦀\u{0}\u{1}\u{7f}\u{202e}")),
        ("looks_like_object", json!("{\"a\": 1}")),
        ("looks_like_list", json!("[1, 2]")),
        ("looks_like_string", json!("\"quoted\"")),
        ("looks_like_number", json!("123")),
        ("looks_like_null", json!("null")),
        ("broken_json", json!("{\"a\": ")),
        ("integer", json!(-42)),
        ("largest", json!(i64::MAX)),
        ("float", json!(0.1)),
        ("whole_float", json!(3.0)),
        ("yes", json!(true)),
        ("null", json!(null)),
        ("list", json!([1, "two", null, 3.5])),
        ("map", json!({"b": {"c": ["d", {"e": "ü"}]}, "a": "{}"})),
        ("no_items", json!([])),
        ("no_entries", json!({})),
    ];
    let read = attributes_as_read(&values);
    for (key, value) in &values {
        let text = read[*key].as_str().unwrap_or_else(|| panic!("`{key}` is missing in {read}"));
        assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), value, "{key}");
    }
}

/// Sent as they are, these make a trace unreadable that the server has taken.
#[test]
fn what_would_poison_the_trace_comes_back_as_text() {
    let deep = (0..60).fold(json!("end"), |inner, _| json!([inner]));
    let read = attributes_as_read(&[("big", json!(u64::MAX)), ("inside", json!({"n": u64::MAX})), ("deep", deep)]);
    assert_eq!(read["big"], json!("\"18446744073709551615\""));
    assert_eq!(read["inside"], json!("{\"n\": \"18446744073709551615\"}"));
    assert!(read["deep"].as_str().unwrap().contains("end"));
}
