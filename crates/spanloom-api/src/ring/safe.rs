//! The ring's interface over crossbeam's `ArrayQueue`, without unsafe code of ours.
//!
//! One allocation for each copied text, and two contended counters a record: for audits and unusual targets.

use crossbeam::queue::ArrayQueue;

use super::SEGMENTS;
use super::sync::Arc;
use crate::raw_id::RawId;
use crate::record::{Field, Payload, Record, Text, Time, Value};

/// A record that owns what it carries.
#[derive(Debug)]
enum Kept {
    Root { name: Kind, tenant: u8, trace_id: [u64; 2], ticks: u64 },
    Start { name: Kind, root: RawId, parent: RawId, ticks: u64 },
    End { span: RawId, ticks: u64, release: bool },
    Retain { span: RawId },
    Release { span: RawId, ticks: u64 },
    Data { span: RawId, field: Field, key: Kind, value: KeptValue, time: Time },
}

#[derive(Debug)]
enum Kind {
    Static(&'static str),
    Owned(Box<str>),
}

#[derive(Debug)]
enum KeptValue {
    None,
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Str(Kind),
    Json(Box<str>),
    Owned(Box<Payload>),
}

/// The writing end.
#[derive(Debug)]
pub struct Writer {
    queue: Arc<ArrayQueue<Kept>>,
    written: u64,
    pressed: bool,
    wake: fn(),
}

/// The reading end.
#[derive(Debug)]
pub struct Reader {
    queue: Arc<ArrayQueue<Kept>>,
    head: u64,
}

/// As the ring of words; five words make room for one record.
///
/// # Panics
/// When the capacity is no power of two, or below 16.
pub fn ring(capacity: usize, wake: fn()) -> (Writer, Reader) {
    assert!(capacity.is_power_of_two() && capacity >= 16, "a ring has a power of two of words, at least 16");
    let queue = Arc::new(ArrayQueue::new((capacity / 5).max(2)));
    (Writer { queue: Arc::clone(&queue), written: 0, pressed: false, wake }, Reader { queue, head: 0 })
}

impl Writer {
    /// Writes a record, or gives it back when there is no room. Never waits.
    pub fn push<'a>(&mut self, record: Record<'a>) -> Result<(), Record<'a>> {
        if self.queue.is_full() {
            self.press();
            return Err(record);
        }
        let segment = self.queue.capacity() as u64 / SEGMENTS;
        if self.written.is_multiple_of(segment.max(1)) && self.refresh() {
            self.press();
        }
        self.queue.push(keep(record)).expect("there is one writer, and it saw room");
        self.written += 1;
        Ok(())
    }

    /// As [`push`](Self::push): the queue's own operations order it before later loads.
    pub fn push_before_load<'a>(&mut self, record: Record<'a>) -> Result<(), Record<'a>> {
        let pushed = self.push(record);
        std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst);
        pushed
    }

    fn press(&mut self) {
        self.pressed = true;
        (self.wake)();
    }

    /// Whether more than half of the ring was unread when the writer last looked.
    pub fn pressed(&self) -> bool {
        self.pressed
    }

    /// Looks at the fill level now.
    pub fn refresh(&mut self) -> bool {
        self.pressed = self.queue.len() > self.queue.capacity() / 2;
        self.pressed
    }

    /// Bytes above which a value is better moved than copied into this ring.
    pub fn inline_limit(&self) -> usize {
        8 * 1024
    }

    /// The position after everything that was written.
    pub fn position(&self) -> u64 {
        self.written
    }
}

impl Reader {
    /// Whether there is something to read.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The position up to which everything was read.
    pub fn position(&self) -> u64 {
        self.head
    }

    /// Reads what was written before this call and gives each record to `take`. Returns about the words read.
    pub fn drain(&mut self, budget: u64, mut take: impl FnMut(Record<'_>)) -> u64 {
        let count = (self.queue.len() as u64).min((budget / 5).max(1));
        let mut read = 0;
        while read < count {
            let Some(kept) = self.queue.pop() else { break };
            read += 1;
            self.head += 1;
            lend(kept, &mut take);
        }
        read * 5
    }
}

fn keep(record: Record<'_>) -> Kept {
    match record {
        Record::Root { name, tenant, trace_id, ticks } => Kept::Root { name: keep_text(name), tenant, trace_id, ticks },
        Record::Start { name, root, parent, ticks } => Kept::Start { name: keep_text(name), root, parent, ticks },
        Record::End { span, ticks, release } => Kept::End { span, ticks, release },
        Record::Retain { span } => Kept::Retain { span },
        Record::Release { span, ticks } => Kept::Release { span, ticks },
        Record::Data { span, field, key, value, time } => {
            Kept::Data { span, field, key: keep_text(key), value: keep_value(value), time }
        }
    }
}

fn keep_text(text: Text<'_>) -> Kind {
    match text {
        Text::Static(text) => Kind::Static(text),
        Text::Copied(text) => Kind::Owned(text.into()),
    }
}

fn keep_value(value: Value<'_>) -> KeptValue {
    match value {
        Value::None => KeptValue::None,
        Value::Bool(value) => KeptValue::Bool(value),
        Value::I64(value) => KeptValue::I64(value),
        Value::U64(value) => KeptValue::U64(value),
        Value::F64(value) => KeptValue::F64(value),
        Value::Str(text) => KeptValue::Str(keep_text(text)),
        Value::Json(json) => KeptValue::Json(json.into()),
        Value::Owned(payload) => KeptValue::Owned(payload),
    }
}

impl Kind {
    fn lend(&self) -> Text<'_> {
        match self {
            Self::Static(text) => Text::Static(text),
            Self::Owned(text) => Text::Copied(text),
        }
    }
}

fn lend(kept: Kept, take: &mut impl FnMut(Record<'_>)) {
    match kept {
        Kept::Root { name, tenant, trace_id, ticks } => {
            take(Record::Root { name: name.lend(), tenant, trace_id, ticks })
        }
        Kept::Start { name, root, parent, ticks } => take(Record::Start { name: name.lend(), root, parent, ticks }),
        Kept::End { span, ticks, release } => take(Record::End { span, ticks, release }),
        Kept::Retain { span } => take(Record::Retain { span }),
        Kept::Release { span, ticks } => take(Record::Release { span, ticks }),
        Kept::Data { span, field, key, value, time } => {
            let (text, json);
            let value = match value {
                KeptValue::None => Value::None,
                KeptValue::Bool(value) => Value::Bool(value),
                KeptValue::I64(value) => Value::I64(value),
                KeptValue::U64(value) => Value::U64(value),
                KeptValue::F64(value) => Value::F64(value),
                KeptValue::Str(kept) => {
                    text = kept;
                    Value::Str(text.lend())
                }
                KeptValue::Json(kept) => {
                    json = kept;
                    Value::Json(&json)
                }
                KeptValue::Owned(payload) => Value::Owned(payload),
            };
            take(Record::Data { span, field, key: key.lend(), value, time });
        }
    }
}
