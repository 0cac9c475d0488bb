use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Serialize, Serializer, ser};
use serde_json::{Value, json};

use super::*;
use crate::JsonText;

#[track_caller]
fn check(value: impl Serialize, expected: &str) {
    assert_eq!(to_string(&value).as_deref(), Ok(expected));
}

#[derive(Serialize)]
enum Shape {
    Unit,
    New(u8),
    Tuple(u8, u8),
    Struct { a: u8, b: Option<u8> },
}

#[test]
fn the_layout_is_that_of_python() {
    check(
        json!({"x": 4, "y": [1, "a", null, true], "z": {}, "e": []}),
        r#"{"x": 4, "y": [1, "a", null, true], "z": {}, "e": []}"#,
    );
    check((1, "two", 3.0, 'c'), r#"[1, "two", 3.0, "c"]"#);
    check([(); 2], "[null, null]");
    check(
        [Shape::Unit, Shape::New(1), Shape::Tuple(1, 2), Shape::Struct { a: 1, b: None }],
        r#"["Unit", {"New": 1}, {"Tuple": [1, 2]}, {"Struct": {"a": 1, "b": null}}]"#,
    );
    check(
        (i128::MIN, u128::MAX),
        "[-170141183460469231731687303715884105728, 340282366920938463463374607431768211455]",
    );
}

#[test]
fn floats_are_those_of_repr() {
    // Each pair was printed by CPython's `json.dumps`.
    let cases = [
        (1.0, "1.0"),
        (16.0, "16.0"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (0.0, "0.0"),
        (1e-4, "0.0001"),
        (0.000_123_4, "0.0001234"),
        (9.999_999e-5, "9.999999e-05"),
        (1e-5, "1e-05"),
        (-1.5e-5, "-1.5e-05"),
        (1e-7, "1e-07"),
        (1e15, "1000000000000000.0"),
        (9_999_999_999_999_998.0, "9999999999999998.0"),
        (1e16, "1e+16"),
        (1.234_567_890_123_456_8e17, "1.2345678901234568e+17"),
        (1e22, "1e+22"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ];
    for (value, expected) in cases {
        check(value, expected);
    }
    check(0.1_f32, "0.1");
    check(1e-5_f32, "1e-05");
    check(
        [1e10_f32, 1e13, 1e15, 1e16, 1.5e16, 3.4e38],
        "[10000000000.0, 10000000000000.0, 1000000000000000.0, 1e+16, 1.5e+16, 3.4e+38]",
    );
    check(f32::NAN, "NaN");
}

#[test]
fn only_quotes_backslashes_and_controls_are_escaped() {
    check("a\"b\\c\n\r\t\u{8}\u{c}\u{0}\u{1f}", r#""a\"b\\c\n\r\t\b\f\u0000\u001f""#);
    check("é日本😀\u{7f}/", "\"é日本😀\u{7f}/\"");
}

#[test]
fn ascii_text_has_surrogate_pairs_and_escapes_delete() {
    assert_eq!(to_ascii_string("ü😀\u{7f}a\n").as_deref(), Ok(r#""\u00fc\ud83d\ude00\u007fa\n""#));
    assert_eq!(escape_ascii(r#"{"日": 1}"#), r#"{"\u65e5": 1}"#);
}

#[test]
fn keys_that_are_no_text_become_the_text_of_their_json() {
    check(BTreeMap::from([(1, 2)]), r#"{"1": 2}"#);
    check(BTreeMap::from([(true, 2)]), r#"{"true": 2}"#);
    check(BTreeMap::from([(None, 1), (Some('a'), 2)]), r#"{"null": 1, "a": 2}"#);
    check(BTreeMap::from([(u128::MAX, ())]), r#"{"340282366920938463463374607431768211455": null}"#);
    check(Pairs(vec![(2.5, 1), (f64::NAN, 2)]), r#"{"2.5": 1, "NaN": 2}"#);
    let refused = to_string(&BTreeMap::from([((1, 2), 3)]));
    assert!(matches!(refused, Err(Error::Custom(text)) if text.contains("a key of a map")));
}

struct Pairs(Vec<(f64, u8)>);

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[test]
fn json_text_inside_a_value_is_written_as_it_is() {
    let text = JsonText::from_encoded(r#"{"a": NaN}"#);
    check(json!({"s": "NaN"}), r#"{"s": "NaN"}"#);
    check(&text, r#"{"a": NaN}"#);
    check(vec![Some(&text)], r#"[{"a": NaN}]"#);
    check(BTreeMap::from([("k", &text)]), r#"{"k": {"a": NaN}}"#);
    check((&text, "\"x\""), r#"[{"a": NaN}, "\"x\""]"#);
}

#[test]
fn raw_values_of_serde_json_take_on_the_layout() {
    let raw: Box<serde_json::value::RawValue> =
        serde_json::from_str("{\"a\" :[1,\n2.50, 123456789012345678901234567890],\"\\u00fc\":\"\\/\"}").expect("JSON");
    check((1, raw), r#"[1, {"a": [1, 2.50, 123456789012345678901234567890], "ü": "/"}]"#);
}

#[derive(Serialize)]
struct Chain(Option<Box<Chain>>);

fn chain(len: usize) -> Chain {
    (0..len).fold(Chain(None), |inner, _| Chain(Some(Box::new(inner))))
}

fn nested(depth: usize) -> Value {
    (1..depth).fold(json!([]), |inner, _| json!([inner]))
}

#[test]
fn endless_nesting_is_refused_and_what_is_written_can_be_read() {
    let deepest = to_string(&nested(MAX_DEPTH - 1)).expect("not too deep");
    assert!(serde_json::from_str::<Value>(&deepest).is_ok());
    assert_eq!(to_string(&nested(MAX_DEPTH)), Err(Error::TooDeep));
    assert_eq!(to_string(&chain(MAX_DEPTH)).as_deref(), Ok("null"));
    // Not dropped: dropping the chain would recurse.
    assert_eq!(to_string(&*std::mem::ManuallyDrop::new(chain(100_000))), Err(Error::TooDeep));
    let text = JsonText::from_serialize(&nested(100)).expect("not too deep");
    assert!(to_string(&[&text]).is_ok());
    assert_eq!(to_string(&(0..28).fold(json!(text.to_value()), |inner, _| json!([inner]))), Err(Error::TooDeep));
    assert_eq!(to_string(&Wrapped(28, &text)), Err(Error::TooDeep));
}

struct Wrapped<'a>(usize, &'a JsonText);

impl Serialize for Wrapped<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            0 => self.1.serialize(serializer),
            n => serializer.collect_seq([Wrapped(n - 1, self.1)]),
        }
    }
}

/// Writes a part of itself, then does what its field says.
struct Bad(fn());

impl Serialize for Bad {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(None)?;
        ser::SerializeSeq::serialize_element(&mut seq, "written")?;
        self.0();
        Err(ser::Error::custom("its own words"))
    }
}

struct BadDrop;

impl Drop for BadDrop {
    fn drop(&mut self) {
        panic!("the payload of a panic was dropped");
    }
}

#[test]
fn errors_and_panics_leave_the_buffer_as_it_was() {
    let cases: [(Bad, Error); 3] = [
        (Bad(|| ()), Error::Custom("its own words".into())),
        (Bad(|| panic!("on purpose")), Error::Panicked),
        (Bad(|| std::panic::panic_any(BadDrop)), Error::Panicked),
    ];
    for (bad, expected) in cases {
        let mut out = b"before".to_vec();
        assert_eq!(append(&mut out, &bad), Err(expected));
        assert_eq!(out, b"before");
    }
}

#[test]
fn any_text_has_a_value() {
    assert_eq!(parse(""), Value::Null);
    assert_eq!(parse("{\"a\": 1}"), json!({"a": 1}));
    assert_eq!(parse("not json"), json!("not json"));
    assert_eq!(
        parse("[NaN, -Infinity, {\"Infinity\": Infinity, \"NaN\": \"NaN\"}]"),
        json!(["NaN", "-Infinity", {"Infinity": "Infinity", "NaN": "NaN"}])
    );
    assert_eq!(parse(r#""\ud83d\ude00 \ud83d x""#), json!("😀 \u{fffd} x"));
    for hostile in ["[".repeat(1_000_000), "{\"a\":".repeat(1_000_000), "[NaN,".repeat(100_000)] {
        assert_eq!(parse(&hostile), Value::String(hostile.clone()));
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    assert_eq!(parse(&deep), Value::String(deep.clone()));
}

fn any_value() -> impl Strategy<Value = Value> {
    let float = any::<f64>().prop_filter("JSON has finite numbers", |f| f.is_finite());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        float.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn values_come_back_from_both_forms(value in any_value()) {
        let text = to_string(&value).expect("a value has a JSON form");
        prop_assert_eq!(&parse(&text), &value);
        let ascii = to_ascii_string(&value).expect("a value has a JSON form");
        prop_assert!(ascii.bytes().all(|b| (0x20..0x7f).contains(&b)));
        prop_assert_eq!(ascii.len(), ascii_len(&text));
        prop_assert_eq!(&parse(&ascii), &value);
        prop_assert_eq!(relayout(&ascii), text);
    }

    #[test]
    fn foreign_json_takes_on_the_layout(value in any_value()) {
        let pretty = serde_json::to_string_pretty(&value).expect("a value has a JSON form");
        let again = relayout(&pretty);
        prop_assert_eq!(parse(&again), value);
        prop_assert_eq!(relayout(&again), again);
    }

    #[test]
    fn strings_have_the_escapes_of_serde_json(text in any::<String>()) {
        let ours = to_string(&text).expect("a string has a JSON form");
        prop_assert_eq!(ascii_string_len(&text), escape_ascii(&ours).len());
        prop_assert_eq!(ours, serde_json::to_string(&text).expect("a string has a JSON form"));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in r#"[\[\]{}:,"\\ua0-9dDcNIfnity\-é😀 ]{0,60}"#) {
        parse(&text);
        relayout(&text);
        relayout(&repair(&text));
    }

    #[test]
    fn short_floats_have_the_text_of_their_digits(digits in -9_999_999..9_999_999_i64, exponent in -12..20_i32) {
        // Seven digits are what an `f32` can hold, so its text is that of the `f64` with the same digits.
        let text = format!("{digits}e{exponent}");
        let (short, long) = (text.parse::<f32>().expect("a float"), text.parse::<f64>().expect("a float"));
        prop_assume!(format!("{short:e}") == format!("{long:e}"));
        prop_assert_eq!(to_string(&short), to_string(&long));
    }

    #[test]
    fn floats_come_back(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let text = to_string(&value).expect("a float has a JSON form");
        prop_assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(bits));
    }
}
