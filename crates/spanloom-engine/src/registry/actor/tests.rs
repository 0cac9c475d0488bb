//! What leaves the registry, with records given by hand and no actor.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use crossbeam_channel::{Receiver, bounded};
use dashmap::DashMap;
use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Record, Text};
use spanloom_core::{DropReason, Limits};

use super::*;
use crate::clock::TickClock;
use crate::ledger::Ledger;
use crate::names::Names;
use crate::registry::log::LogPool;
use crate::registry::tenant_link::LiveIndex;

/// A number that no engine of a test gets: they take the lowest.
const TENANT: u8 = 120;
const ROOT: RawId = RawId::new(TENANT, 1, 0);

/// A registry with one engine, of which the test has the other ends.
struct Bench {
    core: Core,
    live: LiveIndex,
    ledger: Arc<Ledger>,
    written: Receiver<WriterMessage>,
}

impl Bench {
    fn new() -> Self {
        let registry = Registry::new(Names::default(), LogPool::new(), TickClock::start(), Instant::now());
        let mut core = Core::new(registry);
        let (live, ledger): (LiveIndex, _) = (Arc::new(DashMap::new()), Arc::new(Ledger::new(TENANT)));
        let (link, written) = link(&live, &ledger, 100);
        core.enrol(link);
        Self { core, live, ledger, written }
    }

    fn begin_root(&mut self) {
        let name = Text::Static("root");
        self.core.registry.hear(1, ROOT, Record::Root { name, tenant: TENANT, trace_id: [1, 2], ticks: 1_000 });
    }

    /// The root's last handle goes, and its trace is complete.
    fn end_root(&mut self) {
        self.core.registry.hear(1, RawId::NONE, Record::Release { span: ROOT, ticks: 2_000 });
        (0..2).for_each(|_| self.core.registry.end_round(Instant::now(), 3_000));
        self.core.perform();
    }

    /// What the writer was told since the last call.
    fn told(&self) -> Vec<String> {
        self.written.try_iter().map(|message| format!("{message:?}")).collect()
    }
}

fn link(live: &LiveIndex, ledger: &Arc<Ledger>, room: usize) -> (TenantLink, Receiver<WriterMessage>) {
    let (sender, receiver) = bounded(room);
    let in_flight = Arc::new(AtomicUsize::new(0));
    let link = TenantLink::new(TENANT, Limits::default(), sender, Arc::clone(live), Arc::clone(ledger), in_flight);
    (link, receiver)
}

#[test]
fn a_trace_that_is_dropped_while_it_runs_leaves_the_index_and_its_journal_goes() {
    let mut bench = Bench::new();
    bench.begin_root();
    bench.core.keep_up(true);
    assert_eq!((bench.live.len(), bench.told()), (1, vec!["Journal".to_owned()]));
    bench.core.registry.hear_loss(ROOT);
    bench.core.perform();
    assert_eq!((bench.live.len(), bench.told()), (0, vec!["Abandon".to_owned()]));
}

#[test]
fn a_trace_that_is_dropped_before_its_first_journal_leaves_the_index_too() {
    let mut bench = Bench::new();
    bench.begin_root();
    bench.core.publish();
    assert_eq!(bench.live.len(), 1);
    bench.core.registry.hear_loss(ROOT);
    bench.core.perform();
    assert_eq!((bench.live.len(), bench.told().len()), (0, 0), "there is no journal to be taken back");
}

#[test]
fn a_trace_that_no_writer_takes_is_counted_as_refused_by_the_store() {
    let mut bench = Bench::new();
    bench.begin_root();
    drop(std::mem::replace(&mut bench.written, bounded(0).1));
    bench.end_root();
    bench.core.keep_up(true);
    let counts = bench.ledger.conservation();
    assert!(counts.spans.balanced() && counts.traces.balanced(), "{counts:?}");
    let refused = [(DropReason::StoreError, 1)].into();
    assert_eq!((&counts.spans.dropped, &counts.traces.dropped), (&refused, &refused));
}

#[test]
fn an_engine_that_comes_under_a_number_replaces_what_was_left_under_it() {
    let mut bench = Bench::new();
    let (next, written) = link(&bench.live, &bench.ledger, 100);
    bench.core.enrol(next);
    bench.begin_root();
    bench.end_root();
    assert_eq!(bench.told().len(), 0, "the engine of before has nothing to do with it");
    assert_eq!(written.try_iter().map(|message| format!("{message:?}")).collect::<Vec<_>>(), ["Complete"]);
}

#[test]
fn what_the_writer_has_no_room_for_waits_in_its_order() {
    let mut bench = Bench::new();
    let (narrow, written) = link(&bench.live, &bench.ledger, 1);
    bench.core.enrol(narrow);
    bench.begin_root();
    bench.core.keep_up(true);
    bench.end_root();
    assert!(bench.core.has_work(), "something is to be moved on");
    let mut told = Vec::new();
    while let Ok(message) = written.try_recv() {
        told.push(format!("{message:?}"));
        bench.core.keep_up(false);
    }
    assert_eq!(told, ["Journal", "Complete"]);
    assert!(!bench.core.has_work());
}

#[test]
fn a_root_of_an_engine_that_is_gone_is_counted_as_refused() {
    const GONE: u8 = TENANT + 1;
    let mut bench = Bench::new();
    let name = Text::Static("root");
    let record = Record::Root { name, tenant: GONE, trace_id: [1, 2], ticks: 1_000 };
    bench.core.registry.hear(1, RawId::new(0, 1, 0), record);
    let before = Tenant::get(GONE).shed().after_shutdown;
    bench.core.perform();
    assert_eq!(Tenant::get(GONE).shed().after_shutdown, before + 1);
    assert!(!bench.core.has_work());
}

#[track_caller]
fn check_nap(words: u64, has_work: bool, has_remnants: bool, expected: Option<Duration>) {
    assert_eq!(choose_nap(words, || has_work, || has_remnants, NAPS.0), expected);
}

#[test]
fn only_what_is_open_is_looked_after_at_short_intervals() {
    check_nap(0, false, false, None);
    check_nap(0, false, true, Some(REMNANT_NAP));
    check_nap(0, true, true, Some(NAPS.0));
    check_nap(1, false, false, Some(NAPS.0));
    check_nap(BUSY_WORDS + 1, true, false, Some(Duration::ZERO));
    assert!(REMNANT_NAP >= 4 * NAPS.1, "handles that are kept cost four looks a second");
}
