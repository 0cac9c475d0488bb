//! Iterators whose items are a call's outputs.

use std::fmt;
use std::iter::FusedIterator;

use super::items::{Items, Observed, Reduced, Source};

/// An iterator that a traced function gave.
///
/// The span starts with the first `next`, is current only while the iterator is asked for an item, and ends when there
/// are no more, with the first `Err`, or when this drops.
pub struct FollowedIterator<I, V, O, R> {
    // Before the span, so that what it holds ends before the span does.
    inner: I,
    items: Items<V, O, R>,
}

/// Follows an iterator.
pub fn follow_iterator<I, V, O, R>(
    source: impl Into<Source>,
    inner: I,
    observe: O,
    reduce: R,
) -> FollowedIterator<I, V, O, R>
where
    I: Iterator,
    O: FnMut(&mut Vec<V>, &I::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
{
    FollowedIterator { inner, items: Items::new(source.into(), observe, reduce) }
}

impl<I, V, O, R> Iterator for FollowedIterator<I, V, O, R>
where
    I: Iterator,
    O: FnMut(&mut Vec<V>, &I::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
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

impl<I, V, O, R> DoubleEndedIterator for FollowedIterator<I, V, O, R>
where
    I: DoubleEndedIterator,
    O: FnMut(&mut Vec<V>, &I::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
{
    fn next_back(&mut self) -> Option<I::Item> {
        let item = self.items.pull(|| self.inner.next_back());
        self.items.gave(item.as_ref());
        item
    }
}

impl<I, V, O, R> ExactSizeIterator for FollowedIterator<I, V, O, R>
where
    I: ExactSizeIterator,
    O: FnMut(&mut Vec<V>, &I::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
{
}

impl<I, V, O, R> FusedIterator for FollowedIterator<I, V, O, R>
where
    I: FusedIterator,
    O: FnMut(&mut Vec<V>, &I::Item) -> Observed,
    R: FnOnce(Vec<V>) -> Reduced,
{
}

impl<I: Clone, V, O: Clone, R: FnOnce(Vec<V>) -> Reduced> Clone for FollowedIterator<I, V, O, R> {
    /// A copy of the iterator alone: the span follows the one it was made from.
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), items: self.items.unfollowed() }
    }
}

impl<I: fmt::Debug, V, O, R> fmt::Debug for FollowedIterator<I, V, O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
