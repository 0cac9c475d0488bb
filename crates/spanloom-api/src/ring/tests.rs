//! What the ring promises, for whichever ring is built.
#![cfg(not(loom))]

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::local::{LocalSlot, Reclaim};
use super::ring;
use crate::raw_id::RawId;
use crate::record::{Deferred, Field, Payload, Record, Text, Time, Value};

fn no_wake() {}

/// A record that owns what it says, so that what goes in can be compared with what comes out.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Root(String, u8, [u64; 2], u64),
    Start(String, u64, u64, u64),
    End(u64, u64, bool),
    Retain(u64),
    Release(u64, u64),
    Data(u64, u8, String, SaidValue, SaidTime),
}

#[derive(Clone, Debug, PartialEq)]
enum SaidValue {
    None,
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(u64),
    Str(String),
    Static(&'static str),
    Json(String),
    Owned(String),
}

#[derive(Clone, Debug, PartialEq)]
enum SaidTime {
    None,
    Ticks(u64),
    Unix(u64),
}

impl Said {
    fn lend<R>(&self, f: impl FnOnce(Record<'_>) -> R) -> R {
        f(match self {
            Self::Root(name, tenant, trace_id, ticks) => {
                Record::Root { name: Text::Copied(name), tenant: *tenant, trace_id: *trace_id, ticks: *ticks }
            }
            Self::Start(name, root, parent, ticks) => {
                Record::Start { name: Text::Copied(name), root: RawId(*root), parent: RawId(*parent), ticks: *ticks }
            }
            Self::End(span, ticks, release) => Record::End { span: RawId(*span), ticks: *ticks, release: *release },
            Self::Retain(span) => Record::Retain { span: RawId(*span) },
            Self::Release(span, ticks) => Record::Release { span: RawId(*span), ticks: *ticks },
            Self::Data(span, field, key, value, time) => Record::Data {
                span: RawId(*span),
                field: Field::from_u8(*field).expect("generated from the range"),
                key: Text::Copied(key),
                value: value.lend(),
                time: match time {
                    SaidTime::None => Time::None,
                    SaidTime::Ticks(ticks) => Time::Ticks(*ticks),
                    SaidTime::Unix(nanos) => Time::UnixNanos(*nanos),
                },
            },
        })
    }

    fn of(record: &Record<'_>) -> Self {
        match record {
            Record::Root { name, tenant, trace_id, ticks } => {
                Self::Root(name.as_str().into(), *tenant, *trace_id, *ticks)
            }
            Record::Start { name, root, parent, ticks } => Self::Start(name.as_str().into(), root.0, parent.0, *ticks),
            Record::End { span, ticks, release } => Self::End(span.0, *ticks, *release),
            Record::Retain { span } => Self::Retain(span.0),
            Record::Release { span, ticks } => Self::Release(span.0, *ticks),
            Record::Data { span, field, key, value, time } => {
                let time = match time {
                    Time::None => SaidTime::None,
                    Time::Ticks(ticks) => SaidTime::Ticks(*ticks),
                    Time::UnixNanos(nanos) => SaidTime::Unix(*nanos),
                };
                Self::Data(span.0, *field as u8, key.as_str().into(), SaidValue::of(value), time)
            }
        }
    }
}

impl SaidValue {
    fn lend(&self) -> Value<'_> {
        match self {
            Self::None => Value::None,
            Self::Bool(v) => Value::Bool(*v),
            Self::I64(v) => Value::I64(*v),
            Self::U64(v) => Value::U64(*v),
            Self::F64(bits) => Value::F64(f64::from_bits(*bits)),
            Self::Str(text) => Value::Str(Text::Copied(text)),
            Self::Static(text) => Value::Str(Text::Static(text)),
            Self::Json(json) => Value::Json(json),
            Self::Owned(text) => Value::Owned(Box::new(Payload::Str(text.clone()))),
        }
    }

    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::None => Self::None,
            Value::Bool(v) => Self::Bool(*v),
            Value::I64(v) => Self::I64(*v),
            Value::U64(v) => Self::U64(*v),
            Value::F64(v) => Self::F64(v.to_bits()),
            Value::Str(Text::Static(text)) => Self::Static(text),
            Value::Str(Text::Copied(text)) => Self::Str((*text).into()),
            Value::Json(json) => Self::Json((*json).into()),
            Value::Owned(payload) => match &**payload {
                Payload::Str(text) | Payload::Json(text) => Self::Owned(text.clone()),
                Payload::Deferred(deferred) => Self::Owned(deferred.json().into()),
            },
        }
    }
}

