//! Values come back as they were set, or a text in their place says why not; nothing of them reaches the program.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use spanloom::{JsonText, Span, Trace};

use crate::universe::Universe;

/// The text of the attribute `v` of a root that `set` was called with.
fn text(set: impl FnOnce(&Span)) -> JsonText {
    let trace = Universe::new().trace_of(set);
    trace.data.spans[0].attribute_text("v").expect("it was set").clone()
}

#[track_caller]
fn check(value: impl Serialize, expected: &str) {
    assert_eq!(text(|span| span.set_attribute("v", &value)).as_str(), expected, "set later");
    let universe = Universe::new();
    let root = universe.root_span("root").attribute("v", &value).start();
    let id = root.trace_id();
    drop(root);
    assert_eq!(
        universe.trace(id).data.spans[0].attribute_text("v").map(JsonText::as_str),
        Some(expected),
        "at the start"
    );
}

#[derive(Serialize)]
enum Kind {
    Unit,
    Newtype(u8),
    Fields { a: Option<f32> },
}

#[test]
fn numbers_keep_every_digit() {
    check(u64::MAX, "18446744073709551615");
    check(i64::MIN, "-9223372036854775808");
    check(u128::MAX, "340282366920938463463374607431768211455");
    check(i128::MIN, "-170141183460469231731687303715884105728");
    check(0.1_f32, "0.1");
    check([0.1_f64, -0.0, 1e16, 5e-324], "[0.1, -0.0, 1e+16, 5e-324]");
    check([f64::NAN, f64::INFINITY, f64::NEG_INFINITY], "[NaN, Infinity, -Infinity]");
    check(f64::NAN, "NaN");
    let wide = text(|span| span.set_attribute("v", u128::MAX));
    assert_eq!(wide.read::<u128>().expect("all digits are there"), u128::MAX);
}

#[test]
fn texts_keep_every_character() {
    check("\u{0}\u{1f}\"\\\u{7f}", "\"\\u0000\\u001f\\\"\\\\\u{7f}\"");
    check("\u{202e}אבג\u{2066} 日本 😀\u{fffd}", "\"\u{202e}אבג\u{2066} 日本 😀\u{fffd}\"");
    check('ß', "\"ß\"");
    check("", "\"\"");
    let long = "größe ".repeat(100_000);
    assert_eq!(text(|span| span.set_attribute("v", &long)).to_value(), json!(long));
}

#[test]
fn structure_is_that_of_serde() {
    check((), "null");
    check(Some(Some(1)), "1");
    check(None::<u8>, "null");
    check(Kind::Unit, "\"Unit\"");
    check([Kind::Newtype(1), Kind::Fields { a: None }], "[{\"Newtype\": 1}, {\"Fields\": {\"a\": null}}]");
    check(BTreeMap::from([(1, "a"), (-2, "b")]), "{\"-2\": \"b\", \"1\": \"a\"}");
    check(BTreeMap::from([(true, 'x')]), "{\"true\": \"x\"}");
}

struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("on purpose"))
    }
}

struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("on purpose")
    }
}

/// As deep as it is long, without a list or map in it.
#[derive(Serialize)]
#[serde(transparent)]
struct Options(Option<Box<Options>>);

/// The same with a list around each.
#[derive(Serialize)]
struct Lists(Vec<Lists>);

fn options(depth: usize) -> Options {
    (0..depth).fold(Options(None), |inner, _| Options(Some(Box::new(inner))))
}

fn lists(depth: usize) -> Lists {
    (0..depth).fold(Lists(Vec::new()), |inner, _| Lists(vec![inner]))
}

#[track_caller]
fn check_refused(value: impl Serialize, why: &str) {
    let universe = Universe::new();
    let before = universe.health().expect("it is not disabled").unserialisable;
    let trace = universe.trace_of(|root| {
        root.set_attribute("v", &value);
        root.set_inputs(&value);
        root.child("child").attribute("v", &value).start();
    });
    let is_refused = |found: Option<Value>| {
        let found = found.expect("something stands there");
        let found = found.as_str().expect("a text").to_owned();
        assert!(found.starts_with("<not serialisable: ") && found.contains(why), "{found}");
    };
    is_refused(trace.data.spans[0].attribute("v"));
    is_refused(trace.data.spans[0].inputs());
    is_refused(trace.data.spans[1].attribute("v"));
    let counted = universe.health().expect("it is not disabled").unserialisable - before;
    assert!(counted >= 3, "{counted}");
}

#[test]
fn what_has_no_json_form_is_replaced_by_a_text_that_says_so_and_counted() {
    check_refused(Fails, "on purpose");
    check_refused(Panics, "panicked");
    check_refused([BTreeMap::from([((1, 2), 3)])], "key");
    check_refused(vec![json!(1)].into_iter().map(|_| Panics).collect::<Vec<_>>(), "panicked");
}

