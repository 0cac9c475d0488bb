//! Traced iterators and streams: when their span begins and ends, and what it says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::executor::block_on;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};
use serde_json::{Value, json};
use spanloom::{Reducer, SpanRecord, SpanStatus, current_span, start_span, trace};
use spanloom_testing::assert_tree;

use crate::universe::Universe;

#[trace]
fn letters(text: &str) -> impl Iterator<Item = char> {
    drop(start_span("eager")); // Runs with the call, before there is a span.
    let chars: Vec<_> = text.chars().collect();
    chars.into_iter().inspect(|c| drop(start_span(c.to_string())))
}

#[trace(span_type = "LLM")]
fn numbers(n: u8, fails_at: u8) -> impl Stream<Item = Result<u8, std::fmt::Error>> {
    stream::iter((0..n).map(move |i| if i == fails_at { Err(std::fmt::Error) } else { Ok(i) }))
}

/// The span of the only traced call below the root.
#[track_caller]
fn span_of(body: impl FnOnce()) -> SpanRecord {
    let trace = Universe::new().trace_of(|_| body());
    assert_eq!(trace.data.spans.len(), 2, "{:?}", trace.data.spans);
    trace.data.spans[1].clone()
}

fn chunks(span: &SpanRecord) -> Vec<Value> {
    span.events.iter().filter_map(|event| event.get("mlflow.chunk.value")).collect()
}

#[test]
fn a_span_begins_with_the_first_pull_and_is_current_only_while_the_body_runs() {
    let trace = Universe::new().trace_of(|root| {
        let items = letters("aü");
        let consumer = start_span("consumer");
        for item in items {
            assert_eq!(current_span().map(|span| span.span_id()), Some(consumer.span_id()));
            start_span("consumed").set_inputs(item);
        }
        drop(letters("never pulled"));
        drop(consumer);
        assert_eq!(current_span().map(|span| span.span_id()), Some(root.span_id()));
    });
    assert_tree(
        &trace,
        r#"
            root OK
                eager OK
                consumer OK
                    letters OK
                        = inputs {"text": "aü"}
                        = spanloom.stream.items 2
                        = outputs ["a", "ü"]
                        ! mlflow.chunk.item.0 {"mlflow.chunk.value": "\"a\""}
                        ! mlflow.chunk.item.1 {"mlflow.chunk.value": "\"\\u00fc\""}
                        a OK
                        ü OK
                    consumed OK
                        = inputs "a"
                    consumed OK
                        = inputs "ü"
                    eager OK
        "#,
    );
}

#[test]
fn streams_in_turn_do_not_mix() {
    let trace = Universe::new().trace_of(|_| {
        let (mut left, mut right) = (letters("ab"), letters("xy"));
        while let (Some(_), Some(_)) = (left.next(), right.next()) {}
        assert_eq!(right.next(), None);
    });
    let outputs: Vec<_> = trace.data.spans.iter().filter_map(|span| span.outputs()).collect();
    assert_eq!(outputs, [json!(["a", "b"]), json!(["x", "y"])]);
}

#[test]
fn the_first_error_ends_the_span_without_outputs_and_a_message() {
    let span = span_of(|| assert_eq!(block_on(numbers(4, 2).count()), 4));
    assert_eq!((span.status.clone(), span.outputs()), (SpanStatus::error(""), None));
    assert_eq!(span.attribute("spanloom.stream.items"), Some(json!(2)));
    assert_eq!(span.attribute("mlflow.spanLogLevel"), Some(json!(40)));
    let names: Vec<_> = span.events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["mlflow.chunk.item.0", "mlflow.chunk.item.1", "exception"]);
}

#[trace]
fn breaks(n: u8) -> Box<dyn Iterator<Item = u8>> {
    Box::new((0..n).map(|i| if i == 1 { panic!("at {i}") } else { i }))
}

#[test]
fn a_panic_ends_the_span_and_goes_on() {
    let span = span_of(|| {
        let panic = catch_unwind(|| breaks(3).count()).expect_err("it panics");
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("at 1"));
    });
    assert_eq!((span.status.clone(), span.outputs(), chunks(&span).len()), (SpanStatus::error(""), None, 1));
    assert_eq!(span.events[1].get("exception.message"), Some(json!("at 1")));
    assert_eq!(span.attribute("spanloom.stream.abandoned"), None);
}

#[test]
fn what_is_dropped_before_its_end_is_kept_and_marked_as_abandoned() {
    let span = span_of(|| assert_eq!(block_on(numbers(9, 9).take(2).count()), 2));
    assert_eq!((span.status.clone(), span.outputs()), (SpanStatus::Ok, Some(json!([0, 1]))));
    assert_eq!(span.attribute("spanloom.stream.abandoned"), Some(json!(true)));
    assert_eq!(span.attribute("spanloom.stream.items"), Some(json!(2)));
    assert!(span.end_time_unix_nano.is_some());
}

