//! What `#[trace]` expands to. Not for use by hand: names and shapes change with the macro.
//!
//! The expansion decides *what* is recorded, where the types are known; these functions do the rest: open the span of a
//! call, run the body inside it, see panics pass, follow futures, iterators and streams.
//!
//! ```text
//! Opening ─start─► Call ─run / follow / attach─► outputs or failure ─drop─► end
//!    └────later──► FollowedIterator, FollowedStream ─first pull─► Call
//! ```
//!
//! # Invariants
//! - A call whose span does not record captures nothing; its span is current all the same, so that what it calls does
//!   not record either.
//! - What the body gives, panics and futures' cancellation included, reaches the caller unchanged.
//! - A span ends when its call is over: returned, unwound, or its future or stream dropped.

mod call;
mod chunks;
mod failure;
mod future;
mod items;
mod iterator;
mod kept;
mod opening;
mod returned;
mod stream;
mod value;

pub use std::boxed::Box;
pub use std::vec::Vec;

pub use call::{Attribute, Call};
pub use failure::{Failure, Raised};
pub use future::{Attached, Followed};
pub use items::{Observed, Source, refuse};
pub use iterator::{FollowedIterator, follow_iterator};
pub use kept::{IntoReducer, Kept, Reduced, Reducing, list, nothing, reduce};
pub use opening::{KeptAttribute, Opening};
pub use returned::Returned;
pub use stream::{FollowedStream, follow_stream};
pub use value::{Input, Inputs, Json, Receiver, Value, json};

/// The traits behind [`Value`], [`Raised`] and [`Returned`], for a block of the expansion to bring into scope unnamed.
pub mod ladder {
    pub use super::failure::{DebugRaised as _, DisplayRaised as _, ErrorRaised as _, NameRaised as _};
    pub use super::returned::{AnyReturned as _, ResultReturned as _};
    pub use super::value::{ByDebug as _, ByName as _, ByPlain as _, BySerialize as _, BySerializeOrDebug as _};
}

/// Settles what a future gives.
#[inline]
pub fn future_of<T, F: Future<Output = T>>(future: F) -> F {
    future
}

/// Settles what an iterator gives.
#[inline]
pub fn iterator_of<T, I: Iterator<Item = T>>(iterator: I) -> I {
    iterator
}

/// Settles what a stream gives.
#[inline]
pub fn stream_of<T, S: futures_core::Stream<Item = T>>(stream: S) -> S {
    stream
}

/// Says what an `async` block gives, behind a condition that never holds.
///
/// # Panics
/// Always.
#[cold]
pub fn unreached<T>() -> T {
    unreachable!("the expansion of `#[trace]` never calls this")
}
