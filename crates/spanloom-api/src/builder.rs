//! A span that is about to begin.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;
use spanloom_core::propagation::SpanContext;
use spanloom_core::{JsonText, Link, LogLevel, ResumeToken, SpanType, TraceId, attribute_key as key};

use crate::carried::Carried;
use crate::carry::Site;
use crate::context::{self, Frame};
use crate::guard::ActiveSpan;
use crate::lane;
use crate::random_id::Draw;
use crate::raw_id::RawId;
use crate::record::{Field, Text, Time, Value};
use crate::scope;
use crate::span::{Span, count_shed};
use crate::tenant::{Tenant, threshold};

/// A span that is about to begin; [`start`](Self::start) or [`enter`](Self::enter) begins it, dropping it does nothing.
#[derive(Debug)]
#[must_use = "a span begins with `start` or `enter`"]
pub struct SpanBuilder {
    name: Cow<'static, str>,
    origin: Origin,
    extras: Option<Box<Extras>>,
}

/// Where a span comes from.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// Under another.
    Child(Frame),
    /// The first of a trace of this engine.
    Root(u8),
    /// It will not record: nothing is installed, or the trace does not record.
    Muted(RawId),
}

/// The tenant of spans that are not placed yet; no engine has this number.
const NO_TENANT: u8 = 0;

#[derive(Debug, Default)]
struct Extras {
    /// In the order in which they were given.
    values: Vec<(Field, Cow<'static, str>, JsonText)>,
    links: Vec<Link>,
    start_unix_nano: Option<u64>,
    trace_id: Option<TraceId>,
    sampling_ratio: Option<f64>,
    caller: Option<SpanContext>,
    resumed: Option<ResumeToken>,
    lost_at: Option<Site>,
}

/// A span under the current one; without a current one, the root of a new trace of the installed engine; without that,
/// one that does not record.
#[inline(always)]
pub fn span(name: impl Into<Cow<'static, str>>) -> SpanBuilder {
    SpanBuilder::under_current(name.into())
}

impl SpanBuilder {
    #[inline(always)]
    pub(crate) fn under_current(name: Cow<'static, str>) -> Self {
        if !Tenant::any_active() {
            return Self { name, origin: Origin::Muted(RawId::NONE), extras: None };
        }
        match context::top() {
            Some(frame) => Self::under(frame, name),
            None => Self::root_of(Tenant::installed(), name),
        }
    }

    /// Under a span that someone holds. What only stands on the stack of what is current is not asked about: with it the
    /// whole way of a root would be part of every child.
    #[inline(always)]
    pub(crate) fn under_span(frame: Frame, name: Cow<'static, str>) -> Self {
        let recording = frame.span != RawId::NONE;
        let origin = if recording { Origin::Child(frame) } else { Origin::Muted(frame.root) };
        Self { name, origin, extras: None }
    }

    /// Under what is current.
    #[inline(always)]
    fn under(frame: Frame, name: Cow<'static, str>) -> Self {
        if frame.span == RawId::NONE {
            return Self::under_silence(frame, name);
        }
        Self { name, origin: Origin::Child(frame), extras: None }
    }

    /// Under something that does not record; a scope may have made room for a new trace there.
    #[inline]
    fn under_silence(frame: Frame, name: Cow<'static, str>) -> Self {
        if frame.root.leaves_room() {
            let root = Self::root_of(Tenant::installed(), name);
            return if frame.root == RawId::LOST { root.lost_at(Site::in_frame(frame)) } else { root };
        }
        Self { name, origin: Origin::Muted(frame.root), extras: None }
    }

    /// It was to continue a span that the work at this place was handed over without.
    fn lost_at(mut self, site: Site) -> Self {
        if let Some(extras) = self.extras() {
            extras.lost_at = Some(site);
        }
        self
    }

