//! The status rules of OpenTelemetry as MLflow applies them: OK is final, an error survives the end.

use futures::executor::block_on;
use spanloom::{LogLevel, SpanEvent, SpanStatus, TraceState, try_with_span, update_current_trace};

use crate::universe::Universe;

#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no seats left")
    }
}

/// Sets these statuses inside a block that then fails or not, and checks how it ends.
#[track_caller]
fn check(set: &[SpanStatus], fails: bool, expected: SpanStatus) {
    let trace = Universe::new().trace_of(|_| {
        let result = block_on(try_with_span("block", async |span| {
            set.iter().for_each(|status| span.set_status(status.clone()));
            if fails { Err(Refused) } else { Ok(()) }
        }));
        assert_eq!(result.is_err(), fails);
    });
    let block = &trace.data.spans[1];
    assert_eq!(block.status, expected);
    assert_eq!(block.events.iter().filter(|event| event.is_exception()).count(), usize::from(fails));
    assert_eq!(block.attribute("mlflow.spanLogLevel"), Some(if fails { 40 } else { 10 }.into()));
}

#[test]
fn status_of_a_block_follows_the_table() {
    let error = SpanStatus::error;
    check(&[], false, SpanStatus::Ok);
    check(&[SpanStatus::Unset], false, SpanStatus::Ok);
    check(&[error("")], false, error(""));
    check(&[error("out of stock")], false, error("out of stock"));
    check(&[error("out of stock"), SpanStatus::Unset], false, error("out of stock"));
    check(&[error("a"), error("b")], false, error("b"));
    check(&[error("a"), SpanStatus::Ok], false, SpanStatus::Ok);
    check(&[SpanStatus::Ok, error("a")], false, SpanStatus::Ok);
    check(&[SpanStatus::Ok, SpanStatus::Unset], false, SpanStatus::Ok);
    check(&[], true, error("Refused: no seats left"));
    check(&[error("a")], true, error("Refused: no seats left"));
    check(&[error("a"), SpanStatus::Ok], true, SpanStatus::Ok);
    check(&[SpanStatus::Unset], true, error("Refused: no seats left"));
    check(&[SpanStatus::Ok], true, SpanStatus::Ok);
}

#[test]
fn an_exception_event_alone_leaves_the_status_and_raises_the_level() {
    let trace = Universe::new().trace_of(|root| {
        let span = root.child("span").start();
        span.add_event(SpanEvent::from_error(&Refused));
    });
    let span = &trace.data.spans[1];
    assert_eq!(span.status, SpanStatus::Ok);
    assert_eq!(span.attribute("mlflow.spanLogLevel"), Some(40.into()));
    assert_eq!(span.events[0].get("exception.type"), Some("Refused".into()));
    assert_eq!(span.events[0].get("exception.message"), Some("no seats left".into()));
}

#[test]
fn an_error_is_told_with_its_type_its_text_and_its_causes() {
    #[derive(Debug)]
    struct NoAnswer(std::num::ParseIntError);

    impl std::fmt::Display for NoAnswer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no answer")
        }
    }

    impl std::error::Error for NoAnswer {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let error = NoAnswer("x".parse::<u8>().expect_err("it is no number"));
    let boxed: Box<dyn std::error::Error + Send + Sync> = Box::new(NoAnswer(error.0.clone()));
    let trace = Universe::new().trace_of(|root| {
        root.child("own").start().record_std_error(&error);
        root.child("dyn").start().record_std_error(&*boxed);
        root.child("box").start().record_error(&boxed);
        root.child("text").start().record_error("out of stock");
        root.child("event").start().add_event(SpanEvent::from_std_error(&error));
    });
    let told = |name: &str, key: &str| {
        let span = trace.data.spans.iter().find(|span| span.name == name).expect("it is there");
        let text = span.events[0].get(key).unwrap_or_default();
        (span.status.clone(), text.as_str().unwrap_or_default().to_owned())
    };
    let failed = |text: &str| SpanStatus::error(text);
    let causes = |of: &str| format!("{of}: no answer\ncaused by: invalid digit found in string");
    assert_eq!(told("own", "exception.stacktrace"), (failed("NoAnswer: no answer"), causes("NoAnswer")));
    assert_eq!(told("dyn", "exception.stacktrace"), (failed("Error: no answer"), causes("Error")));
    assert_eq!(told("box", "exception.type"), (failed("Error: no answer"), "Error".to_owned()));
    assert_eq!(told("text", "exception.message"), (failed("Exception: out of stock"), "out of stock".to_owned()));
    assert_eq!(told("event", "exception.stacktrace"), (SpanStatus::Ok, causes("NoAnswer")));
}

#[test]
fn an_exception_raises_a_level_that_was_given_and_lowers_none() {
    use spanloom::LogLevel::{Critical, Debug, Warning};

    #[track_caller]
    fn check(before: Option<LogLevel>, after: Option<LogLevel>, expected: u8) {
        let trace = Universe::new().trace_of(|root| {
            let span = root.child("span").start();
            before.into_iter().for_each(|level| span.set_log_level(level));
            span.add_event(SpanEvent::from_error(&Refused));
            after.into_iter().for_each(|level| span.set_log_level(level));
        });
        assert_eq!(trace.data.spans[1].attribute("mlflow.spanLogLevel"), Some(expected.into()));
    }
    check(None, None, 40);
    check(Some(Debug), None, 40);
    check(Some(Warning), None, 40);
    check(Some(Critical), None, 50);
    check(None, Some(Debug), 10);
}

#[test]
fn a_status_alone_leaves_the_level() {
    let trace = Universe::new().trace_of(|root| {
        root.child("span").span_type("TOOL").start().set_status(SpanStatus::error("broken"));
    });
    assert_eq!(trace.data.spans[1].attribute("mlflow.spanLogLevel"), Some(20.into()));
}

#[test]
fn level_follows_the_type_unless_it_was_set() {
    let trace = Universe::new().trace_of(|root| {
        for (name, span_type) in [("llm", "LLM"), ("tool", "TOOL"), ("chain", "CHAIN"), ("own", "MINE")] {
            root.child(name).span_type(span_type).start();
        }
        root.child("set").span_type("LLM").log_level(spanloom::LogLevel::Critical).start();
    });
    let levels =
        trace.data.spans.iter().map(|s| (s.name.as_str(), s.attribute("mlflow.spanLogLevel").map(|l| l.to_string())));
    let levels: Vec<_> = levels.map(|(name, level)| format!("{name} {}", level.unwrap_or_default())).collect();
    assert_eq!(levels, ["root 10", "llm 20", "tool 20", "chain 10", "own 10", "set 50"]);
}

#[test]
fn the_state_of_a_trace_is_its_root_s_unless_it_was_set() {
    let state = |body: &dyn Fn(&spanloom::Span)| Universe::new().trace_of(|root| body(root)).info.state;
    assert_eq!(state(&|_| ()), TraceState::Ok);
    assert_eq!(state(&|root| root.child("child").start().set_status(SpanStatus::error("mine"))), TraceState::Ok);
    assert_eq!(state(&|root| root.set_status(SpanStatus::error("whole"))), TraceState::Error);
    assert_eq!(state(&|_| update_current_trace(|t| t.state(TraceState::Error))), TraceState::Error);
}
