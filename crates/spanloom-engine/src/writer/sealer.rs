//! Completed traces and journal parts into what the store takes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use spanloom_api::capture_mode::Capture;
use spanloom_api::carried::CarriedRoots;
use spanloom_api::record::Field;
use spanloom_core::codec::encode_part;
use spanloom_core::restate::restate;
use spanloom_core::{
    JournalChunk, Limits, SealedTrace, SizeStats, SpanId, SpanPart, StatusPart, Trace, TraceId, TraceInfo, TraceState,
    assemble, attribute_key as key, display_name, llm_cost, token_usage, trace_json,
};

use super::fold::{Draft, Fold, Folded, TraceChange};
use super::processors::{Processors, bare};
use super::seal::{Body, Changes, Seal, amend_closed, close_open, root_texts};
use crate::clock::TickClock;
use crate::identity::Identities;
use crate::names::{NameCache, Names};
use crate::redact::Redactor;
use crate::registry::state::CompletedTrace;
use crate::registry::tenant_link::JournalRequest;

/// What is the same for every trace of an engine.
#[derive(Debug)]
pub(crate) struct Environment {
    /// Name or id of the experiment.
    pub(crate) experiment: String,
    /// Metadata that every trace begins with.
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) limits: Limits,
    pub(crate) redactor: Redactor,
    /// How much is kept.
    pub(crate) capture: Capture,
    /// The program's own functions over spans.
    pub(crate) processors: Processors,
    /// Whether spans of one name get a number behind it when their trace completes.
    pub(crate) unique_span_names: bool,
}

/// What is known of a live trace as a whole, and whether the program fixed parts of it.
#[derive(Debug, Clone)]
struct Known {
    info: TraceInfo,
    request_preview_given: bool,
    response_preview_given: bool,
}

/// Makes sealed traces and journal chunks; remembers live traces from one journal part to the next.
#[derive(Debug)]
pub(crate) struct Sealer {
    environment: Arc<Environment>,
    names: NameCache,
    live: FxHashMap<TraceId, Known>,
    pub(crate) changes: Changes,
}

impl Sealer {
    pub(crate) fn new(environment: Arc<Environment>, names: Names) -> Self {
        Self { environment, names: NameCache::new(names), live: FxHashMap::default(), changes: Changes::default() }
    }

    /// Seals a completed trace, or an amendment of one.
    pub(crate) fn seal(&mut self, clock: TickClock, completed: &CompletedTrace) -> SealedTrace {
        self.names.refresh();
        self.live.remove(&completed.trace_id);
        let environment = Arc::clone(&self.environment);
        let fold = Fold { names: &self.names, clock, anchor: completed.anchor, capture: environment.capture };
        let Folded { mut spans, changes } = fold.fold(completed.log.ops(), completed.spans);
        settle_ends(&mut spans, clock, completed);
        go_on(&mut spans, &completed.carried);
        // The root first, then by start, as MLflow gives them back.
        spans.sort_by_key(|draft| (draft.span != completed.root, draft.start.map(|(.., start)| start)));
        if environment.processors.is_empty() {
            return self.encode(completed, spans, &changes, 0);
        }
        let identities = Identities(&completed.carried);
        let processed = environment.processors.run(completed.trace_id, completed.root, spans, identities);
        let sealed = self.encode(completed, processed.drafts(), &changes, processed.dropped);
        self.changes.discarded += processed.dropped;
        self.changes.panics += processed.panics;
        sealed
    }