#[test]
fn a_hundred_thousand_levels_overflow_nothing() {
    const DEPTH: usize = 100_000;
    let (mut nested, mut listed) = (options(DEPTH), lists(DEPTH));
    check_refused(&nested, "levels deep");
    check_refused(&listed, "levels deep");
    check(lists(100), &("[".repeat(101) + &"]".repeat(101)));
    // Dropped level by level: their own drop recurses.
    while let Some(inner) = nested.0.take() {
        nested = *inner;
    }
    while let Some(inner) = listed.0.pop() {
        listed = inner;
    }
}

#[test]
fn values_that_are_serialised_in_the_background_fail_there_alike() {
    let trace = Universe::new().trace_of(|root| {
        root.set_inputs_owned(Panics);
        root.set_outputs_owned(vec![1.5, f64::NAN]);
    });
    assert_eq!(trace.data.spans[0].inputs(), Some(json!("<not serialisable: its `Serialize` panicked>")));
    assert_eq!(trace.data.spans[0].outputs(), Some(json!([1.5, "NaN"])));
}

#[test]
fn inputs_above_their_limit_are_cut_and_say_so() {
    let universe = Universe::with(|builder| {
        let mut limits = spanloom::Limits::default();
        limits.payload_bytes = 1_000;
        builder.limits(limits)
    });
    let trace = universe.trace_of(|root| root.set_inputs("ß".repeat(10_000)));
    let found = trace.data.spans[0].inputs().expect("something stands there");
    let found = found.as_str().expect("a text");
    assert!(found.ends_with("… [truncated by spanloom: 999 of 20002 bytes kept]"), "{}", &found[900..]);
    assert_eq!(trace.info.trace_metadata["spanloom.truncated"], "1");
}

#[test]
fn reserved_attributes_are_never_evicted_by_the_program_s_own() {
    let trace = Universe::new().trace_of(|root| {
        root.set_span_type("TOOL");
        root.set_inputs(1);
        for round in 0..2 {
            for n in 0..1_000 {
                root.set_attribute(format!("k{n}"), round * 1_000 + n);
            }
        }
        root.set_outputs(2);
    });
    let span = &trace.data.spans[0];
    let own: Vec<Value> =
        span.attributes.iter().filter(|(k, _)| k.starts_with('k')).map(|(_, v)| v.to_value()).collect();
    assert_eq!(own, (1_744..2_000).map(Value::from).collect::<Vec<_>>(), "the last 256, with what was set last");
    for key in
        ["mlflow.traceRequestId", "mlflow.spanType", "mlflow.spanInputs", "mlflow.spanOutputs", "mlflow.spanLogLevel"]
    {
        assert!(span.attribute(key).is_some(), "{key}");
    }
    assert_eq!((span.inputs(), span.outputs()), (Some(json!(1)), Some(json!(2))));
    assert_eq!(trace.info.trace_metadata["spanloom.truncated"], "744");
}

#[test]
fn a_key_that_is_set_again_moves_to_the_end_however_many_there_are() {
    for count in [3, 200] {
        let trace = Universe::new().trace_of(|root| {
            for n in 0..count {
                root.set_attribute(format!("k{n}"), n);
            }
            root.set_attribute("k0", "again");
        });
        let own = trace.data.spans[0].attributes.iter().filter(|(key, _)| key.starts_with('k'));
        let keys: Vec<&str> = own.map(|(key, _)| key.as_str()).collect();
        assert_eq!((keys.len(), keys[0], keys.last()), (count, "k1", Some(&"k0")));
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has finite numbers", |f| f.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec(("[a-z\u{0}-\u{ff}]{0,8}", inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Without redaction: texts made at random may look like secrets.
fn traces_of(values: &[Value]) -> Vec<Trace> {
    let universe = Universe::with(|builder| builder.redaction(false));
    let record = |value: &Value| universe.trace_of(|root| root.set_attribute("v", value)).info.trace_id;
    let ids: Vec<_> = values.iter().map(record).collect();
    ids.into_iter().map(|id| universe.trace(id)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_value_comes_back_from_the_store_and_from_the_trace_s_json(values in prop::collection::vec(any_value(), 1..8)) {
        for (trace, value) in traces_of(&values).into_iter().zip(&values) {
            prop_assert_eq!(trace.data.spans[0].attribute("v"), Some(value.clone()));
            let again = Trace::from_json(&trace.to_json()).expect("a trace");
            prop_assert_eq!(again.data.spans[0].attribute("v"), Some(value.clone()));
        }
    }
}
