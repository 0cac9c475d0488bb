//! Iterators whose items are a call's outputs.

use std::fmt;
use std::iter::FusedIterator;

use super::items::{Items, Observed, Source};
use super::kept::{Kept, Reduced};

/// An iterator that a traced function gave.
///
/// The span starts with the first `next`, is current only while the iterator is asked for an item, and ends when there
/// are no more, with the first `Err`, or when this drops.
pub struct FollowedIterator<I, K, O, R> {
    // Before the span, so that what it holds ends before the span does.
    inner: I,
    items: Items<K, O, R>,
}

/// Follows an iterator.
pub fn follow_iterator<I, K, O, R>(
    source: impl Into<Source>,
    inner: I,
    kept: Kept<K>,
    observe: O,
    reduce: R,
) -> FollowedIterator<I, K, O, R>
where
    I: Iterator,
    O: FnMut(&mut Kept<K>, &I::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
{
    FollowedIterator { inner, items: Items::new(source.into(), kept, observe, reduce) }
}

impl<I, K, O, R> Iterator for FollowedIterator<I, K, O, R>
where
    I: Iterator,
    O: FnMut(&mut Kept<K>, &I::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
{
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let item = self.items.pull(|| self.inner.next());
        self.items.gave(item.as_ref());
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<I, K, O, R> DoubleEndedIterator for FollowedIterator<I, K, O, R>
where
    I: DoubleEndedIterator,
    O: FnMut(&mut Kept<K>, &I::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
{
    fn next_back(&mut self) -> Option<I::Item> {
        let item = self.items.pull(|| self.inner.next_back());
        self.items.gave(item.as_ref());
        item
    }
}

impl<I, K, O, R> ExactSizeIterator for FollowedIterator<I, K, O, R>
where
    I: ExactSizeIterator,
    O: FnMut(&mut Kept<K>, &I::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
{
}

impl<I, K, O, R> FusedIterator for FollowedIterator<I, K, O, R>
where
    I: FusedIterator,
    O: FnMut(&mut Kept<K>, &I::Item) -> Observed,
    R: FnOnce(K) -> Reduced,
{
}

impl<I: Clone, K, O: Clone, R: FnOnce(K) -> Reduced> Clone for FollowedIterator<I, K, O, R> {
    /// A copy of the iterator alone: the span follows the one it was made from.
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), items: self.items.unfollowed() }
    }
}

impl<I: fmt::Debug, K, O, R> fmt::Debug for FollowedIterator<I, K, O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
