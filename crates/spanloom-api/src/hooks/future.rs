//! Futures whose work is a call's.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::call::Call;

pin_project! {
    /// The body of an `async fn`: the call's span is current whenever it is polled. A panic is written and goes on.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Followed<'a, F> {
        #[pin]
        body: F,
        call: &'a Call,
    }
}

impl<'a, F> Followed<'a, F> {
    #[inline]
    pub(super) fn new(call: &'a Call, body: F) -> Self {
        Self { body, call }
    }
}

impl<F: Future> Future for Followed<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.call.run(|| this.body.poll(context))
    }
}

pin_project! {
    /// The future that a function gave: its completion is the end of the call.
    ///
    /// Dropped before that, the call ends without outputs and without an error, as any cancelled one.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct Attached<F, C> {
        #[pin]
        future: F,
        call: Option<(Call, C)>,
    }
}

impl<F, C> Attached<F, C> {
    pub(super) fn new(call: Call, future: F, outcome: C) -> Self {
        Self { future, call: Some((call, outcome)) }
    }
}

impl<F, C> Future for Attached<F, C>
where
    F: Future,
    C: FnOnce(&Call, &F::Output),
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some((call, _)) = this.call.as_ref() else { return this.future.poll(context) };
        let future = this.future;
        let output = ready!(call.run(|| future.poll(context)));
        if let Some((call, outcome)) = this.call.take() {
            outcome(&call, &output);
        }
        Poll::Ready(output)
    }
}

impl<F: std::fmt::Debug, C> std::fmt::Debug for Attached<F, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attached").field("future", &self.future).finish_non_exhaustive()
    }
}