fn value() -> impl Strategy<Value = SaidValue> {
    prop_oneof![
        Just(SaidValue::None),
        any::<bool>().prop_map(SaidValue::Bool),
        any::<i64>().prop_map(SaidValue::I64),
        any::<u64>().prop_map(SaidValue::U64),
        any::<u64>().prop_map(SaidValue::F64),
        ".{0,40}".prop_map(SaidValue::Str),
        Just(SaidValue::Static("part of the program")),
        ".{0,40}".prop_map(SaidValue::Json),
        ".{0,200}".prop_map(SaidValue::Owned),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let time = prop_oneof![
        Just(SaidTime::None),
        any::<u64>().prop_map(SaidTime::Ticks),
        any::<u64>().prop_map(SaidTime::Unix)
    ];
    prop_oneof![
        (".{0,20}", 0..128u8, any::<[u64; 2]>(), any::<u64>()).prop_map(|(n, t, id, at)| Said::Root(n, t, id, at)),
        (".{0,20}", any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(n, r, p, at)| Said::Start(n, r, p, at)),
        (any::<u64>(), any::<u64>(), any::<bool>()).prop_map(|(s, at, release)| Said::End(s, at, release)),
        any::<u64>().prop_map(Said::Retain),
        (any::<u64>(), any::<u64>()).prop_map(|(s, at)| Said::Release(s, at)),
        (any::<u64>(), 0..14u8, ".{0,20}", value(), time).prop_map(|(s, f, k, v, t)| Said::Data(s, f, k, v, t)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 256 }, ..ProptestConfig::default() })]

    /// Whatever is written comes out, in order and equal, however often the ring wraps and however it is read; what
    /// finds no room is given back unharmed.
    #[test]
    fn records_come_out_as_they_went_in(
        records in prop::collection::vec(said(), 1..200),
        drains in prop::collection::vec(1..400u64, 1..20),
    ) {
        let (mut writer, mut reader) = ring(512, no_wake);
        let mut drains = drains.into_iter().cycle();
        let mut read = Vec::new();
        for record in &records {
            loop {
                let refused = record.lend(|lent| writer.push(lent).err().map(|back| Said::of(&back)));
                match refused {
                    None => break,
                    Some(back) => prop_assert_eq!(&back, record),
                }
                let budget = drains.next().expect("a cycle");
                reader.drain(budget, |record| read.push(Said::of(&record)));
            }
        }
        while !reader.is_empty() {
            reader.drain(64, |record| read.push(Said::of(&record)));
        }
        prop_assert_eq!(read, records);
    }
}

#[test]
fn a_taker_that_panics_loses_one_record_and_no_other() {
    let (mut writer, mut reader) = ring(256, no_wake);
    for n in 0..10 {
        writer.push(Record::Retain { span: RawId(n) }).expect("there is room");
    }
    let mut read = Vec::new();
    loop {
        let pass = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            reader.drain(u64::MAX, |record| {
                let Record::Retain { span } = record else { unreachable!("only retains were written") };
                assert!(span.0 != 4, "the fourth is poison");
                read.push(span.0);
            })
        }));
        if pass.is_ok() {
            break;
        }
    }
    assert_eq!(read, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
}

#[test]
fn what_unread_records_own_is_freed_with_the_ring() {
    static FREED: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            FREED.fetch_add(1, Ordering::Relaxed);
        }
    }
    let (mut writer, mut reader) = ring(256, no_wake);
    for _ in 0..5 {
        let counted = Counted;
        let deferred = Deferred::new(move || {
            let _kept = &counted;
            String::new()
        });
        let value = Value::Owned(Box::new(Payload::Deferred(deferred)));
        let record =
            Record::Data { span: RawId(1), field: Field::Attribute, key: Text::Static("k"), value, time: Time::None };
        writer.push(record).expect("there is room");
    }
    reader.drain(1, |_| {});
    let taken = FREED.load(Ordering::Relaxed);
    assert!(taken >= 1);
    drop((writer, reader));
    assert_eq!(FREED.load(Ordering::Relaxed), 5);
}

#[test]
fn a_writer_that_finds_the_ring_half_full_wakes_the_reader() {
    static WOKEN: AtomicUsize = AtomicUsize::new(0);
    let (mut writer, mut reader) = ring(512, || {
        WOKEN.fetch_add(1, Ordering::Relaxed);
    });
    let mut written = 0;
    while writer.push(Record::Retain { span: RawId(1) }).is_ok() {
        written += 1;
    }
    assert!(writer.pressed() && WOKEN.load(Ordering::Relaxed) > 0);
    let mut read = 0;
    while reader.drain(u64::MAX, |_| read += 1) > 0 {}
    assert_eq!(read, written);
    assert!(!writer.refresh());
}

#[test]
fn two_threads_pass_every_record_on_in_order() {
    let count: u64 = if cfg!(miri) { 300 } else { 200_000 };
    let (mut writer, mut reader) = ring(1_024, no_wake);
    let writing = std::thread::spawn(move || {
        for n in 0..count {
            let mut record = Record::Release { span: RawId(n), ticks: !n };
            while let Err(back) = writer.push(record) {
                record = back;
                std::thread::yield_now();
            }
        }
    });
    let mut next = 0;
    while next < count {
        let words = reader.drain(u64::MAX, |record| {
            let Record::Release { span, ticks } = record else { unreachable!("only releases were written") };
            assert_eq!((span.0, ticks), (next, !next));
            next += 1;
        });
        if words == 0 {
            std::thread::yield_now();
        }
    }
    writing.join().expect("the writer does not panic");
}

#[test]
fn a_value_is_lent_to_one_use_at_a_time_and_passed_on_when_its_thread_ends() {
    thread_local! {
        static SLOT: LocalSlot<String> = const { LocalSlot::new() };
    }
    static PASSED_ON: AtomicUsize = AtomicUsize::new(0);
    let of_a_thread = || {
        let end = || {
            Reclaim::new(|| SLOT.with(LocalSlot::take), |v: String| _ = PASSED_ON.fetch_add(v.len(), Ordering::Relaxed))
        };
        SLOT.with(|slot| {
            assert!(slot.lend(|_| ()).is_err(), "there is none yet");
            slot.fill("one".to_owned());
            let nested = slot.lend(|value| {
                value.push_str(" and more");
                slot.lend(|_| ()).is_err()
            });
            assert_eq!(nested.ok(), Some(true));
            assert_eq!(slot.lend(|value| value.len()).ok(), Some("one and more".len()));
        });
        drop(end());
        // There is none any more.
        drop(end());
    };
    std::thread::spawn(of_a_thread).join().expect("it does not panic");
    assert_eq!(PASSED_ON.load(Ordering::Relaxed), "one and more".len());
}