    fn encode(
        &mut self,
        completed: &CompletedTrace,
        drafts: Vec<Draft<'_>>,
        changes: &[TraceChange<'_>],
        discarded: u64,
    ) -> SealedTrace {
        let request_id = format!("\"{}\"", completed.trace_id);
        let is_in_pieces = drafts.iter().any(|draft| draft.paused || draft.resumed);
        let truncated_before = self.changes.truncated;
        let environment = Arc::clone(&self.environment);
        let mut seal = seal(&environment, &request_id, &completed.carried, &mut self.changes);
        let mut known = Known::new(&environment, completed.trace_id, completed.anchor.unix_ns);
        let mut body = Body::with_capacity(completed.spans, completed.log.size());
        let mut usage = Vec::new();
        let mut attributes = Vec::new();
        // What an amendment brings cannot be numbered: the spans that are stored have their names.
        let mut numbers =
            if environment.unique_span_names && !completed.amends { numbers(&drafts) } else { Vec::new() }.into_iter();
        for draft in drafts {
            let is_root = draft.span == completed.root;
            let mut part = seal.part(draft, attributes);
            if is_root {
                known.apply_root(&part);
            }
            if let (Some(start), Some(number)) = (&mut part.start, numbers.next().flatten()) {
                start.name = Cow::Owned(display_name::numbered(&start.name, Some(number)).into_owned());
            }
            body.add(&part);
            usage.extend(Usage::of(&part));
            attributes = part.attributes;
        }
        body.finish();
        known.apply_changes(changes, &environment.redactor, &mut self.changes);
        let truncated = completed.truncated + self.changes.truncated - truncated_before;
        finish_info(&mut known.info, completed, &usage, &mut body, truncated);
        let mut sealed = SealedTrace::new(known.info, body.bytes, body.chunk_ends, body.span_count);
        (sealed.span_kinds, sealed.amends, sealed.new_spans) =
            (body.kinds, completed.amends, completed.spans - discarded);
        sealed.continues = !completed.carried.is_empty();
        if is_in_pieces {
            put_together(&mut sealed, changes.iter().any(|(field, ..)| *field == Field::State));
        }
        sealed
    }

    /// Encodes what is new in a live trace.
    pub(crate) fn journal(&mut self, request: &JournalRequest) -> JournalChunk {
        self.names.refresh();
        let environment = Arc::clone(&self.environment);
        let known = self
            .live
            .entry(request.trace_id)
            .or_insert_with(|| Known::new(&environment, request.trace_id, request.anchor.unix_ns));
        let (clock, anchor, capture) = (request.clock, request.anchor, environment.capture);
        let fold = Fold { names: &self.names, clock, anchor, capture };
        let folded = fold.fold(request.part.ops(), 0);
        let request_id = format!("\"{}\"", request.trace_id);
        let mut bytes = Vec::new();
        let mut seal = seal(&environment, &request_id, &request.carried, &mut self.changes);
        let mut attributes = Vec::new();
        let mut spans = folded.spans;
        go_on(&mut spans, &request.carried);
        for mut draft in spans {
            if !environment.processors.is_empty() {
                bare(&mut draft);
            }
            let is_root = draft.span == request.root;
            let part = seal.part(draft, attributes);
            if is_root {
                known.apply_root_so_far(&part);
            }
            encode_part(&part, &mut bytes);
            attributes = part.attributes;
        }
        known.apply_changes(&folded.changes, &environment.redactor, &mut self.changes);
        let mut chunk = JournalChunk::new(known.info.clone(), request.sequence, bytes);
        chunk.open_spans = request.open_spans;
        chunk.span_count = request.span_count;
        chunk.oldest_open_unix_nano = request.oldest_open_unix_nano;
        chunk
    }

    /// Whether some trace has a journal and is not complete.
    pub(crate) fn has_live(&self) -> bool {
        !self.live.is_empty()
    }

    /// Forgets a live trace that was dropped.
    pub(crate) fn forget(&mut self, id: TraceId) {
        self.live.remove(&id);
    }
}

/// The number behind the name of each draft.
fn numbers(drafts: &[Draft<'_>]) -> Vec<Option<u64>> {
    display_name::numbers(drafts.iter().map(|draft| draft.start.map_or("", |(_, name, _)| name)))
}

/// A live trace as data, as far as it has come.
pub(crate) fn snapshot(environment: &Arc<Environment>, names: Names, whole: &JournalRequest) -> Trace {
    let chunk = Sealer::new(Arc::clone(environment), names).journal(whole);
    let parts = spanloom_core::codec::decode_parts(&chunk.body).filter_map(Result::ok);
    let spans = assemble::spans(chunk.info.trace_id, parts);
    Trace::new(chunk.info, spans)
}

fn seal<'s, 'a>(
    environment: &'s Environment,
    request_id: &'a str,
    carried: &'s CarriedRoots,
    changes: &'s mut Changes,
) -> Seal<'s, 'a> {
    let (limits, redactor) = (&environment.limits, &environment.redactor);
    Seal { request_id, identities: Identities(carried), limits, redactor, changes, clean_name: "" }
}

impl Known {
    fn new(environment: &Environment, trace_id: TraceId, request_time_unix_nano: u64) -> Self {
        let mut info = TraceInfo::new(trace_id, request_time_unix_nano);
        info.experiment_id.clone_from(&environment.experiment);
        info.trace_metadata.clone_from(&environment.metadata);
        info.trace_metadata.insert(key::TRACE_SCHEMA_VERSION.to_owned(), "3".to_owned());
        Self { info, request_preview_given: false, response_preview_given: false }
    }

    /// What the root's part of a journal tells, which may be a piece.
    fn apply_root_so_far(&mut self, root: &SpanPart<'_>) {
        let ([request, response], _) = root_texts(root);
        if let Some(start) = &root.start {
            self.info.request_time_unix_nano = start.start_unix_nano;
            self.info.tags.insert(key::TRACE_NAME.to_owned(), start.name.clone().into_owned());
        }
        if request.is_some() && !self.request_preview_given {
            self.info.request_preview = request;
        }
        if response.is_some() && !self.response_preview_given {
            self.info.response_preview = response;
        }
    }

    fn apply_root(&mut self, root: &SpanPart<'_>) {
        self.apply_root_so_far(root);
        let (_, [inputs, outputs]) = root_texts(root);
        self.info.trace_metadata.insert(key::TRACE_INPUTS.to_owned(), inputs);
        self.info.trace_metadata.insert(key::TRACE_OUTPUTS.to_owned(), outputs);
        let failed = matches!(root.status, Some(StatusPart::Error(_)));
        self.info.state = if failed { TraceState::Error } else { TraceState::Ok };
        let (start, end) = (root.start.as_ref().map(|start| start.start_unix_nano), root.end_unix_nano);
        if let (Some(start), Some(end)) = (start, end) {
            self.info.execution_duration_ms = Some(end.saturating_sub(start) / 1_000_000);
        }
    }

    fn apply_changes(&mut self, changes: &[TraceChange<'_>], redactor: &Redactor, done: &mut Changes) {
        for (field, name, value) in changes {
            let value = redactor.redact_entry(name, value, &mut done.redacted).into_owned();
            self.apply_change(*field, name, value);
        }
    }

    fn apply_change(&mut self, field: Field, name: &str, value: String) {
        match field {
            Field::Tag => {
                self.info.tags.insert(name.to_owned(), value);
            }
            Field::TagRemoved => {
                self.info.tags.remove(name);
            }
            Field::Metadata => {
                self.info.trace_metadata.insert(name.to_owned(), value);
            }
            Field::ClientRequestId => self.info.client_request_id = Some(value),
            Field::RequestPreview if !value.is_empty() => {
                (self.info.request_preview, self.request_preview_given) = (Some(value), true);
            }
            Field::ResponsePreview if !value.is_empty() => {
                (self.info.response_preview, self.response_preview_given) = (Some(value), true);
            }
            Field::State => {
                self.info.state = if value == TraceState::Error.as_str() { TraceState::Error } else { TraceState::Ok };
            }
            _ => {}
        }
    }
}

/// Makes later pieces of spans that were detached of the drafts of what goes on with them.
fn go_on<'a>(drafts: &mut [Draft<'a>], carried: &'a CarriedRoots) {
    for (root, carried) in carried {
        if let Some(token) = &carried.resumed
            && let Some(draft) = drafts.iter_mut().find(|draft| draft.span == *root)
        {
            draft.go_on(token);
        }
    }
}

/// Says of a trace with spans that were detached or resumed what follows from all of it. Two pieces of a span in it become one.
fn put_together(sealed: &mut SealedTrace, state_was_given: bool) {
    let Ok(parts) = spanloom_core::codec::decode_parts(&sealed.body).collect::<Result<Vec<_>, _>>() else { return };
    let all_started = parts.iter().all(|part| part.start.is_some());
    let pieces = parts.len();
    let spans = assemble::spans(sealed.info.trace_id, parts);
    if spans.len() < pieces && !state_was_given {
        sealed.info.state = TraceState::InProgress;
    }
    restate(&mut sealed.info, &spans);
    if all_started && spans.len() < pieces {
        let whole = SealedTrace::from_trace(&Trace::new(sealed.info.clone(), spans));
        (sealed.body, sealed.chunk_ends) = (whole.body, whole.chunk_ends);
        (sealed.span_count, sealed.span_kinds) = (whole.span_count, whole.span_kinds);
    }
}

/// Closes what is open in a trace that is handed on all the same, and takes that back in what amends it.
fn settle_ends(drafts: &mut [Draft<'_>], clock: TickClock, completed: &CompletedTrace) {
    if completed.incomplete && !completed.amends {
        let closed_at = clock.unix_ns(completed.anchor, completed.closed_at_ticks);
        drafts.iter_mut().for_each(|draft| close_open(draft, closed_at));
    }
    if completed.amends {
        drafts.iter_mut().for_each(amend_closed);
    }
}

/// What can be said of a trace once all of its spans are known.
fn finish_info(info: &mut TraceInfo, completed: &CompletedTrace, usage: &[Usage], body: &mut Body, truncated: u64) {
    let metadata = &mut info.trace_metadata;
    if completed.incomplete || completed.dropped_spans > 0 {
        metadata.insert(key::INCOMPLETE.to_owned(), "true".to_owned());
    }
    if completed.dropped_spans > 0 {
        metadata.insert(key::DROPPED_SPANS.to_owned(), completed.dropped_spans.to_string());
    }
    if truncated > 0 {
        metadata.insert(key::TRUNCATED.to_owned(), truncated.to_string());
    }
    // Only where some span has usage does the tree matter.
    if usage.iter().any(|usage| usage.json.is_some())
        && let Some(sum) = token_usage::sum_of(usage.iter().map(Usage::counted))
    {
        let json = spanloom_core::JsonText::capture(&sum);
        metadata.insert(key::TRACE_TOKEN_USAGE.to_owned(), json.as_str().to_owned());
    }
    if usage.iter().any(|usage| usage.cost_json.is_some())
        && let Some(sum) = llm_cost::sum_of(usage.iter().map(Usage::costing))
    {
        let json = spanloom_core::JsonText::capture(&sum);
        metadata.insert(key::TRACE_COST.to_owned(), json.as_str().to_owned());
    }
    let lens = std::mem::take(&mut body.json_lens);
    SizeStats::new(lens, trace_json::empty_trace_len(info)).write_to(&mut info.trace_metadata);
}

/// What a span says of tokens and costs, and where it stands.
struct Usage {
    span_id: SpanId,
    parent_id: Option<SpanId>,
    json: Option<String>,
    cost_json: Option<String>,
}

impl Usage {
    fn of(part: &SpanPart<'_>) -> Option<Self> {
        let text = |key| part.attributes.iter().find(|(k, _)| k == key).map(|(_, json)| json.clone().into_owned());
        let parent_id = part.start.as_ref()?.parent_id;
        let (json, cost_json) = (text(key::TOKEN_USAGE), text(key::COST));
        Some(Self { span_id: part.span_id, parent_id, json, cost_json })
    }

    fn counted(&self) -> token_usage::Counted<'_> {
        token_usage::Counted { span_id: self.span_id, parent_id: self.parent_id, usage_json: self.json.as_deref() }
    }

    fn costing(&self) -> token_usage::Counted<'_> {
        token_usage::Counted { usage_json: self.cost_json.as_deref(), ..self.counted() }
    }
}
