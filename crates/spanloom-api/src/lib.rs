//! What a library is instrumented with: span handles that write to the ring of their thread.
//!
//! Nothing here starts a thread, does I/O or waits (except for room, where the engine was told to). Until an engine is
//! installed a span costs one atomic load.
//!
//! Applications use the facade crate `spanloom`, which re-exports all of this.
//!
//! | layer | modules |
//! |---|---|
//! | what user code holds | `span`, `builder`, `guard`, `future`, `trace_update` |
//! | which span is current, and what new traces begin with | `context`, `scope` |
//! | context across processes | [`propagation`], `carried` |
//! | what a stream's items come to; functions of others | `reducer`, `wrap` |
//! | the current span elsewhere | `carry` |
//! | from a value to a message | `capture`, `capture_mode`, [`record`] |
//! | from a message to the registry | `lane` (a thread's way, overflow), [`ring`] (the channel), [`plane`] (all of them) |
//! | which engine, which trace | [`tenant`], `random_id` |

mod builder;
mod capture;
#[doc(hidden)]
pub mod capture_mode;
#[doc(hidden)]
pub mod carried;
mod carry;
mod context;
mod detach;
mod future;
mod genai;
mod guard;
#[doc(hidden)]
pub mod hooks;
#[doc(hidden)]
pub mod lane;
#[doc(hidden)]
pub mod packed;
#[doc(hidden)]
pub mod plane;
pub mod propagation;
mod random_id;
#[doc(hidden)]
pub mod raw_id;
#[doc(hidden)]
pub mod record;
mod reducer;
#[doc(hidden)]
pub mod reference;
#[doc(hidden)]
pub mod ring;
mod scope;
mod span;
#[doc(hidden)]
pub mod tenant;
mod trace_update;
mod wrap;

pub use builder::{SpanBuilder, span};
pub use capture_mode::Capture;
pub use carry::{Carried, CarriedFuture, Carry, EnteredCarry, carry, in_current};
pub use future::{InSpan, Spanned, try_with_span, with_span};
pub use guard::{ActiveSpan, Entered, start_span};
pub use reducer::{Fold, Reducer, Then, fold};
pub use scope::{InScope, Scope, ScopeDefaults, Scoped, scope};
pub use span::{Span, current_span, last_active_trace_id};
pub use tenant::{Overflow, disable, enable};
pub use trace_update::{TraceUpdate, update_current_trace};
pub use wrap::{
    Arguments, Callable, Wrap, WrappedFuture, WrappedStream, try_wrap, try_wrap_async, try_wrap_stream, wrap,
    wrap_async, wrap_stream,
};
