//! Wrapped functions are recorded as traced ones are.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use futures::stream;
use futures::{FutureExt as _, StreamExt as _};
use serde_json::json;
use spanloom::{SpanStatus, SpanType, Wrap, start_span};
use spanloom_testing::assert_tree;

use crate::universe::Universe;

fn divide(a: u32, b: u32) -> Result<u32, String> {
    drop(start_span("inside"));
    a.checked_div(b).ok_or_else(|| "division by zero".to_owned())
}

#[test]
fn arguments_results_errors_and_panics_of_a_wrapped_function_are_recorded() {
    let settings =
        Wrap::new("pow").args(["x", "n"]).span_type(SpanType::Tool).attribute("unit", "m").description("why");
    let (pow, sum) = (spanloom::wrap(settings, f64::powi), spanloom::wrap("sum", |a: u8, b: u8| a + b));
    let divide = spanloom::try_wrap("divide", divide);
    let trace = Universe::new().trace_of(|_| {
        assert_eq!((pow(4.0, 2), divide(6, 3), divide(1, 0).is_err()), (16.0, Ok(2), true));
        assert!(catch_unwind(AssertUnwindSafe(|| sum(200, 100))).is_err());
    });
    assert_tree(
        &trace,
        r#"
            root OK
                pow TOOL OK
                    = unit "m"
                    = mlflow.spanDescription "why"
                    = inputs {"x": 4.0, "n": 2}
                    = outputs 16.0
                divide OK
                    = inputs {"arg0": 6, "arg1": 3}
                    = outputs 2
                    inside OK
                divide ERROR "Exception: division by zero"
                    = inputs {"arg0": 1, "arg1": 0}
                    ! exception {"exception.message": "division by zero", "exception.type": "Exception", "exception.stacktrace": "…"}
                    inside OK
                sum ERROR "panic: attempt to add with overflow"
                    = inputs {"arg0": 200, "arg1": 100}
                    ! exception {"exception.message": "attempt to add with overflow", "exception.type": "panic", "exception.stacktrace": "…"}
        "#,
    );
    let own_name = |name| trace.data.spans.iter().find(|span| span.name == name)?.attribute("mlflow.spanFunctionName");
    assert_eq!((own_name("pow"), own_name("divide")), (Some(json!("powi")), Some(json!("divide"))));
    assert_eq!(own_name("sum"), Some(json!("<lambda>")));
}

#[test]
fn some_names_may_be_missing_and_any_text_is_one() {
    let join = spanloom::wrap(Wrap::new("join").args(["a \"b\""]), |a: &str, b: Option<u8>| format!("{a}{b:?}"));
    let trace = Universe::new().trace_of(|_| assert_eq!(join("x", None), "xNone"));
    assert_eq!(trace.data.spans[1].inputs(), Some(json!({"a \"b\"": "x", "arg1": null})));
}

#[test]
fn a_wrapped_future_has_its_span_from_the_first_poll_to_the_last() {
    let fetch = spanloom::try_wrap_async("fetch", |n: u8| async move {
        drop(start_span("inside"));
        tokio::task::yield_now().await;
        u8::try_from(u32::from(n) + 250)
    });
    let slow = spanloom::wrap_async("slow", |_: u8| std::future::pending::<u8>());
    let trace = Universe::new().trace_of(|_| {
        let later = fetch(1);
        drop(start_span("before"));
        assert_eq!((block_on(later), block_on(fetch(9)).is_err()), (Ok(251), true));
        drop(fetch(2));
        assert!(slow(1).now_or_never().is_none());
    });
    assert_tree(
        &trace,
        r#"
            root OK
                before OK
                fetch OK
                    = inputs {"arg0": 1}
                    = outputs 251
                    inside OK
                fetch ERROR "TryFromIntError: out of range integral type conversion attempted"
                    = inputs {"arg0": 9}
                    ! exception {"exception.message": "out of range integral type conversion attempted", "exception.type": "TryFromIntError", "exception.stacktrace": "…"}
                    inside OK
                slow OK
                    = inputs {"arg0": 1}
        "#,
    );
}

#[test]
fn a_wrapped_stream_is_followed() {
    let count = spanloom::wrap_stream(Wrap::new("count").args(["n"]), |n: u8| stream::iter(0..n));
    let check = spanloom::try_wrap_stream("check", |n: u8| {
        stream::iter((0..n).map(|i| if i < 1 { Ok(i) } else { Err("too many") }))
    });
    let trace = Universe::new().trace_of(|_| {
        assert_eq!((block_on(count(2).count()), block_on(check(2).count())), (2, 2));
        assert_eq!(block_on(count(9).take(1).count()), 1);
    });
    let [_, whole, failed, abandoned] = trace.data.spans.as_slice() else { panic!("{:?}", trace.data.spans) };
    assert_eq!((whole.inputs(), whole.outputs()), (Some(json!({"n": 2})), Some(json!([0, 1]))));
    assert_eq!((whole.events.len(), whole.attribute("mlflow.spanFunctionName")), (2, None));
    assert_eq!((failed.status.clone(), failed.outputs()), (SpanStatus::error(""), None));
    assert_eq!(abandoned.attribute("spanloom.stream.abandoned"), Some(json!(true)));
}

#[test]
fn the_body_may_set_its_own_outputs() {
    let search = spanloom::wrap("search", || {
        spanloom::current_span().expect("it is current").set_outputs("mine");
        7
    });
    let trace = Universe::new().trace_of(|_| assert_eq!(search(), 7));
    assert_eq!(trace.data.spans[1].outputs(), Some(json!("mine")));
}
