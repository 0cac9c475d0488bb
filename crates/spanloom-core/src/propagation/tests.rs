//! The rules of the W3C documents, case by case as their test suite has them, and random input.

use std::collections::HashMap;

use proptest::prelude::*;

use super::SpanContext;

const TRACE: &str = "12345678901234567890123456789012";
const PARENT: &str = "1234567890123456";

fn read(fields: &[(&str, &str)]) -> Option<SpanContext> {
    let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    SpanContext::read(&fields)
}

fn parent(value: &str) -> Option<SpanContext> {
    read(&[("traceparent", value)])
}

fn with_state(states: &[&str]) -> Option<String> {
    let valid = format!("00-{TRACE}-{PARENT}-00");
    let mut fields = vec![("traceparent", valid.as_str())];
    fields.extend(states.iter().map(|state| ("tracestate", *state)));
    read(&fields).expect("a bad tracestate costs no traceparent").tracestate().map(str::to_owned)
}

fn with_baggage(values: &[&str]) -> Option<String> {
    let valid = format!("00-{TRACE}-{PARENT}-00");
    let mut fields = vec![("traceparent", valid.as_str())];
    fields.extend(values.iter().map(|value| ("baggage", *value)));
    read(&fields).expect("bad baggage costs no traceparent").baggage().map(str::to_owned)
}

#[test]
fn a_traceparent_of_the_form_is_read() {
    let sampled = parent(&format!("00-{TRACE}-{PARENT}-01")).expect("of the form");
    assert_eq!((sampled.trace_id().to_hex().as_str(), sampled.span_id().to_string().as_str()), (TRACE, PARENT));
    assert!(sampled.is_sampled() && !sampled.is_trusted());
    for (flags, is_sampled) in [("00", false), ("02", false), ("03", true), ("ff", true), ("fe", false)] {
        let read = parent(&format!("00-{TRACE}-{PARENT}-{flags}")).map(|context| context.is_sampled());
        assert_eq!(read, Some(is_sampled), "{flags}");
    }
    for space in [" ", "\t", " \t"] {
        assert!(parent(&format!("{space}00-{TRACE}-{PARENT}-01{space}")).is_some());
    }
    for name in ["traceparent", "TraceParent", "TRACEPARENT"] {
        assert!(read(&[(name, &format!("00-{TRACE}-{PARENT}-01"))]).is_some(), "{name}");
    }
}

#[test]
fn a_later_version_is_read_as_far_as_it_is_known() {
    for version in ["01", "cc", "fe"] {
        for more in ["", "-", "-what-the-future-will-be-like"] {
            assert!(parent(&format!("{version}-{TRACE}-{PARENT}-01{more}")).is_some(), "{version} {more}");
        }
        for more in [".what-the-future-will-not-be-like", "0", " -x"] {
            assert_eq!(parent(&format!("{version}-{TRACE}-{PARENT}-01{more}")), None, "{version} {more}");
        }
    }
    assert_eq!(parent(&format!("cc-{TRACE}-{PARENT}-01-{}", "x".repeat(512))), None);
}

