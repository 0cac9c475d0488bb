//! Any sequence of verbs, from several threads at once, gives whole trees, exact counts and the right errors.

use std::collections::BTreeMap;
use std::sync::Mutex;

use proptest::prelude::*;
use spanloom::{Client, EndSpan, EndTrace, Error, SpanId, StartSpan, StartTrace, TraceId};

use crate::universe::Universe;

/// One call. Numbers choose among what there is, and may choose wrong pairs.
#[derive(Clone, Copy, Debug)]
enum Call {
    StartTrace,
    StartSpan { trace: usize, parent: usize },
    StartUnder { parent: usize },
    EndSpan { span: usize },
    EndSpanOf { trace: usize, span: usize },
    EndTrace { trace: usize },
    Unknown,
}

fn call() -> impl Strategy<Value = Call> {
    let n = 0..64_usize;
    prop_oneof![
        2 => Just(Call::StartTrace),
        1 => (n.clone(), n.clone()).prop_map(|(trace, parent)| Call::StartSpan { trace, parent }),
        6 => n.clone().prop_map(|parent| Call::StartUnder { parent }),
        4 => n.clone().prop_map(|span| Call::EndSpan { span }),
        1 => (n.clone(), n.clone()).prop_map(|(trace, span)| Call::EndSpanOf { trace, span }),
        1 => n.prop_map(|trace| Call::EndTrace { trace }),
        1 => Just(Call::Unknown),
    ]
}

/// A span that was started, and how often its end succeeded.
#[derive(Clone, Copy, Debug)]
struct Known {
    trace: TraceId,
    parent: Option<SpanId>,
    ended: usize,
}

/// What was started by all threads so far.
#[derive(Default)]
struct Model {
    spans: Mutex<BTreeMap<SpanId, Known>>,
}

impl Model {
    fn pick(&self, n: usize) -> Option<(SpanId, Known)> {
        let spans = self.spans.lock().expect("no holder panics");
        let at = n.checked_rem(spans.len())?;
        spans.iter().nth(at).map(|(id, known)| (*id, *known))
    }

    fn root_of(&self, trace: TraceId) -> SpanId {
        let spans = self.spans.lock().expect("no holder panics");
        let root = spans.iter().find(|(_, known)| known.trace == trace && known.parent.is_none());
        *root.expect("traces have a root").0
    }

    fn started(&self, trace: TraceId, span: SpanId, parent: Option<SpanId>) {
        let before = self.spans.lock().expect("no holder panics").insert(span, Known { trace, parent, ended: 0 });
        assert!(before.is_none(), "ids are unique");
    }

    fn ended(&self, span: SpanId) {
        self.spans.lock().expect("no holder panics").get_mut(&span).expect("it was started").ended += 1;
    }

    fn start(&self, client: &Client, trace: TraceId, parent: SpanId, of: TraceId) {
        match client.start_span(StartSpan::new("span", trace, parent)) {
            Ok(span) => {
                assert_eq!(trace, of, "only a parent of the trace will do");
                self.started(trace, span.span_id(), Some(parent));
            }
            // Another thread may have completed the trace.
            Err(Error::UnknownTrace(id)) => assert_eq!(id, trace),
            Err(Error::ParentInOtherTrace(id) | Error::UnknownSpan(id)) => assert!(id == parent && trace != of),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// An end that fails says that there was another one; the counts are compared when all threads are done.
    fn end(&self, outcome: Result<(), Error>, trace: TraceId, span: SpanId, of: TraceId) {
        match outcome {
            Ok(()) => {
                assert_eq!(trace, of, "only a span of the trace will do");
                self.ended(span);
            }
            Err(Error::AlreadyEnded(id)) => assert!(id == span && trace == of),
            Err(Error::UnknownSpan(id)) => assert!(id == span && trace != of),
            Err(error) => panic!("{error:?}"),
        }
    }

    fn call(&self, client: &Client, call: Call) -> Option<()> {
        let end_span = |trace, span| client.end_span(EndSpan::new(trace, span).attribute("ended", true));
        match call {
            Call::StartTrace => {
                let root = client.start_trace(StartTrace::new("root")).expect("begins");
                self.started(root.trace_id(), root.span_id(), None);
            }
            Call::StartSpan { trace, parent } => {
                let (trace, (parent, known)) = (self.pick(trace)?.1.trace, self.pick(parent)?);
                self.start(client, trace, parent, known.trace);
            }
            Call::StartUnder { parent } => {
                let (parent, known) = self.pick(parent)?;
                self.start(client, known.trace, parent, known.trace);
            }
            Call::EndSpan { span } => {
                let (span, known) = self.pick(span)?;
                self.end(end_span(known.trace, span), known.trace, span, known.trace);
            }
            Call::EndSpanOf { trace, span } => {
                let (trace, (span, known)) = (self.pick(trace)?.1.trace, self.pick(span)?);
                self.end(end_span(trace, span), trace, span, known.trace);
            }
            Call::EndTrace { trace } => {
                let trace = self.pick(trace)?.1.trace;
                self.end(client.end_trace(EndTrace::new(trace)), trace, self.root_of(trace), trace);
            }
            Call::Unknown => {
                let unknown = TraceId::derived_from("unknown");
                let (span, _) = self.pick(0)?;
                assert!(matches!(end_span(unknown, span), Err(Error::UnknownTrace(id)) if id == unknown));
            }
        }
        Some(())
    }
}

fn check(threads: &[Vec<Call>]) {
    let universe = Universe::new();
    let model = Model::default();
    std::thread::scope(|scope| {
        for calls in threads {
            let (client, model) = (universe.client(), &model);
            scope.spawn(move || {
                calls.iter().for_each(|call| {
                    let _ = model.call(&client, *call);
                })
            });
        }
    });
    let client = universe.client();
    let spans = model.spans.into_inner().expect("no holder panics");
    for (id, known) in &spans {
        let end = client.end_span(EndSpan::new(known.trace, *id).attribute("ended", true));
        match known.ended {
            0 => end.expect("it is open"),
            1 => assert!(matches!(end, Err(Error::AlreadyEnded(span)) if span == *id), "{end:?}"),
            n => panic!("ended {n} times"),
        }
    }
    let counts = universe.settled();
    assert_eq!((counts.spans.started, counts.spans.stored), (spans.len() as u64, spans.len() as u64));
    let stored = universe.all_traces();
    let found = stored.iter().flat_map(|trace| &trace.data.spans);
    let found: BTreeMap<_, _> = found.map(|span| (span.span_id, (span.trace_id, span.parent_id))).collect();
    let expected: BTreeMap<_, _> = spans.iter().map(|(id, known)| (*id, (known.trace, known.parent))).collect();
    assert_eq!(found, expected);
    let open = stored.iter().flat_map(|trace| &trace.data.spans).filter(|span| span.end_time_unix_nano.is_none());
    assert_eq!(open.count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_verbs_gives_whole_trees_exact_counts_and_the_right_errors(
        threads in prop::collection::vec(prop::collection::vec(call(), 1..40), 1..4),
    ) {
        check(&threads);
    }
}
