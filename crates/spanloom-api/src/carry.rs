//! What is current here, made current elsewhere: on a thread of a pool, in a task, in an actor.
//!
//! A [`Carry`] holds a handle of the span that was current where it was made, and remembers the place. Where it is entered,
//! that span is current, and nothing else: not what the thread happened to be doing.
//!
//! # Invariants
//! - Work that is handed over where nothing is current begins traces of its own, each of which says where that was. This is
//!   known of work that is handed over with a `Carry` only; a bare closure or future on another thread begins a trace of
//!   its own without a mark, for nobody knows that it was to continue another.
//! - What is hidden or sampled out here is so there.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::context::{self, Frame};
use crate::guard::Entry;
use crate::raw_id::RawId;
use crate::record::Record;
use crate::span::Span;
use crate::{lane, scope};

/// What was current where it was made, to be made current elsewhere; see [`carry()`].
///
/// Holds a handle of the span. Cloning it is cloning that handle; it is `Send + Sync + 'static`, and a field of a message as
/// well as a variable that closures share.
#[derive(Clone)]
pub struct Carry {
    load: Load,
}

#[derive(Clone)]
enum Load {
    /// A span that was current, recording or not.
    Span(Span),
    /// Nothing was.
    Nothing(Site),
}

/// Takes what is current on this thread, to be made current elsewhere.
///
/// Where nothing is current there is nothing to continue. What begins a trace in the work that this is handed to says so:
/// metadata `spanloom.lost_context` of the trace is the file and line of this call, and `Health::lost_contexts` counts it.
/// Scopes are not taken along.
///
/// ```
/// let here = spanloom_api::carry();
/// std::thread::scope(|scope| {
///     scope.spawn(|| here.run(|| spanloom_api::start_span("a child of what is current outside").end()));
/// });
/// ```
#[track_caller]
pub fn carry() -> Carry {
    let load = match context::top() {
        Some(frame) if frame.root == RawId::LOST => Load::Nothing(Site::in_frame(frame)),
        Some(frame) if !frame.root.leaves_room() => Load::Span(held(frame)),
        _ => Load::Nothing(Site::of(Location::caller())),
    };
    Carry { load }
}

/// A handle of what is current. What does not record stands for itself: what is under it must not record either.
fn held(frame: Frame) -> Span {
    let frame = if frame.root == RawId::OFF { scope::recording_frame().unwrap_or(frame) } else { frame };
    if frame.span == RawId::NONE || lane::with(|lane| lane.control(Record::Retain { span: frame.span })).is_none() {
        return Span::from_frame(Frame { span: RawId::NONE, ..frame });
    }
    Span::from_frame(Frame { root: frame.root.cloned(), ..frame })
}

impl Carry {
    /// Makes it current on this thread until the guard drops, and nothing else. Ends nothing.
    pub fn enter(&self) -> EnteredCarry {
        EnteredCarry { _entry: Entry::new(self.frame()), _carry: self.clone() }
    }

    /// Makes it current for one call.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _entry = Entry::new(self.frame());
        work()
    }

    fn frame(&self) -> Frame {
        match &self.load {
            Load::Span(span) => span.frame(),
            Load::Nothing(site) => site.frame(),
        }
    }

    /// The span; `None` when nothing was current. It may be one that does not record.
    pub fn span(&self) -> Option<&Span> {
        match &self.load {
            Load::Span(span) => Some(span),
            Load::Nothing(_) => None,
        }
    }
}

impl fmt::Debug for Carry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.load {
            Load::Span(span) => f.debug_tuple("Carry").field(span).finish(),
            Load::Nothing(site) => write!(f, "Carry(nothing, at {site})"),
        }
    }
}

/// Keeps what was carried current on this thread; see [`Carry::enter`].
#[must_use = "it is current until this drops"]
pub struct EnteredCarry {
    // Before the handle, so that nothing is current whose last handle is gone.
    _entry: Entry,
    _carry: Carry,
}

impl fmt::Debug for EnteredCarry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EnteredCarry").field(&self._carry).finish()
    }
}

/// A closure that runs with what is current here, wherever it is called: for `std::thread::spawn`, scoped threads,
/// `tokio::task::spawn_blocking`, `rayon::spawn`, `rayon::join`. See [`carry()`], also for closures with arguments.
///
/// ```
/// let worker = std::thread::spawn(spanloom_api::in_current(|| 6 * 7));
/// assert_eq!(worker.join().expect("it does not panic"), 42);
/// ```
#[track_caller]
pub fn in_current<R, F: FnOnce() -> R>(work: F) -> impl FnOnce() -> R + use<R, F> {
    let carry = carry();
    move || carry.run(work)
}

/// A message with what was current where it was made: for channels, and as the content of an actor's message.
///
/// ```
/// use spanloom_api::Carried;
///
/// let (jobs, queue) = std::sync::mpsc::channel();
/// let worker = std::thread::spawn(move || queue.into_iter().map(|job: Carried<u8>| job.run(|n| n * 2)).sum::<u8>());
/// jobs.send(Carried::new(21)).expect("the worker lives");
/// drop(jobs);
/// assert_eq!(worker.join().expect("it does not panic"), 42);
/// ```
#[derive(Clone, Debug)]
pub struct Carried<M> {
    message: M,
    carry: Carry,
}

impl<M> Carried<M> {
    /// The message, with what is current here.
    #[track_caller]
    pub fn new(message: M) -> Self {
        Self { message, carry: carry() }
    }

    /// Handles the message with that current.
    pub fn run<R>(self, handle: impl FnOnce(M) -> R) -> R {
        let Self { message, carry } = self;
        carry.run(|| handle(message))
    }

    /// The message and what was current.
    pub fn into_parts(self) -> (M, Carry) {
        (self.message, self.carry)
    }

    /// The message.
    pub fn message(&self) -> &M {
        &self.message
    }
}

pin_project! {
    /// A future inside what was current where it was made; see [`InSpan::in_current_span`](crate::InSpan::in_current_span).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct CarriedFuture<F> {
        #[pin]
        future: F,
        carry: Option<Carry>,
    }
}

impl<F> CarriedFuture<F> {
    pub(crate) fn new(future: F, carry: Carry) -> Self {
        Self { future, carry: Some(carry) }
    }
}

impl<F: Future> Future for CarriedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(carry) = this.carry.as_ref() else { return this.future.poll(cx) };
        let poll = carry.run(|| this.future.poll(cx));
        if poll.is_ready() {
            // The handle goes with the work, not with the future, which a join handle may keep.
            *this.carry = None;
        }
        poll
    }
}

/// A place in the program, as a number that fits into what is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site(u32);

/// Every place where work was handed over with nothing current; as many as the program has such calls.
static SITES: Mutex<Vec<&'static Location<'static>>> = Mutex::new(Vec::new());

impl Site {
    #[cold]
    fn of(place: &'static Location<'static>) -> Self {
        let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sites.iter().position(|known| *known == place);
        let number = known.unwrap_or_else(|| {
            sites.push(place);
            sites.len() - 1
        });
        Self(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// As what is current.
    fn frame(self) -> Frame {
        Frame { root: RawId::LOST, span: RawId::NONE, trace_id: [u64::from(self.0), 0] }
    }

    pub(crate) fn in_frame(frame: Frame) -> Self {
        Self(frame.trace_id[0] as u32)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
        match sites.get(self.0 as usize) {
            Some(place) => write!(f, "{}:{}", place.file(), place.line()),
            None => f.write_str("unknown"),
        }
    }
}