    /// The root of a new trace, whatever is current.
    #[doc(hidden)]
    #[inline(always)]
    pub fn root_of(tenant: Option<u8>, name: Cow<'static, str>) -> Self {
        Self { name, origin: tenant.map_or(Origin::Muted(RawId::NONE), Origin::Root), extras: None }
    }

    /// A span of which it is not known yet where it will begin; until it is placed it does not record.
    #[doc(hidden)]
    pub fn unplaced(name: Cow<'static, str>) -> Self {
        Self::root_of(Some(NO_TENANT), name)
    }

    /// Makes it the root of a new trace of this engine, whatever it was to be.
    #[doc(hidden)]
    pub fn place_root(mut self, tenant: Option<u8>) -> Self {
        self.origin = tenant.map_or(Origin::Muted(RawId::NONE), Origin::Root);
        self
    }

    /// Puts it under this span, whatever it was to be.
    pub(crate) fn place_under(mut self, frame: Frame) -> Self {
        self.origin = Self::under_span(frame, Cow::Borrowed("")).origin;
        self
    }

    /// The span of a token, going on in this engine.
    #[doc(hidden)]
    pub fn resuming(tenant: u8, token: ResumeToken) -> Self {
        let name = token.known.as_ref().map_or_else(String::new, |known| known.name.clone());
        let mut builder = Self::root_of(Some(tenant), Cow::Owned(name));
        if let Some(extras) = builder.extras() {
            extras.trace_id = Some(token.trace_id);
            extras.resumed = Some(token);
        }
        builder
    }

    /// What the span stands for. Default `UNKNOWN`.
    pub fn span_type(self, span_type: impl Into<SpanType>) -> Self {
        self.value(Field::Attribute, Cow::Borrowed(key::SPAN_TYPE), || JsonText::string(span_type.into().as_str()))
    }

    /// Sets an attribute; several come in order.
    pub fn attribute(self, key: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        self.value(Field::Attribute, key.into(), || JsonText::capture(&value))
    }

    /// Sets several attributes, in order.
    pub fn attributes<K: Into<Cow<'static, str>>, V: Serialize>(
        self,
        attributes: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        attributes.into_iter().fold(self, |builder, (key, value)| builder.attribute(key, value))
    }

    /// Sets a tag of the trace that it begins or belongs to.
    pub fn tag(self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        self.value(Field::Tag, key.into(), || JsonText::string(&value.to_string()))
    }

    /// Sets one entry of the metadata of the trace that it begins or belongs to.
    pub fn metadata(self, key: impl Into<Cow<'static, str>>, value: impl Display) -> Self {
        self.value(Field::Metadata, key.into(), || JsonText::string(&value.to_string()))
    }

    /// Sets what goes in.
    pub fn inputs(self, value: impl Serialize) -> Self {
        self.value(Field::Attribute, Cow::Borrowed(key::INPUTS), || JsonText::capture(&value))
    }

    /// Sets how important the span is.
    pub fn log_level(self, level: LogLevel) -> Self {
        self.value(Field::Attribute, Cow::Borrowed(key::LOG_LEVEL), || JsonText::capture(&level.as_u8()))
    }

    /// Says in words what the span is for.
    pub fn description(self, description: impl Into<Cow<'static, str>>) -> Self {
        self.value(Field::Attribute, Cow::Borrowed(key::DESCRIPTION), || JsonText::string(&description.into()))
    }

    /// Refers to another span.
    pub fn link(mut self, link: Link) -> Self {
        if let Some(extras) = self.extras() {
            extras.links.push(link);
        }
        self
    }

    /// Gives the start, in nanoseconds since the Unix epoch, instead of now.
    pub fn at_unix_nanos(mut self, nanos: u64) -> Self {
        if let Some(extras) = self.extras() {
            extras.start_unix_nano = Some(nanos);
        }
        self.value(Field::Attribute, Cow::Borrowed(key::START_TIME_NS), || JsonText::capture(&nanos))
    }

