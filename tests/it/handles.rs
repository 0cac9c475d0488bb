//! Any sequence of calls on handles, on several threads, gives valid trees, whole traces and exact accounts.

use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use proptest::prelude::*;
use proptest::sample::Index;
use spanloom::{Entered, Overflow, Span, SpanId, SpanStatus, Trace, TraceId, current_span};

use crate::universe::{PATIENCE, Universe};

/// What a program may do with handles; an index is of those that there are.
#[derive(Clone, Debug)]
enum Act {
    Root,
    Child(Index),
    ChildOfCurrent,
    Clone(Index),
    Drop(Index),
    Enter(Index),
    Leave(Index),
    End(Index),
    Say(Index),
}

fn act() -> impl Strategy<Value = Act> {
    let index = any::<Index>;
    prop_oneof![
        1 => Just(Act::Root),
        4 => index().prop_map(Act::Child),
        2 => Just(Act::ChildOfCurrent),
        2 => index().prop_map(Act::Clone),
        4 => index().prop_map(Act::Drop),
        3 => index().prop_map(Act::Enter),
        3 => index().prop_map(Act::Leave),
        2 => index().prop_map(Act::End),
        4 => index().prop_map(Act::Say),
    ]
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() }
}

/// An engine that does not refuse anything while the machine is busy.
fn patient() -> Universe {
    Universe::with(|builder| builder.overflow(Overflow::Block { deadline: PATIENCE }))
}

type Job = Box<dyn FnOnce(&mut Vec<Entered>) + Send>;

/// A thread that does what it is told, and keeps its guards.
struct Worker(Sender<Job>);

impl Worker {
    fn start<'scope>(scope: &'scope thread::Scope<'scope, '_>) -> Self {
        let (jobs, queue) = channel::<Job>();
        scope.spawn(move || {
            let mut guards = Vec::new();
            queue.into_iter().for_each(|job| job(&mut guards));
            // In the order in which they were made, which is not that of a stack.
            guards.into_iter().for_each(drop);
        });
        Self(jobs)
    }

    /// Has this done, and waits until it is.
    fn run<R: Send + 'static>(&self, work: impl FnOnce(&mut Vec<Entered>) -> R + Send + 'static) -> R {
        let (answer, is_answered) = channel();
        let job = move |guards: &mut Vec<Entered>| answer.send(work(guards)).expect("the test waits");
        self.0.send(Box::new(job)).expect("the worker lives");
        is_answered.recv().expect("the worker answers")
    }
}

/// A span as the program knows it.
struct Known {
    id: SpanId,
    parent: Option<SpanId>,
    trace: TraceId,
    said: Vec<String>,
    ended: bool,
}

/// What the program has done so far.
#[derive(Default)]
struct Model {
    spans: Vec<Known>,
    handles: Vec<(usize, Span)>,
    /// Of each worker: which spans its guards have made current.
    current: [Vec<usize>; 3],
}

impl Model {
    fn begun(&mut self, span: Span, parent: Option<usize>) {
        let parent = parent.map(|parent| self.spans[parent].id);
        let (id, trace) = (span.span_id(), span.trace_id());
        self.handles.push((self.spans.len(), span));
        self.spans.push(Known { id, parent, trace, said: Vec::new(), ended: false });
    }

    fn chosen(&self, index: &Index) -> Option<(usize, usize, Span)> {
        let place = (!self.handles.is_empty()).then(|| index.index(self.handles.len()))?;
        let (known, span) = &self.handles[place];
        Some((place, *known, span.clone()))
    }

    fn perform(&mut self, universe: &Universe, worker: &Worker, at: usize, act: &Act) {
        match act {
            Act::Root => {
                let builder = universe.root_span("root");
                let span = worker.run(move |_| builder.start());
                self.begun(span, None);
            }
            Act::ChildOfCurrent => {
                let (current, span) = worker.run(|_| (current_span(), spanloom::span("child").start()));
                let expected = self.current[at].last().copied();
                assert_eq!(current.map(|span| span.span_id()), expected.map(|known| self.spans[known].id));
                if expected.is_some() {
                    self.begun(span, expected);
                }
            }
            Act::Leave(index) if !self.current[at].is_empty() => {
                let place = index.index(self.current[at].len());
                self.current[at].remove(place);
                worker.run(move |guards| drop(guards.remove(place)));
            }
            Act::Leave(_) => {}
            Act::Child(index)
            | Act::Clone(index)
            | Act::Drop(index)
            | Act::Enter(index)
            | Act::End(index)
            | Act::Say(index) => {
                if let Some(chosen) = self.chosen(index) {
                    self.perform_on(chosen, worker, at, act);
                }
            }
        }
    }

    fn perform_on(&mut self, (place, known, span): (usize, usize, Span), worker: &Worker, at: usize, act: &Act) {
        match act {
            Act::Child(_) => {
                let child = worker.run(move |_| span.child("child").start());
                self.begun(child, Some(known));
            }
            Act::Clone(_) => {
                let clone = worker.run(move |_| span.clone());
                self.handles.push((known, clone));
            }
            Act::Drop(_) => {
                let (_, handle) = self.handles.swap_remove(place);
                worker.run(move |_| drop((handle, span)));
            }
            Act::Enter(_) => {
                self.current[at].push(known);
                worker.run(move |guards| guards.push(span.enter()));
            }
            Act::End(_) => {
                self.spans[known].ended = true;
                worker.run(move |_| span.end());
            }
            _ => {
                let key = format!("k{}", self.spans[known].said.len());
                if !self.spans[known].ended {
                    self.spans[known].said.push(key.clone());
                    worker.run(move |_| span.set_attribute(key, 1));
                }
            }
        }
    }
}

