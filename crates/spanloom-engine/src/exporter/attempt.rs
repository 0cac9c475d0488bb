//! One attempt to deliver a batch, with a limit in time and a fence against panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use spanloom_core::Batch;

use super::answer::Answer;
use super::slot::SharedSink;

/// Sends a batch. An attempt that takes too long is dropped.
pub(super) async fn attempt(sink: SharedSink, batch: Batch, timeout: Duration) -> Answer {
    let mut sink = sink.lock_owned().await;
    let export = fenced(async { sink.export(batch).await });
    match tokio::time::timeout(timeout, export).await {
        Ok(Ok(outcome)) => outcome.into(),
        Ok(Err(panic)) => Answer::Panicked { text: panic_text(panic.as_ref()) },
        Err(_elapsed) => Answer::TimedOut { after: timeout },
    }
}

type Panic = Box<dyn Any + Send>;

/// Runs a future; a panic becomes a value. What the future has touched is dropped or, as the sink, promises to take a
/// batch again after a failure of any kind.
async fn fenced<F: Future>(future: F) -> Result<F::Output, Panic> {
    let mut future = pin!(future);
    std::future::poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a value that is no text").to_owned()
}