    /// Keeps this share of the traces, 0 to 1, instead of the engine's. Of no effect on a span that is not a root.
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        if let Some(extras) = self.extras() {
            extras.sampling_ratio = Some(ratio);
        }
        self
    }

    /// Continues the trace of a caller in another process (or in this one): the span has the caller's trace id, and the
    /// caller's span is its parent. With `None` nothing changes: a root begins a new trace.
    ///
    /// Whether it records is decided by the engine's own ratio, or by [`sampling_ratio`](Self::sampling_ratio); the caller's
    /// wish counts only when the context is [`trusted`](SpanContext::trusted).
    pub fn remote_parent(mut self, caller: impl Into<Option<SpanContext>>) -> Self {
        let Some(caller) = caller.into().filter(|caller| caller.trace_id() != TraceId::INVALID) else { return self };
        if let Origin::Child(parent) = self.origin {
            self.origin = Origin::Root(parent.root.tenant());
        }
        if let Some(extras) = self.extras() {
            extras.trace_id = Some(caller.trace_id());
            extras.caller = Some(caller);
        }
        self
    }

    /// Gives a root its trace id.
    #[doc(hidden)]
    pub fn trace_id(mut self, id: TraceId) -> Self {
        if let Some(extras) = self.extras() {
            extras.trace_id = Some(id);
        }
        self
    }

    fn value(mut self, field: Field, key: Cow<'static, str>, value: impl FnOnce() -> JsonText) -> Self {
        if let Some(extras) = self.extras() {
            extras.values.push((field, key, value()));
        }
        self
    }

    /// Nothing is gathered for a span that will not record.
    fn extras(&mut self) -> Option<&mut Extras> {
        match self.origin {
            Origin::Muted(_) => None,
            _ => Some(self.extras.get_or_insert_default()),
        }
    }

    /// Begins the span, without making it current.
    #[inline(always)]
    pub fn start(self) -> Span {
        let span = match (self.origin, &self.name) {
            (Origin::Child(parent), Cow::Borrowed(name)) => start_child(parent, name),
            (Origin::Child(parent), Cow::Owned(name)) => start_child_named(parent, name),
            (Origin::Root(tenant), name) => start_root(tenant, Text::from(name), self.extras.as_deref()),
            (Origin::Muted(root), _) => muted(root),
        };
        if let Some(extras) = self.extras {
            extras.send(&span);
        }
        span
    }

    /// Begins the span and makes it current on this thread until the guard drops, which ends it.
    #[inline(always)]
    pub fn enter(self) -> ActiveSpan {
        // Under a span that does not record, and without an engine, nothing becomes current: what is current already says
        // that nothing is recorded.
        match self.origin {
            Origin::Muted(root) => ActiveSpan::muted(muted(root)),
            _ => ActiveSpan::new(self.start()),
        }
    }
}

/// The common case, small enough to be inlined: the name is part of the program, so its record has a fixed length.
#[inline(always)]
fn start_child(parent: Frame, name: &'static str) -> Span {
    child_of(parent, lane::with(|lane| lane.start(Text::Static(name), parent.root, parent.span)))
}

#[inline(never)]
fn start_child_named(parent: Frame, name: &str) -> Span {
    child_of(parent, lane::with(|lane| lane.start(Text::Copied(name), parent.root, parent.span)))
}

#[inline(always)]
fn child_of(parent: Frame, started: Option<RawId>) -> Span {
    match started {
        Some(span) if span != RawId::NONE => Span::from_frame(Frame { span, ..parent }),
        _ => muted(RawId::shed(parent.root.tenant())),
    }
}

