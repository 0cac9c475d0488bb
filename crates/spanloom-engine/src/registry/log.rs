//! What was said about one live trace, in the order in which the registry heard it.
//!
//! A compact copy of the records: literals by number, other texts inline, moved values beside. The journal takes the
//! part that is new, completion takes the whole; neither looks inside on the registry's thread.

use std::sync::Arc;

use crossbeam::queue::ArrayQueue;
use spanloom_api::raw_id::RawId;
use spanloom_api::record::{Field, Payload, Text, Time, Value};

use crate::names::Interner;

/// The log of one trace.
#[derive(Debug, Default)]
pub(crate) struct TraceLog {
    bytes: Vec<u8>,
    owned: Vec<Arc<Payload>>,
    /// Bytes of the moved values.
    owned_bytes: usize,
}

/// Logs that were written and whose memory is to be used again. Fresh memory costs half a nanosecond a byte.
#[derive(Clone, Debug)]
pub(crate) struct LogPool(Arc<ArrayQueue<TraceLog>>);

impl LogPool {
    const LOGS: usize = 512;
    const LOG_BYTES: usize = 64 * 1024;

    pub(crate) fn new() -> Self {
        Self(Arc::new(ArrayQueue::new(Self::LOGS)))
    }

    pub(crate) fn pop(&self) -> Option<TraceLog> {
        self.0.pop()
    }

    /// Takes a log that was written, unless it is large or there are enough.
    pub(crate) fn give_back(&self, mut log: TraceLog) {
        if log.bytes.capacity() <= Self::LOG_BYTES {
            log.clear();
            // A full pool lets it go.
            let _ = self.0.push(log);
        }
    }
}

/// A part of a log, for the journal.
#[derive(Debug, Default)]
pub(crate) struct LogPart {
    bytes: Vec<u8>,
    owned: Vec<Arc<Payload>>,
}

/// One entry of a log.
#[derive(Debug)]
pub(crate) enum Op<'a> {
    Start {
        span: RawId,
        parent: RawId,
        ticks: u64,
        name: LogText<'a>,
    },
    /// `for_good`: by an end, not with the last handle.
    End {
        span: RawId,
        lane: u32,
        ticks: u64,
        for_good: bool,
    },
    Reopen {
        span: RawId,
    },
    Data {
        span: RawId,
        lane: u32,
        field: Field,
        key: LogText<'a>,
        value: LogValue<'a>,
        time: Time,
    },
}

/// A text in a log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LogText<'a> {
    Number(u32),
    Inline(&'a str),
}