/// One root, every parent there and before its children, every span ended.
fn assert_valid(trace: &Trace) {
    let spans = &trace.data.spans;
    assert_eq!(spans.iter().filter(|span| span.parent_id.is_none()).count(), 1, "{spans:?}");
    for (place, span) in spans.iter().enumerate() {
        let is_known = |id| spans[..place].iter().any(|earlier| earlier.span_id == id);
        assert!(span.parent_id.is_none_or(is_known), "the parent of {span:?} does not come before it");
        assert!(span.end_time_unix_nano.is_some_and(|end| end >= span.start_time_unix_nano), "{span:?}");
        assert_eq!(span.status, SpanStatus::Ok);
    }
}

/// Every span of the program is in its trace, under its parent, with what was said about it before it ended.
fn assert_recorded(universe: &Universe, spans: &[Known]) {
    let counts = universe.settled();
    assert_eq!((counts.spans.started, counts.spans.stored), (spans.len() as u64, spans.len() as u64), "{counts:?}");
    assert_eq!(counts.spans.dropped_total() + counts.traces.dropped_total(), 0, "{counts:?}");
    let mut traces: HashMap<TraceId, Trace> = HashMap::new();
    for known in spans {
        let trace = traces.entry(known.trace).or_insert_with(|| universe.trace(known.trace));
        let stored = trace.data.spans.iter().find(|span| span.span_id == known.id).expect("it is in its trace");
        assert_eq!(stored.parent_id, known.parent);
        let missing = known.said.iter().find(|key| stored.attribute(key).is_none());
        assert_eq!(missing, None, "of {stored:?}");
    }
    traces.values().for_each(assert_valid);
    assert_eq!(traces.values().map(|trace| trace.data.spans.len()).sum::<usize>(), spans.len());
}

proptest! {
    #![proptest_config(config())]

    /// Call after call, each on one of three threads.
    #[test]
    fn in_any_order_of_calls_on_any_threads(acts in prop::collection::vec((0..3_usize, act()), 1..60)) {
        let universe = patient();
        let mut model = Model::default();
        thread::scope(|scope| {
            let workers = [(); 3].map(|()| Worker::start(scope));
            for (at, act) in &acts {
                model.perform(&universe, &workers[*at], *at, act);
            }
            model.handles.clear();
        });
        assert_recorded(&universe, &model.spans);
    }

    /// Three threads at once, over the same handles.
    #[test]
    fn in_any_order_of_threads(threads in prop::collection::vec(prop::collection::vec(act(), 1..30), 3)) {
        let universe = patient();
        let root = universe.root_span("root").start();
        let known = Known { id: root.span_id(), parent: None, trace: root.trace_id(), said: Vec::new(), ended: false };
        let (handles, spans) = (Mutex::new(vec![root]), Mutex::new(vec![known]));
        thread::scope(|scope| {
            for acts in &threads {
                scope.spawn(|| at_once(acts, &handles, &spans));
            }
        });
        drop(handles);
        assert_recorded(&universe, &spans.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Does what applies to handles that others change meanwhile.
fn at_once(acts: &[Act], handles: &Mutex<Vec<Span>>, spans: &Mutex<Vec<Known>>) {
    let lock = || handles.lock().unwrap_or_else(PoisonError::into_inner);
    let chosen = |index: &Index| {
        let handles = lock();
        (!handles.is_empty()).then(|| handles[index.index(handles.len())].clone())
    };
    let begun = |child: Span, parent: &Span| {
        let (id, parent, trace) = (child.span_id(), Some(parent.span_id()), child.trace_id());
        let known = Known { id, parent, trace, said: Vec::new(), ended: false };
        spans.lock().unwrap_or_else(PoisonError::into_inner).push(known);
        lock().push(child);
    };
    for act in acts {
        match act {
            Act::Child(index) => chosen(index).iter().for_each(|span| begun(span.child("child").start(), span)),
            Act::Clone(index) => chosen(index).into_iter().for_each(|span| lock().push(span)),
            Act::Drop(index) => {
                let mut handles = lock();
                // The last one stays, so that there is something to go on with.
                let dropped = (handles.len() > 1).then(|| index.index(handles.len())).map(|at| handles.swap_remove(at));
                drop(handles);
                drop(dropped);
            }
            Act::Enter(index) | Act::Leave(index) => {
                let Some(span) = chosen(index) else { continue };
                let _entered = span.enter();
                begun(spanloom::span("child").start(), &span);
            }
            Act::End(index) => chosen(index).iter().for_each(Span::end),
            Act::Say(index) => chosen(index).iter().for_each(|span| span.set_attribute("k", 1)),
            Act::Root | Act::ChildOfCurrent => thread::yield_now(),
        }
    }
}