#[test]
fn any_other_traceparent_gives_no_context() {
    let valid = format!("00-{TRACE}-{PARENT}-01");
    let bad = [
        String::new(),
        "00".to_owned(),
        format!("ff-{TRACE}-{PARENT}-01"),
        format!("00-{TRACE}-{PARENT}-01."),
        format!("00-{TRACE}-{PARENT}-01-what-the-future-will-be-like"),
        format!("0-{TRACE}-{PARENT}-01"),
        format!("000-{TRACE}-{PARENT}-01"),
        format!(".0-{TRACE}-{PARENT}-01"),
        format!("0.-{TRACE}-{PARENT}-01"),
        format!("00-00000000000000000000000000000000-{PARENT}-01"),
        format!("00-{TRACE}-0000000000000000-01"),
        format!("00-.2345678901234567890123456789012-{PARENT}-01"),
        format!("00-1234567890123456789012345678901.-{PARENT}-01"),
        format!("00-123456789012345678901234567890123-{PARENT}-01"),
        format!("00-1234567890123456789012345678901-{PARENT}-01"),
        format!("00-{TRACE}-12345678901234567-01"),
        format!("00-{TRACE}-123456789012345-01"),
        format!("00-{TRACE}-.234567890123456-01"),
        format!("00-{TRACE}-{PARENT}-.0"),
        format!("00-{TRACE}-{PARENT}-0."),
        format!("00-{TRACE}-{PARENT}-1"),
        format!("00-{TRACE}-{PARENT}-001"),
        format!("00-{TRACE}-{PARENT}"),
        format!("00-{TRACE}-{PARENT}-"),
        format!("00-{TRACE}_{PARENT}-01"),
        format!("00-{}-{PARENT}-01", "ABCDEF".repeat(6).split_at(32).0),
        format!("+0-{TRACE}-{PARENT}-01"),
        format!("00-{TRACE}-{PARENT}-01,{valid}"),
    ];
    for value in bad {
        assert_eq!(parent(&value), None, "{value}");
    }
    assert_eq!(read(&[("traceparent", &valid), ("Traceparent", &valid)]), None, "two of them");
    assert_eq!(read(&[("trace-parent", &valid)]), None);
    assert_eq!(read(&[("tracestate", "a=1")]), None);
}

#[test]
fn a_tracestate_of_the_form_is_passed_on() {
    for state in [
        "foo=1",
        "foo=1,bar=2",
        "foo=1 \t , \t bar=2",
        "foo=1,,bar=2",
        "foo=1,",
        "0a@vendor=x",
        "fw529a3039@dt=FfFf",
        "z0_-*/=!\"#$%&'()*+-./0123456789:;<>?@[\\]^_`{|}~",
        "a=b c",
    ] {
        assert_eq!(with_state(&[state]).as_deref(), Some(state.trim()), "{state}");
    }
    assert_eq!(with_state(&["foo=1", "", " ", "bar=2"]).as_deref(), Some("foo=1,bar=2"));
    let many = |count: usize| (0..count).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join(",");
    assert!(with_state(&[&many(32)]).is_some());
    assert_eq!(with_state(&[&many(33)]), None);
    assert!(with_state(&[&format!("{}=1", "a".repeat(256))]).is_some());
    assert!(with_state(&[&format!("{}@{}=1", "a".repeat(241), "b".repeat(14))]).is_some());
    assert!(with_state(&[&format!("a={}", "v".repeat(256))]).is_some());
}

#[test]
fn any_other_tracestate_is_left_out() {
    for state in [
        "",
        " ",
        ",",
        "foo",
        "foo=",
        "=1",
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "foo@=1",
        "@foo=1",
        "foo@@bar=1",
        "foo@bar@baz=1",
        "foo@0bar=1",
        "0foo=1",
        "foo=1=2",
        "foo=bar=",
        "foo=1,foo=1",
        "foo=1,foo=2",
        "foo=\u{1}",
        "foo=é",
    ] {
        assert_eq!(with_state(&[state]), None, "{state}");
    }
    assert_eq!(with_state(&["foo=1", "foo=2"]), None);
    assert_eq!(with_state(&[&format!("{}=1", "a".repeat(257))]), None);
    assert_eq!(with_state(&[&format!("{}@b=1", "a".repeat(242))]), None);
    assert_eq!(with_state(&[&format!("a@{}=1", "b".repeat(15))]), None);
    assert_eq!(with_state(&[&format!("a={}", "v".repeat(257))]), None);
    assert_eq!(with_state(&[&format!("a={0},b={0}", "v".repeat(255))]), None, "515 bytes");
}