#[inline]
fn start_root(tenant: u8, name: Text<'_>, extras: Option<&Extras>) -> Span {
    let slot = Tenant::get(tenant);
    if !slot.is_open() || !Tenant::any_active() {
        return refused(slot);
    }
    let scoped = scope::is_used();
    if scoped && scope::is_off() {
        return Span::none();
    }
    let ratio = extras.and_then(Extras::ratio);
    let keeps = |low| ratio.map_or_else(|| slot.samples(low), |ratio| ratio >= 1.0 || low < threshold(ratio));
    let trace_id = match extras.and_then(|extras| extras.trace_id) {
        Some(id) => {
            let bits = id.to_u128();
            let halves = [(bits >> 64) as u64, bits as u64];
            keeps(halves[1]).then_some(halves)
        }
        None => {
            let draw = Draw::next();
            keeps(draw.low()).then(|| draw.trace_id())
        }
    };
    let carried = extras.and_then(Extras::carried);
    let root = trace_id.map_or(Span::none(), |trace_id| begin_trace(tenant, name, trace_id, carried));
    if scoped {
        scope::apply(&root);
    }
    root
}

#[inline]
fn begin_trace(tenant: u8, name: Text<'_>, trace_id: [u64; 2], carried: Option<Arc<Carried>>) -> Span {
    let begun = lane::with(|lane| match carried {
        None => lane.root(tenant, name, trace_id),
        Some(carried) => lane.root_carrying(tenant, name, trace_id, carried),
    });
    match begun {
        Some(root) if root != RawId::NONE => {
            let span = Span::from_frame(Frame { root, span: root, trace_id });
            if Tenant::get(tenant).is_still_open() { span } else { overtaken(span) }
        }
        _ => {
            Tenant::get(tenant).count_shed_root();
            Span::from_frame(Frame { root: RawId::shed(tenant), span: RawId::NONE, trace_id: [0; 2] })
        }
    }
}

/// The engine was shut down while this root was written. Its registry may have taken it, and then hands it on, or it
/// comes too late and is counted as refused.
#[cold]
fn overtaken(root: Span) -> Span {
    drop(root);
    lane::with(|lane| lane.leave_behind());
    Span::none()
}

#[cold]
fn refused(slot: &Tenant) -> Span {
    if !Tenant::is_disabled() && !slot.is_open() {
        slot.count_refused();
    }
    Span::none()
}

#[inline(always)]
fn muted(root: RawId) -> Span {
    count_shed(root);
    Span::from_frame(Frame { root, span: RawId::NONE, trace_id: [0; 2] })
}

impl Extras {
    /// The share that is kept: a caller that is trusted has decided.
    fn ratio(&self) -> Option<f64> {
        match &self.caller {
            Some(caller) if caller.is_trusted() => Some(if caller.is_sampled() { 1.0 } else { 0.0 }),
            _ if self.resumed.is_some() => Some(1.0),
            _ => self.sampling_ratio,
        }
    }

    fn carried(&self) -> Option<Arc<Carried>> {
        let carried = Carried { caller: self.caller.clone(), resumed: self.resumed.clone() };
        (carried.caller.is_some() || carried.resumed.is_some()).then(|| Arc::new(carried))
    }

    #[cold]
    fn send(self, span: &Span) {
        if !span.is_recording() {
            return;
        }
        if let Some(nanos) = self.start_unix_nano {
            span.say(Field::StartTime, Text::Static(""), Value::U64(nanos), Time::None);
        }
        for (field, key, value) in &self.values {
            span.capture_text(*field, Text::from(key), value);
        }
        for link in self.links {
            span.add_link(link);
        }
        if let Some(site) = self.lost_at {
            Tenant::get(span.frame().root.tenant()).count_lost_context();
            let place = JsonText::string(&site.to_string());
            span.capture_text(Field::Metadata, Text::Static(key::LOST_CONTEXT), &place);
        }
    }
}

impl From<&'static str> for SpanBuilder {
    #[inline(always)]
    fn from(name: &'static str) -> Self {
        span(name)
    }
}

impl From<String> for SpanBuilder {
    #[inline]
    fn from(name: String) -> Self {
        span(name)
    }
}
