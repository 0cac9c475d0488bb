//! Spans around futures: current while the future is polled, and only then.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::builder::SpanBuilder;
use crate::carry::CarriedFuture;
use crate::span::Span;

pin_project! {
    /// A future inside a span; see [`InSpan::in_span`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Spanned<F> {
        #[pin]
        future: F,
        span: Option<Span>,
    }
}

impl<F: Future> Future for Spanned<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(span) = this.span.as_ref() else { return this.future.poll(cx) };
        let poll = span.with_entered(|| this.future.poll(cx));
        if poll.is_ready() {
            // The handle goes with the work, not with the future, which a join handle may keep.
            *this.span = None;
        }
        poll
    }
}

/// Puts a future inside a span.
pub trait InSpan: Future + Sized {
    /// Makes `span` current whenever this future is polled, and only then. Holds a handle until the future has completed
    /// or is dropped; ends nothing itself.
    fn in_span(self, span: Span) -> Spanned<Self> {
        Spanned { future: self, span: Some(span) }
    }

    /// As [`in_span`](Self::in_span), with what is current here and now: for futures that are given to `tokio::spawn`, a
    /// `JoinSet`, an arbiter. See [`carry()`](crate::carry()) for what happens where nothing is current.
    #[track_caller]
    fn in_current_span(self) -> CarriedFuture<Self> {
        CarriedFuture::new(self, crate::carry())
    }
}

impl<F: Future> InSpan for F {}

/// Runs an async closure inside a new span, which ends when the closure's future completes or is dropped.
///
/// Takes a name, or what [`span`](crate::span) gives. The closure gets a handle; inputs and outputs are its to set. A
/// panic is recorded as an error. Cancel safe: dropping the future ends the span.
pub async fn with_span<T>(span: impl Into<SpanBuilder>, body: impl AsyncFnOnce(Span) -> T) -> T {
    let block = Block::of(span.into().start());
    body(block.span.clone()).in_span(block.span.clone()).await
}

/// As [`with_span`], for a closure that gives a `Result`: an `Err` is recorded, with status ERROR.
///
/// # Errors
/// The closure's own.
pub async fn try_with_span<T, E: Display>(
    span: impl Into<SpanBuilder>,
    body: impl AsyncFnOnce(Span) -> Result<T, E>,
) -> Result<T, E> {
    let block = Block::of(span.into().start());
    let result = body(block.span.clone()).in_span(block.span.clone()).await;
    if let Err(error) = &result {
        block.span.record_error(error);
    }
    result
}

/// Ends its span when it is left, whatever handles there are.
struct Block {
    span: Span,
    panicking_at_start: bool,
}

impl Block {
    fn of(span: Span) -> Self {
        Self { span, panicking_at_start: std::thread::panicking() }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.panicking_at_start {
            self.span.record_exception("panic", "the task panicked inside this span", "");
        }
        self.span.end();
    }
}