/// A value in a log.
#[derive(Debug)]
pub(crate) enum LogValue<'a> {
    None,
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Str(LogText<'a>),
    Json(&'a str),
    Owned(&'a Payload),
}

const START: u8 = 0;
const END: u8 = 1;
const REOPEN: u8 = 2;
const DATA: u8 = 3;
const LAST_HANDLE: u8 = 4;

const TEXT_NUMBER: u32 = 1 << 31;

impl TraceLog {
    /// Bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.owned_bytes
    }

    /// Where it ends now.
    pub(crate) fn position(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Empty again, with the memory kept for another trace.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.owned.clear();
        self.owned_bytes = 0;
    }

    #[inline]
    pub(crate) fn start(&mut self, names: &mut Interner, span: RawId, parent: RawId, ticks: u64, name: Text<'_>) {
        self.bytes.push(START);
        self.word(span.0);
        self.word(parent.0);
        self.word(ticks);
        self.text(names, name);
    }

    #[inline]
    pub(crate) fn end(&mut self, span: RawId, lane: u32, ticks: u64, for_good: bool) {
        self.bytes.push(if for_good { END } else { LAST_HANDLE });
        self.word(span.0);
        self.half(lane);
        self.word(ticks);
    }

    /// The end that was logged last was premature: handles of the span turned up.
    pub(crate) fn reopen(&mut self, span: RawId) {
        self.bytes.push(REOPEN);
        self.word(span.0);
    }

    #[inline]
    #[expect(clippy::too_many_arguments, reason = "the fields of a data record")]
    pub(crate) fn data(
        &mut self,
        names: &mut Interner,
        span: RawId,
        lane: u32,
        field: Field,
        key: Text<'_>,
        value: Value<'_>,
        time: Time,
    ) {
        self.bytes.push(DATA);
        self.word(span.0);
        self.half(lane);
        self.bytes.push(field as u8);
        self.text(names, key);
        match time {
            Time::None => self.bytes.push(0),
            Time::Ticks(ticks) => self.tagged(1, ticks),
            Time::UnixNanos(nanos) => self.tagged(2, nanos),
        }
        match value {
            Value::None => self.bytes.push(0),
            Value::Bool(value) => self.bytes.extend_from_slice(&[1, u8::from(value)]),
            Value::I64(value) => self.tagged(2, value.cast_unsigned()),
            Value::U64(value) => self.tagged(3, value),
            Value::F64(value) => self.tagged(4, value.to_bits()),
            Value::Str(text) => {
                self.bytes.push(5);
                self.text(names, text);
            }
            Value::Json(json) => {
                self.bytes.push(6);
                self.inline(json);
            }
            Value::Owned(payload) => self.owned(payload),
        }
    }

    fn owned(&mut self, payload: Box<Payload>) {
        self.tagged(7, self.owned.len() as u64);
        self.owned_bytes += payload.len();
        self.owned.push(Arc::from(payload));
    }

    /// Adds the entries of another log.
    pub(crate) fn append(&mut self, mut other: Self) {
        if other.owned.is_empty() {
            self.bytes.extend_from_slice(&other.bytes);
            return;
        }
        // A deferred entry holds at most one moved value, and its index is the last word.
        let at = other.bytes.len() - 8;
        other.bytes[at..].copy_from_slice(&(self.owned.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(&other.bytes);
        self.owned.append(&mut other.owned);
        self.owned_bytes += other.owned_bytes;
    }

    /// A copy of what was added since `from`; moved values are shared.
    pub(crate) fn part(&self, from: usize) -> LogPart {
        LogPart { bytes: self.bytes[from..].to_vec(), owned: self.owned.clone() }
    }

    /// The entries, in order.
    pub(crate) fn ops(&self) -> Ops<'_> {
        Ops { bytes: &self.bytes, owned: &self.owned }
    }

    #[inline(always)]
    fn word(&mut self, word: u64) {
        self.bytes.extend_from_slice(&word.to_le_bytes());
    }

    #[inline(always)]
    fn half(&mut self, half: u32) {
        self.bytes.extend_from_slice(&half.to_le_bytes());
    }

    #[inline(always)]
    fn tagged(&mut self, tag: u8, word: u64) {
        self.bytes.push(tag);
        self.word(word);
    }

    #[inline(always)]
    fn text(&mut self, names: &mut Interner, text: Text<'_>) {
        match text {
            Text::Static(text) => self.half(names.number(text) | TEXT_NUMBER),
            Text::Copied(text) => self.inline(text),
        }
    }

    fn inline(&mut self, text: &str) {
        self.half(u32::try_from(text.len()).expect("texts of a ring are shorter than the ring"));
        self.bytes.extend_from_slice(text.as_bytes());
    }
}

impl LogPart {
    pub(crate) fn ops(&self) -> Ops<'_> {
        Ops { bytes: &self.bytes, owned: &self.owned }
    }

    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// Reads a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ops<'a> {
    bytes: &'a [u8],
    owned: &'a [Arc<Payload>],
}

const WHOLE: &str = "logs hold whole entries";

impl<'a> Ops<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (head, rest) = self.bytes.split_at(len);
        self.bytes = rest;
        head
    }

    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn half(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().expect(WHOLE))
    }

    fn word(&mut self) -> u64 {
        u64::from_le_bytes(self.take(8).try_into().expect(WHOLE))
    }

    fn text(&mut self) -> LogText<'a> {
        match self.half() {
            number if number & TEXT_NUMBER != 0 => LogText::Number(number & !TEXT_NUMBER),
            len => LogText::Inline(self.utf8(len as usize)),
        }
    }

    fn utf8(&mut self, len: usize) -> &'a str {
        std::str::from_utf8(self.take(len)).expect("logs are written from texts")
    }

    fn data(&mut self) -> Op<'a> {
        let (span, lane) = (RawId(self.word()), self.half());
        let field = Field::from_u8(self.byte()).expect(WHOLE);
        let key = self.text();
        let time = match self.byte() {
            0 => Time::None,
            1 => Time::Ticks(self.word()),
            _ => Time::UnixNanos(self.word()),
        };
        let value = match self.byte() {
            0 => LogValue::None,
            1 => LogValue::Bool(self.byte() != 0),
            2 => LogValue::I64(self.word().cast_signed()),
            3 => LogValue::U64(self.word()),
            4 => LogValue::F64(f64::from_bits(self.word())),
            5 => LogValue::Str(self.text()),
            6 => {
                let len = self.half() as usize;
                LogValue::Json(self.utf8(len))
            }
            _ => LogValue::Owned(&self.owned[usize::try_from(self.word()).expect(WHOLE)]),
        };
        Op::Data { span, lane, field, key, value, time }
    }
}

impl<'a> Iterator for Ops<'a> {
    type Item = Op<'a>;

    fn next(&mut self) -> Option<Op<'a>> {
        if self.bytes.is_empty() {
            return None;
        }
        Some(match self.byte() {
            START => {
                let (span, parent, ticks) = (RawId(self.word()), RawId(self.word()), self.word());
                Op::Start { span, parent, ticks, name: self.text() }
            }
            kind @ (END | LAST_HANDLE) => {
                let (span, lane, ticks) = (RawId(self.word()), self.half(), self.word());
                Op::End { span, lane, ticks, for_good: kind == END }
            }
            REOPEN => Op::Reopen { span: RawId(self.word()) },
            _ => self.data(),
        })
    }
}
