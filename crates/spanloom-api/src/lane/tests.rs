//! What a lane promises, without an engine: the test is the registry.

use std::time::Duration;

use super::*;
use crate::builder::SpanBuilder;
use crate::tenant::{Gate, Overflow};

/// The process has one set of lanes and one registry: these tests run one after another.
static ALONE: Mutex<()> = Mutex::new(());

/// A registry that reads nothing by itself, and one engine.
struct Bench {
    tenant: u8,
    _alone: MutexGuard<'static, ()>,
}

impl Bench {
    fn new(overflow: Overflow) -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        plane::connect(|| ());
        read_all();
        Self { tenant: Tenant::open(overflow, 1.0).expect("a number is free"), _alone: alone }
    }

    fn gate(&self, gate: Gate) {
        Tenant::get(self.tenant).set_gate(gate);
    }

    /// Whether a root that begins now records.
    fn begins(&self) -> bool {
        SpanBuilder::root_of(Some(self.tenant), "root".into()).start().is_recording()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        Tenant::close(self.tenant);
        Tenant::free(self.tenant);
        plane::disconnect();
        read_all();
    }
}

/// Reads all rings, as a round does.
fn read_all() {
    for lane in plane::lanes() {
        lane.inbox().reader.drain(u64::MAX, |_| ());
        let position = lane.inbox().reader.position();
        lane.take_side(position);
    }
}

/// A lane with one of the smallest rings, which the process does not know.
fn small() -> (Arc<Lane>, Owner) {
    open(crate::raw_id::MAX_LANES - 2, usize::MAX)
}

#[test]
fn a_closed_gate_lets_a_root_pass_after_the_deadline_and_a_barred_one_does_not() {
    let bench = Bench::new(Overflow::Block { deadline: Duration::from_millis(2) });
    bench.gate(Gate::Closed);
    assert!(bench.begins());
    bench.gate(Gate::Barred);
    let before = Tenant::get(bench.tenant).shed();
    assert!(!bench.begins());
    assert_eq!(Tenant::get(bench.tenant).shed().traces, before.traces + 1);
    bench.gate(Gate::Open);
    assert!(bench.begins());
}

#[test]
fn a_gate_that_opens_while_a_root_waits_lets_it_pass() {
    let bench = Bench::new(Overflow::Block { deadline: Duration::from_secs(60) });
    bench.gate(Gate::Barred);
    let tenant = bench.tenant;
    // Who waits wakes the registry, again and again.
    plane::connect(move || Tenant::get(tenant).set_gate(Gate::Open));
    assert!(bench.begins());
}

/// A root waits for room while its engine is shut down, and `also` happens.
fn wait_through_the_end(bench: &Bench, also: impl Fn() + Send + Sync + 'static) -> bool {
    bench.gate(Gate::Barred);
    let tenant = bench.tenant;
    plane::connect(move || {
        Tenant::close(tenant);
        Tenant::get(tenant).set_gate(Gate::Open);
        also();
    });
    bench.begins()
}

#[test]
fn a_root_that_waits_through_the_end_of_its_engine_is_left_to_the_registry_and_does_not_record() {
    let bench = Bench::new(Overflow::Block { deadline: Duration::from_secs(60) });
    assert!(!wait_through_the_end(&bench, || ()));
    let mut roots = 0;
    for lane in plane::lanes() {
        lane.inbox().reader.drain(u64::MAX, |record| roots += u64::from(matches!(record, Record::Root { .. })));
    }
    assert_eq!((roots, Tenant::get(bench.tenant).shed().after_shutdown), (1, 0));
}

#[test]
fn a_root_that_waits_through_the_end_of_the_last_engine_is_counted_where_it_was_written() {
    let bench = Bench::new(Overflow::Block { deadline: Duration::from_secs(60) });
    assert!(!wait_through_the_end(&bench, plane::disconnect));
    assert_eq!(Tenant::get(bench.tenant).shed().after_shutdown, 1);
    assert!(plane::lanes().iter().all(|lane| lane.inbox().reader.is_empty()), "the next registry finds nothing of it");
    assert!(!bench.begins());
    assert_eq!(Tenant::get(bench.tenant).shed().after_shutdown, 2);
}

#[test]
fn a_number_that_is_free_again_is_not_the_next_to_be_taken() {
    let bench = Bench::new(Overflow::DropTrace);
    let next = || {
        let number = Tenant::open(Overflow::DropTrace, 1.0).expect("a number is free");
        Tenant::close(number);
        Tenant::free(number);
        number
    };
    let numbers: std::collections::BTreeSet<u8> = (0..126).map(|_| next()).collect();
    assert_eq!(numbers.len(), 126, "every other comes first");
    assert!(!numbers.contains(&bench.tenant) && !numbers.contains(&0));
}

#[test]
fn who_never_waits_is_refused_by_a_closed_gate() {
    let bench = Bench::new(Overflow::DropTrace);
    bench.gate(Gate::Closed);
    assert!(!bench.begins());
}

#[test]
fn a_copied_name_or_key_is_cut_to_what_is_copied_into_a_ring() {
    let bench = Bench::new(Overflow::DropTrace);
    let (lane, mut owner) = small();
    let limit = owner.inline_limit();
    // Two bytes a character, after one of one byte: the limit is in the middle of one.
    let long = format!("x{}", "ä".repeat(20_000));
    let root = owner.root(bench.tenant, Text::Copied(&long), [1, 2]);
    assert_ne!(root, RawId::NONE, "a long name finds room");
    assert_ne!(owner.start(Text::Copied(&long), root, root), RawId::NONE);
    owner.data(root, root, Field::Attribute, Text::Copied(&long), Value::Bool(true), Time::None);
    owner.start(Text::Copied("short"), root, root);
    let mut texts = Vec::new();
    lane.inbox().reader.drain(u64::MAX, |record| match record {
        Record::Root { name: text, .. } | Record::Start { name: text, .. } | Record::Data { key: text, .. } => {
            texts.push(text.as_str().to_owned());
        }
        _ => {}
    });
    assert_eq!(texts.len(), 4);
    assert!(texts[..3].iter().all(|text| (limit - 1..=limit).contains(&text.len()) && long.starts_with(text)));
    assert_eq!(texts[3], "short");
    assert!(lane.take_side(u64::MAX).is_none(), "no message was lost");
}

#[test]
fn a_new_thread_takes_over_a_ring_only_when_it_has_room() {
    let bench = Bench::new(Overflow::DropTrace);
    let full = std::thread::scope(|scope| {
        // An explicit join, unlike the end of a scope, waits until the thread has passed on its lane.
        let filling = scope.spawn(|| {
            while bench.begins() {}
            with(|owner| owner.lane.number()).expect("it has a lane")
        });
        filling.join().expect("it does not panic")
    });
    let next = || {
        std::thread::scope(|scope| {
            let next = scope.spawn(|| (bench.begins(), with(|owner| owner.lane.number()).expect("it has a lane")));
            next.join().expect("it does not panic")
        })
    };
    let (began, number) = next();
    assert!(began, "the first root of a new thread is not refused for what another thread wrote");
    assert_ne!(number, full);
    // Read by the registry, it is as good as new.
    read_all();
    POOL.lock().unwrap_or_else(PoisonError::into_inner).retain(|owner| owner.lane.number() == full);
    assert_eq!(next(), (true, full));
}