#[test]
fn what_is_abandoned_before_its_first_item_has_no_outputs() {
    #[trace]
    fn waits() -> BoxStream<'static, u8> {
        stream::pending().boxed()
    }
    let span = span_of(|| {
        let mut items = waits();
        assert!(futures::FutureExt::now_or_never(items.next()).is_none());
    });
    assert_eq!((span.outputs(), span.attribute("spanloom.stream.items")), (None, Some(json!(0))));
    assert_eq!(span.attribute("spanloom.stream.abandoned"), Some(json!(true)));
    assert_eq!(span.attribute("spanloom.stream.time_to_first_item_ns"), None);
}

#[test]
fn the_time_to_the_first_item_is_within_the_span() {
    let span = span_of(|| assert_eq!(block_on(numbers(2, 9).count()), 2));
    let waited = span.attribute("spanloom.stream.time_to_first_item_ns").and_then(|waited| waited.as_i64());
    let whole = span.duration_ns().expect("it has ended");
    assert!(waited.is_some_and(|waited| (0..=whole + 1_000_000).contains(&waited)), "{waited:?} of {whole}");
}

#[trace]
fn opened(n: u8) -> Result<impl Stream<Item = u8>, std::num::TryFromIntError> {
    let n = u8::try_from(u32::from(n) + 250)?;
    Ok(stream::iter(250..n))
}

#[trace]
async fn opened_later(n: u8) -> Result<BoxStream<'static, u8>, String> {
    drop(start_span("connect"));
    if n > 5 { Err("refused".to_owned()) } else { Ok(stream::iter(0..n).boxed()) }
}

#[test]
fn items_in_a_result_are_followed_and_an_error_in_their_place_is_recorded() {
    let trace = Universe::new().trace_of(|_| {
        assert_eq!(opened(2).map(|items| block_on(items.count())), Ok(2));
        assert!(opened(9).is_err());
        assert_eq!(block_on(async { opened_later(1).await.expect("few").count().await }), 1);
        assert!(block_on(opened_later(6)).is_err());
    });
    assert_tree(
        &trace,
        r#"
            root OK
                opened OK
                    = inputs {"n": 2}
                    = spanloom.stream.items 2
                    = outputs [250, 251]
                    ! mlflow.chunk.item.0 {"mlflow.chunk.value": "250"}
                    ! mlflow.chunk.item.1 {"mlflow.chunk.value": "251"}
                opened ERROR "TryFromIntError: out of range integral type conversion attempted"
                    = inputs {"n": 9}
                    ! exception {"exception.message": "out of range integral type conversion attempted", "exception.type": "TryFromIntError", "exception.stacktrace": "…"}
                opened_later OK
                    = inputs {"n": 1}
                    = spanloom.stream.items 1
                    = outputs [0]
                    ! mlflow.chunk.item.0 {"mlflow.chunk.value": "0"}
                    connect OK
                opened_later ERROR "Exception: refused"
                    = inputs {"n": 6}
                    ! exception {"exception.message": "refused", "exception.type": "Exception", "exception.stacktrace": "…"}
                    connect OK
        "#,
    );
}

#[trace]
fn fails_early(n: u8) -> impl Iterator<Item = u8> {
    assert!(n > 5, "too few");
    0..n
}

#[test]
fn a_panic_before_there_are_items_is_recorded() {
    let span = span_of(|| assert!(catch_unwind(|| fails_early(1).count()).is_err()));
    assert_eq!((span.status.clone(), span.inputs()), (SpanStatus::error("panic: too few"), Some(json!({"n": 1}))));
}

#[trace(output_reducer = |parts: Vec<String>| parts.concat())]
fn joined() -> impl Iterator<Item = String> {
    ["a", "b"].into_iter().map(str::to_owned)
}

#[trace(output_reducer = |parts: Vec<u8>| parts.into_iter().reduce(|a, b| a + b))]
fn summed(n: u8) -> impl Stream<Item = Result<u8, String>> {
    stream::iter((0..n).map(Ok))
}

#[test]
fn a_reducer_makes_the_outputs_and_null_means_none() {
    assert_eq!(span_of(|| assert_eq!(joined().count(), 2)).outputs(), Some(json!("ab")));
    assert_eq!(span_of(|| assert_eq!(block_on(summed(4).count()), 4)).outputs(), Some(json!(6)));
    let empty = span_of(|| assert_eq!(block_on(summed(0).count()), 0));
    assert_eq!((empty.outputs(), empty.status), (None, SpanStatus::Ok));
}

#[trace(output_reducer = |_: Vec<u8>| -> u8 { panic!("on purpose") })]
fn panicking() -> impl Iterator<Item = u8> {
    0..3
}

#[trace(output_reducer = |items: Vec<u8>| u8::try_from(items.len() + 300))]
fn failing() -> impl Iterator<Item = u8> {
    0..3
}