#[test]
fn baggage_of_the_form_is_passed_on_and_read() {
    for value in ["a=1", "a=1,b=2", "a = 1 ; p ; q = 2 , b=%20", "a=", "A!#$%&'*+-.^_`|~=x", "a=1,a=2", "a=b=c"] {
        assert_eq!(with_baggage(&[value]).as_deref(), Some(value), "{value}");
    }
    let context = SpanContext::read(&HashMap::from([
        ("traceparent".to_owned(), format!("00-{TRACE}-{PARENT}-01")),
        ("Baggage".to_owned(), "user = Am%C3%A9lie%20%zz%2;prop=1,empty=,user=other".to_owned()),
    ]));
    let context = context.expect("of the form");
    assert_eq!(context.baggage_value("user").as_deref(), Some("Amélie %zz%2"));
    assert_eq!(context.baggage_value("empty").as_deref(), Some(""));
    assert_eq!(context.baggage_value("prop"), None);
    let many = |count: usize| (0..count).map(|n| format!("k{n}=1")).collect::<Vec<_>>().join(",");
    assert!(with_baggage(&[&many(64)]).is_some());
    assert_eq!(with_baggage(&[&many(65)]), None);
    assert!(with_baggage(&[&format!("a={}", "v".repeat(8_190))]).is_some());
    assert_eq!(with_baggage(&[&format!("a={}", "v".repeat(8_191))]), None);
}

#[test]
fn any_other_baggage_is_left_out() {
    for value in ["", ",", "a", "=1", "a=1,", "a b=1", "a=\"1\"", "a=1;", "a=1;=2", "a=\\", "a=é", "a=1 2", "(=1"] {
        assert_eq!(with_baggage(&[value]), None, "{value}");
    }
}

#[test]
fn what_is_written_is_read_back_and_replaces_what_was_there() {
    let mut fields = vec![("TraceParent".to_owned(), "old".to_owned()), ("other".to_owned(), "x".to_owned())];
    let came = read(&[
        ("traceparent", &format!("cc-{TRACE}-{PARENT}-01-future")),
        ("tracestate", "a=1"),
        ("baggage", "user=7"),
    ]);
    let came = came.expect("of the form");
    came.write(&mut fields);
    assert_eq!(fields.len(), 4);
    assert_eq!(SpanContext::read(&fields), Some(came.clone()));
    let mut map = HashMap::from([("TRACEPARENT".to_owned(), "old".to_owned())]);
    came.write(&mut map);
    assert_eq!((map.len(), SpanContext::read(&map)), (3, Some(came)));
}

#[cfg(feature = "http")]
#[test]
fn the_headers_of_a_request_carry_a_context() {
    let mut headers = http::HeaderMap::new();
    let came = parent(&format!("00-{TRACE}-{PARENT}-01")).expect("of the form");
    came.write(&mut headers);
    assert_eq!(SpanContext::read(&headers), Some(came));
    headers.append("traceparent", http::HeaderValue::from_static("00-x"));
    assert_eq!(SpanContext::read(&headers), None);
}

/// Pieces of headers, whole and broken.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(TRACE.to_owned()),
        Just(PARENT.to_owned()),
        Just("00".to_owned()),
        Just("01".to_owned()),
        "[-=,;@% \t]",
        "[0-9a-f]{1,40}",
        "[a-z0-9_*/-]{1,20}=[ -~]{0,20}",
        ".{0,8}",
    ]
}

fn header() -> impl Strategy<Value = String> {
    let random = proptest::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat());
    let nearly = ("[0-9a-f]{2}", "[0-9a-f]{32}", "[0-9a-f]{16}", "[0-9a-f]{2}", ".{0,2}")
        .prop_map(|(version, trace, span, flags, rest)| format!("{version}-{trace}-{span}-{flags}{rest}"));
    prop_oneof![random, nearly]
}

proptest! {
    /// Whatever comes in: no panic, and what was accepted is within the limits and is the same when it is passed on.
    #[test]
    fn random_headers_are_refused_or_pass_unchanged(
        parent in header(), state in header(), baggage in header(), twice in any::<bool>(),
    ) {
        let mut fields = vec![("traceparent", parent.as_str()), ("tracestate", &state), ("baggage", &baggage)];
        if twice {
            fields.extend([("tracestate", state.as_str()), ("baggage", &baggage)]);
        }
        if let Some(context) = read(&fields) {
            prop_assert!(context.tracestate().is_none_or(|state| state.len() <= 512));
            prop_assert!(context.baggage().is_none_or(|baggage| baggage.len() <= 8_192));
            let mut passed = Vec::new();
            context.write(&mut passed);
            prop_assert_eq!(passed[0].1.len(), 55);
            prop_assert_eq!(SpanContext::read(&passed), Some(context));
        }
    }
}
