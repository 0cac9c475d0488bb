//! Everything user code can tell the engine.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::raw_id::RawId;

/// One message from a handle to the registry.
///
/// `ticks` are of [`ticks::now`](crate::ring::ticks::now). A root or a start carries no id of its own: writer and reader
/// of a ring both count them.
#[derive(Debug)]
pub enum Record<'a> {
    /// A trace begins.
    Root {
        /// The root span's name.
        name: Text<'a>,
        /// Which engine it belongs to.
        tenant: u8,
        /// High and low half of the trace id.
        trace_id: [u64; 2],
        /// When.
        ticks: u64,
    },
    /// A span begins under another.
    Start {
        /// Its name.
        name: Text<'a>,
        /// The root of the trace.
        root: RawId,
        /// The span it is started under.
        parent: RawId,
        /// When.
        ticks: u64,
    },
    /// A span ends, whatever handles there are. The first end counts.
    End {
        /// Which.
        span: RawId,
        /// When.
        ticks: u64,
        /// One handle goes with it.
        release: bool,
    },
    /// There is one more handle.
    Retain {
        /// Of which span.
        span: RawId,
    },
    /// There is one handle less; with the last one the span ends.
    Release {
        /// Of which span.
        span: RawId,
        /// When.
        ticks: u64,
    },
    /// Something is said about a span or its trace.
    Data {
        /// About which span, or a span of which trace.
        span: RawId,
        /// What kind of thing.
        field: Field,
        /// Attribute key, event name, tag key, link target.
        key: Text<'a>,
        /// The value.
        value: Value<'a>,
        /// Of events: the moment.
        time: Time,
    },
}

/// What a [`Record::Data`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// An attribute; the key is its own.
    Attribute,
    /// The outputs of a traced function, unless its body has set some.
    DefaultOutputs,
    /// An event; the value is its attributes, [packed](crate::packed).
    Event,
    /// A link; the key is 32 + 16 hex digits, the value its attributes, [packed](crate::packed).
    Link,
    /// The status OK.
    StatusOk,
    /// The status ERROR; the value is the description.
    StatusError,
    /// The start, in nanoseconds since the Unix epoch.
    StartTime,
    /// The end, in nanoseconds since the Unix epoch; an end follows.
    EndTime,
    /// A tag of the trace.
    Tag,
    /// One entry of the trace's metadata.
    Metadata,
    /// The preview of the request.
    RequestPreview,
    /// The preview of the response.
    ResponsePreview,
    /// The state of the trace: OK or ERROR.
    State,
    /// The caller's id of the request.
    ClientRequestId,
    /// A tag of the trace goes.
    TagRemoved,
    /// The span was detached: it has no end, and goes on elsewhere.
    Paused,
}

impl Field {
    const ALL: [Self; 16] = [
        Self::Attribute,
        Self::DefaultOutputs,
        Self::Event,
        Self::Link,
        Self::StatusOk,
        Self::StatusError,
        Self::StartTime,
        Self::EndTime,
        Self::Tag,
        Self::Metadata,
        Self::RequestPreview,
        Self::ResponsePreview,
        Self::State,
        Self::ClientRequestId,
        Self::TagRemoved,
        Self::Paused,
    ];

    /// The field with this number.
    pub fn from_u8(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// A text that is part of the program, or one that is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// Part of the program: travels as a pointer.
    Static(&'static str),
    /// Copied into the ring.
    Copied(&'a str),
}

impl<'a> Text<'a> {
    /// The text.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Static(text) => text,
            Self::Copied(text) => text,
        }
    }
}

impl<'a> From<&'a std::borrow::Cow<'static, str>> for Text<'a> {
    fn from(text: &'a std::borrow::Cow<'static, str>) -> Self {
        match text {
            std::borrow::Cow::Borrowed(text) => Self::Static(text),
            std::borrow::Cow::Owned(text) => Self::Copied(text),
        }
    }
}

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Not said.
    None,
    /// In ticks.
    Ticks(u64),
    /// In nanoseconds since the Unix epoch.
    UnixNanos(u64),
}

/// A value of a [`Record::Data`].
#[derive(Debug)]
pub enum Value<'a> {
    /// Nothing.
    None,
    /// A truth value.
    Bool(bool),
    /// A signed number.
    I64(i64),
    /// An unsigned number.
    U64(u64),
    /// A floating-point number, NaN and the infinities included.
    F64(f64),
    /// A text, not quoted and not escaped.
    Str(Text<'a>),
    /// JSON in Python's layout.
    Json(&'a str),
    /// Moved, not copied: large texts, and values that are serialised in the background.
    Owned(Box<Payload>),
}

/// A value that is moved to the engine.
#[derive(Debug)]
pub enum Payload {
    /// A text, not quoted and not escaped.
    Str(String),
    /// JSON in Python's layout.
    Json(String),
    /// Not serialised yet.
    Deferred(Deferred),
}

impl Payload {
    /// Bytes it holds, as far as that is known.
    pub fn len(&self) -> usize {
        match self {
            Self::Str(text) | Self::Json(text) => text.len(),
            Self::Deferred(_) => 64,
        }
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

type Thunk = Box<dyn FnOnce() -> String + Send>;

/// A value that is serialised when its text is first needed, on the engine's side.
pub struct Deferred {
    thunk: Mutex<Option<Thunk>>,
    json: OnceLock<String>,
}

impl Deferred {
    /// Serialises by calling `thunk`, once.
    pub fn new(thunk: impl FnOnce() -> String + Send + 'static) -> Self {
        Self { thunk: Mutex::new(Some(Box::new(thunk))), json: OnceLock::new() }
    }

    /// The JSON text in Python's layout. Runs the user's `Serialize` the first time.
    pub fn json(&self) -> &str {
        self.json.get_or_init(|| {
            let thunk = self.thunk.lock().unwrap_or_else(PoisonError::into_inner).take();
            thunk.map_or_else(|| "null".to_owned(), |thunk| thunk())
        })
    }
}

impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred").field("json", &self.json.get()).finish_non_exhaustive()
    }
}
