use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use spanloom_core::{SealedTrace, TraceId, TraceInfo};

use super::*;

fn batch(ids: impl IntoIterator<Item = u128>) -> Batch {
    let sealed = |id| {
        let trace = Trace::new(TraceInfo::new(TraceId::from_u128(id).unwrap(), 0), Vec::new());
        Arc::new(SealedTrace::from_trace(&trace))
    };
    Batch { traces: ids.into_iter().map(sealed).collect() }
}

fn poll(sink: &mut TestSink, batch: Batch) -> Poll<Result<(), ExportError>> {
    pin!(sink.export(batch)).as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn ids(received: &Received) -> Vec<u128> {
    received.traces().iter().map(|trace| trace.info.trace_id.to_u128()).collect()
}

#[test]
fn it_keeps_what_it_takes_in_order() {
    let (mut sink, received) = TestSink::new("s");
    assert!(matches!(poll(&mut sink, batch(1..=2)), Poll::Ready(Ok(()))));
    assert!(matches!(poll(&mut sink, batch([3])), Poll::Ready(Ok(()))));
    assert_eq!((ids(&received), received.attempts(), sink.name()), (vec![1, 2, 3], 2, "s"));
}

#[test]
fn it_answers_by_its_script_and_then_takes_everything() {
    let script = [Answer::TakeFirst, Answer::Later, Answer::Refuse, Answer::Hang, Answer::Panic];
    let (mut sink, received) = TestSink::scripted("s", script);
    let Poll::Ready(Err(ExportError::Retryable { rest, .. })) = poll(&mut sink, batch(1..=3)) else { panic!() };
    assert_eq!((rest.traces.len(), ids(&received)), (2, vec![1]));
    assert!(matches!(poll(&mut sink, rest.clone()), Poll::Ready(Err(ExportError::Retryable { .. }))));
    assert!(matches!(poll(&mut sink, rest.clone()), Poll::Ready(Err(ExportError::Permanent { .. }))));
    assert!(poll(&mut sink, rest.clone()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut sink, rest.clone()))).is_err());
    assert!(matches!(poll(&mut sink, rest), Poll::Ready(Ok(()))));
    assert_eq!((ids(&received), received.attempts()), (vec![1, 2, 3], 6));
}

#[test]
fn waiting_in_vain_says_what_came() {
    let (mut sink, received) = TestSink::new("s");
    assert!(poll(&mut sink, batch(1..=2)).is_ready());
    assert_eq!(received.wait_for(2, Duration::ZERO).len(), 2);
    let panic = catch_unwind(|| received.wait_for(3, Duration::from_millis(1))).expect_err("there are two");
    let text = panic.downcast_ref::<String>().expect("a formatted message");
    assert_eq!(text, "2 of 3 traces came within 1ms, in 1 attempts");
}