#[trace(output_reducer = spanloom::fold(0_u8, |sum, item: &u8| sum.checked_add(*item).expect("it fits")))]
fn overflowing() -> impl Iterator<Item = u8> {
    [200, 100, 1].into_iter()
}

#[test]
fn a_reducer_that_fails_leaves_the_list_and_a_note() {
    let note = |span: &SpanRecord| span.attribute("spanloom.stream.reducer_error");
    let panicked = span_of(|| assert_eq!(panicking().count(), 3));
    assert_eq!((panicked.outputs(), note(&panicked)), (Some(json!([0, 1, 2])), Some(json!("panic: on purpose"))));
    assert_eq!(panicked.status, SpanStatus::Ok);
    let failed = span_of(|| assert_eq!(failing().count(), 3));
    assert_eq!(failed.outputs(), Some(json!([0, 1, 2])));
    assert!(note(&failed).is_some_and(|note| note.as_str().is_some_and(|note| note.starts_with("TryFromIntError: "))));
    let overflowed = span_of(|| assert_eq!(overflowing().count(), 3));
    assert_eq!((overflowed.outputs(), note(&overflowed)), (Some(json!([200, 100, 1])), Some(json!("panic: it fits"))));
}

/// Neither `Clone` nor `Serialize`.
#[derive(Debug)]
struct Part(f64);

#[trace(output_reducer = spanloom::fold((0.0, 0), |(sum, n), part: &Part| (sum + part.0, n + 1)).then(|(sum, n)| sum / f64::from(n)))]
fn parts() -> impl Iterator<Item = Part> {
    [1.0, 2.0].into_iter().map(Part)
}

#[derive(Default)]
struct Count(u64);

impl Reducer<u64> for Count {
    type Output = Value;

    fn item(&mut self, _: &u64) {
        self.0 += 1;
    }

    fn finish(self) -> Value {
        json!({"count": self.0})
    }
}

#[trace(output_reducer = Count::default())]
fn many(n: u64) -> impl Iterator<Item = u64> {
    0..n
}

#[test]
fn an_incremental_reducer_sees_each_item_as_it_comes() {
    let averaged = span_of(|| assert_eq!(parts().count(), 2));
    assert_eq!((averaged.outputs(), chunks(&averaged).len()), (Some(json!(1.5)), 2));
    let counted = span_of(|| assert_eq!(many(20_000).count(), 20_000));
    assert_eq!(counted.outputs(), Some(json!({"count": 20_000})));
}

#[test]
fn a_long_stream_keeps_its_latest_events_and_its_trace_stays_small() {
    let universe = Universe::with(|builder| builder.limits(limits()));
    let trace = universe.trace_of(|_| assert_eq!(many(100_000).count(), 100_000));
    let span = &trace.data.spans[1];
    assert_eq!(span.events.len(), 1_024);
    assert_eq!(
        (&*span.events[0].name, &*span.events[1_023].name),
        ("mlflow.chunk.item.98976", "mlflow.chunk.item.99999")
    );
    assert!(span.events.windows(2).all(|pair| pair[0].time_unix_nano <= pair[1].time_unix_nano));
    assert_eq!(span.attribute("spanloom.stream.items"), Some(json!(100_000)));
}

/// Far less than what all events would take.
fn limits() -> spanloom::Limits {
    let mut limits = spanloom::Limits::default();
    limits.trace_bytes = 1 << 20;
    limits
}

#[test]
fn what_a_panicking_clone_costs_is_the_reducer_s_result() {
    #[derive(Debug)]
    struct Stubborn;

    impl Clone for Stubborn {
        fn clone(&self) -> Self {
            panic!("it is one of a kind")
        }
    }

    #[trace(output_reducer = |items: Vec<Stubborn>| items.len())]
    fn stubborn() -> impl Iterator<Item = Stubborn> {
        std::iter::repeat_with(|| Stubborn).take(2)
    }
    let span = span_of(|| assert_eq!(stubborn().count(), 2));
    assert_eq!(span.outputs(), Some(json!(["Stubborn", "Stubborn"])));
    assert_eq!(span.attribute("spanloom.stream.reducer_error"), Some(json!("panic: it is one of a kind")));
}

#[test]
fn items_that_an_unwinding_consumer_drops_are_abandoned() {
    let span = span_of(|| {
        let consumer = || letters_only().for_each(|c| assert_ne!(c, 'b', "on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(consumer)).is_err());
    });
    assert_eq!((span.outputs(), span.status.clone()), (Some(json!(["a", "b"])), SpanStatus::Ok));
    assert_eq!(span.attribute("spanloom.stream.abandoned"), Some(json!(true)));
}

#[trace]
fn letters_only() -> impl Iterator<Item = char> {
    "abc".chars()
}

#[test]
fn without_an_engine_items_come_as_they_are() {
    assert_eq!(letters("ab").collect::<String>(), "ab");
    assert_eq!(block_on(numbers(3, 9).count()), 3);
    assert_eq!((joined().count(), many(3).count()), (2, 3));
}
