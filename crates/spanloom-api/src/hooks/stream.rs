//! Streams whose items are a call's outputs.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;

use super::items::{Items, Observed, Reduced, Source};

pin_project! {
    /// A stream that a traced function gave.
    ///
    /// The span starts with the first poll, is current only while the stream is polled, and ends when there are no more
    /// items, with the first `Err`, or when this drops.
    #[must_use = "streams do nothing unless they are polled"]
    pub struct FollowedStream<S, V, O, R> {
        // Before the span, so that what it holds ends before the span does.
        #[pin]
        inner: S,
        items: Items<V, O, R>,
    }
}

/// Follows a stream.
pub fn follow_stream<S, V, O, R>(
    source: impl Into<Source>,
    inner: S,
    observe: O,
    reduce: R,
) -> FollowedStream<S, V, O, R>
where
    S: Stream,
    O: FnMut(&mut Vec<V>, &S::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
{
    FollowedStream { inner, items: Items::new(source.into(), observe, reduce) }
}

impl<S, V, O, R> Stream for FollowedStream<S, V, O, R>
where
    S: Stream,
    O: FnMut(&mut Vec<V>, &S::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
{
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let inner = this.inner;
        let item = ready!(this.items.pull(|| inner.poll_next(context)));
        this.items.gave(item.as_ref());
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<S, V, O, R> FusedStream for FollowedStream<S, V, O, R>
where
    S: FusedStream,
    O: FnMut(&mut Vec<V>, &S::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
{
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

impl<S: Clone, V, O: Clone, R: FnOnce(Vec<V>) -> Reduced> Clone for FollowedStream<S, V, O, R> {
    /// A copy of the stream alone: the span follows the one it was made from.
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), items: self.items.unfollowed() }
    }
}

impl<S: fmt::Debug, V, O, R> fmt::Debug for FollowedStream<S, V, O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
