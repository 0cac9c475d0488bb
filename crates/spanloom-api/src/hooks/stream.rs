//! Streams whose items are a call's outputs.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::{FusedStream, Stream};
use pin_project_lite::pin_project;

use super::items::{Items, Observed, Source};
use super::kept::{Kept, Reduced};

pin_project! {
    /// A stream that a traced function gave.
    ///
    /// The span starts with the first poll, is current only while the stream is polled, and ends when there are no more
    /// items, with the first `Err`, or when this drops.
    #[must_use = "streams do nothing unless they are polled"]
    pub struct FollowedStream<S, K, O, R> {
        // Before the span, so that what it holds ends before the span does.
        #[pin]
        inner: S,
        items: Items<K, O, R>,
    }
}

/// Follows a stream.
pub fn follow_stream<S, K, O, R>(
    source: impl Into<Source>,
    inner: S,
    kept: Kept<K>,
    observe: O,
    reduce: R,
) -> FollowedStream<S, K, O, R>
where
    S: Stream,
    O: FnMut(&mut Kept<K>, &S::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
{
    FollowedStream { inner, items: Items::new(source.into(), kept, observe, reduce) }
}

impl<S, K, O, R> Stream for FollowedStream<S, K, O, R>
where
    S: Stream,
    O: FnMut(&mut Kept<K>, &S::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
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

impl<S, K, O, R> FusedStream for FollowedStream<S, K, O, R>
where
    S: FusedStream,
    O: FnMut(&mut Kept<K>, &S::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
{
    fn is_terminated(&self) -> bool {
        self.inner.is_terminated()
    }
}

impl<S: Clone, K, O: Clone, R: FnOnce(K) -> Reduced> Clone for FollowedStream<S, K, O, R> {
    /// A copy of the stream alone: the span follows the one it was made from.
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), items: self.items.unfollowed() }
    }
}

impl<S: fmt::Debug, K, O, R> fmt::Debug for FollowedStream<S, K, O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
