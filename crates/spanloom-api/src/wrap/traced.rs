//! Wrappers of functions that give a future or a stream.

use std::fmt::{self, Display};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;
use serde::Serialize;
use spanloom_core::JsonText;

use super::{Arguments, Callable, Wrap, gave, gave_result};
use crate::hooks::{Call, Failure, FollowedStream, Kept, Observed, Opening, Reduced, follow_stream, list};

/// Traces each call of a function that gives a future; see [`wrap`](super::wrap).
///
/// The function is called at once, with its arguments recorded; the span starts when the future is first polled, is current
/// while it is polled, and ends when it completes or is dropped. What the future gives is `Serialize`. It is `Send` when the
/// function's future is.
pub fn wrap_async<F, A, U>(wrap: impl Into<Wrap>, f: F) -> A::Boxed<WrappedFuture<U>>
where
    F: Callable<A, Output = U>,
    A: Arguments,
    U: Future<Output: Serialize>,
{
    let wrap = wrap.into().of_function::<F>();
    A::boxed(move |arguments: A| {
        let opening = wrap.open(&arguments);
        WrappedFuture::new(opening, f.call(arguments), gave)
    })
}

/// As [`wrap_async`], for a future that gives a `Result`: of `Ok` the value is recorded, an `Err` with status ERROR.
///
/// ```
/// async fn read(path: String) -> std::io::Result<String> {
///     std::fs::read_to_string(path)
/// }
///
/// # async fn run() -> std::io::Result<()> {
/// let read = spanloom_api::try_wrap_async("read", read);
/// let text = read("a.txt".into()).await?;
/// # Ok(())
/// # }
/// ```
pub fn try_wrap_async<F, A, U, T, E>(wrap: impl Into<Wrap>, f: F) -> A::Boxed<WrappedFuture<U>>
where
    F: Callable<A, Output = U>,
    A: Arguments,
    U: Future<Output = Result<T, E>>,
    T: Serialize,
    E: Display,
{
    let wrap = wrap.into().of_function::<F>();
    A::boxed(move |arguments: A| {
        let opening = wrap.open(&arguments);
        WrappedFuture::new(opening, f.call(arguments), gave_result)
    })
}

/// Traces each call of a function that gives a stream; see [`wrap`](super::wrap).
///
/// The function is called at once, with its arguments recorded; the span starts when the stream is first polled and ends
/// with the last item or when the stream is dropped, like that of a stream of `#[trace]`. Items are `Serialize`.
///
/// ```
/// # use futures::StreamExt as _;
/// let count = spanloom_api::wrap_stream("count", |n: u8| futures::stream::iter(0..n));
/// # futures::executor::block_on(async {
/// assert_eq!(count(3).collect::<Vec<_>>().await, [0, 1, 2]);
/// # });
/// ```
pub fn wrap_stream<F, A, S>(wrap: impl Into<Wrap>, f: F) -> A::Boxed<WrappedStream<S>>
where
    F: Callable<A, Output = S>,
    A: Arguments,
    S: Stream<Item: Serialize>,
{
    let wrap = wrap.into().of_items();
    A::boxed(move |arguments: A| {
        let opening = wrap.open(&arguments);
        let items: Observer<S> = |_, item| Observed::Chunk(JsonText::capture(item));
        follow_stream(opening, f.call(arguments), Kept::texts(), items, list as Reduce)
    })
}

/// As [`wrap_stream`], for items that are a `Result`: of `Ok` the value is recorded, the first `Err` ends the span.
pub fn try_wrap_stream<F, A, S, T, E>(wrap: impl Into<Wrap>, f: F) -> A::Boxed<WrappedStream<S>>
where
    F: Callable<A, Output = S>,
    A: Arguments,
    S: Stream<Item = Result<T, E>>,
    T: Serialize,
    E: Display,
{
    let wrap = wrap.into().of_items();
    A::boxed(move |arguments: A| {
        let opening = wrap.open(&arguments);
        let items: Observer<S> = |_, item| match item {
            Ok(item) => Observed::Chunk(JsonText::capture(item)),
            Err(error) => Observed::Failed(Failure::of_display(error)),
        };
        follow_stream(opening, f.call(arguments), Kept::texts(), items, list as Reduce)
    })
}

type Observer<S> = fn(&mut Kept<()>, &<S as Stream>::Item) -> Observed;
type Reduce = fn(()) -> Reduced;

/// The stream of a wrapped function: a `Stream` of the same items.
pub type WrappedStream<S> = FollowedStream<S, (), Observer<S>, Reduce>;

pin_project! {
    /// The future of a wrapped function.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct WrappedFuture<U: Future> {
        // Before the call, so that what it holds ends before the span does.
        #[pin]
        future: U,
        opening: Option<Opening>,
        call: Option<Call>,
        outcome: fn(&Call, &U::Output),
    }
}

impl<U: Future> WrappedFuture<U> {
    fn new(opening: Opening, future: U, outcome: fn(&Call, &U::Output)) -> Self {
        Self { future, opening: Some(opening), call: None, outcome }
    }
}

impl<U: Future> Future for WrappedFuture<U> {
    type Output = U::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<U::Output> {
        let this = self.project();
        if let Some(opening) = this.opening.take() {
            *this.call = Some(opening.start());
        }
        let Some(call) = this.call.as_ref() else { return this.future.poll(context) };
        let future = this.future;
        let output = ready!(call.run(|| future.poll(context)));
        (this.outcome)(call, &output);
        *this.call = None;
        Poll::Ready(output)
    }
}

impl<U: Future + fmt::Debug> fmt::Debug for WrappedFuture<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedFuture").field("future", &self.future).finish_non_exhaustive()
    }
}
