//! Every interleaving of a writer and a reader, as far as loom goes.

use super::ring;
use crate::raw_id::RawId;
use crate::record::{Field, Record, Text, Time, Value};

fn no_wake() {}

#[test]
fn loom_records_pass_in_order_and_whole() {
    loom::model(|| {
        let (mut writer, mut reader) = ring(16, no_wake);
        let writing = loom::thread::spawn(move || {
            let mut written = 0;
            for n in 0..4 {
                if writer.push(Record::Release { span: RawId(n), ticks: !n }).is_err() {
                    break;
                }
                written += 1;
            }
            written
        });
        let mut read = 0;
        for _ in 0..2 {
            reader.drain(u64::MAX, |record| check(&record, &mut read));
        }
        let written = writing.join().expect("the writer does not panic");
        reader.drain(u64::MAX, |record| check(&record, &mut read));
        assert_eq!(read, written);
    });
}

fn check(record: &Record<'_>, read: &mut u64) {
    let Record::Release { span, ticks } = record else { unreachable!("only releases were written") };
    assert_eq!((span.0, *ticks), (*read, !*read));
    *read += 1;
}

/// A ring that wraps: space that the reader gave back is written again while it reads on.
#[test]
fn loom_wrapping_overwrites_only_what_was_read() {
    loom::model(|| {
        let (mut writer, mut reader) = ring(16, no_wake);
        for n in 0..3 {
            assert!(writer.push(Record::Release { span: RawId(n), ticks: !n }).is_ok());
        }
        let reading = loom::thread::spawn(move || {
            let mut read = 0;
            reader.drain(u64::MAX, |record| check(&record, &mut read));
            (reader, read)
        });
        let mut written = 3;
        for n in 3..6 {
            if writer.push(Record::Release { span: RawId(n), ticks: !n }).is_err() {
                break;
            }
            written += 1;
        }
        let (mut reader, mut read) = reading.join().expect("the reader does not panic");
        reader.drain(u64::MAX, |record| check(&record, &mut read));
        assert_eq!(read, written);
    });
}

/// The nap of the registry: either its last look at the ring sees the root, or the root's writer sees that it naps.
#[test]
fn loom_a_root_is_seen_or_wakes() {
    use loom::sync::Arc;
    use loom::sync::atomic::{AtomicBool, Ordering};
    loom::model(|| {
        let (mut writer, reader) = ring(16, no_wake);
        let asleep = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&asleep);
        let writing = loom::thread::spawn(move || {
            let root = Record::Root { name: Text::Copied(""), tenant: 1, trace_id: [1, 1], ticks: 1 };
            assert!(writer.push_before_load(root).is_ok());
            flag.load(Ordering::SeqCst)
        });
        asleep.store(true, Ordering::SeqCst);
        loom::sync::atomic::fence(Ordering::SeqCst);
        let seen = !reader.is_empty();
        let wakes = writing.join().expect("the writer does not panic");
        assert!(seen || wakes);
    });
}

#[test]
fn loom_copied_texts_are_whole() {
    loom::model(|| {
        let (mut writer, mut reader) = ring(16, no_wake);
        let writing = loom::thread::spawn(move || {
            let record = Record::Data {
                span: RawId(1),
                field: Field::Attribute,
                key: Text::Copied("a key"),
                value: Value::Str(Text::Copied("eleven chars")),
                time: Time::Ticks(9),
            };
            assert!(writer.push(record).is_ok());
        });
        let mut read = 0;
        let mut check = |record: Record<'_>| {
            let Record::Data { key, value: Value::Str(text), .. } = record else {
                unreachable!("one text was written")
            };
            assert_eq!((key.as_str(), text.as_str()), ("a key", "eleven chars"));
            read += 1;
        };
        reader.drain(u64::MAX, &mut check);
        writing.join().expect("the writer does not panic");
        reader.drain(u64::MAX, &mut check);
        assert_eq!(read, 1);
    });
}
