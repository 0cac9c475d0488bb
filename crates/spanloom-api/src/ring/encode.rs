//! Records into words.
//!
//! ```text
//! header  kind 8 | length in words 24 | extra 32
//! Skip    header
//! Root    header  trace id high  trace id low  ticks  name…      extra: text | tenant << 24
//! Start   header  root  parent  ticks  name…                     extra: text
//! End     header  span  ticks                                    extra: release
//! Retain  header  span
//! Release header  span  ticks
//! Data    header  span  lengths  key…  time?  value…             extra: field | value kind << 8 | time kind << 12 | key static << 16 | value static << 17
//! text    length 24 | static << 31; then one word with the address, or the bytes
//! ```

use super::words::Slots;
use crate::record::{Record, Text, Time, Value};

pub(super) const SKIP: u64 = 0;
pub(super) const ROOT: u64 = 1;
pub(super) const START: u64 = 2;
pub(super) const END: u64 = 3;
pub(super) const RETAIN: u64 = 4;
pub(super) const RELEASE: u64 = 5;
pub(super) const DATA: u64 = 6;

pub(super) const STATIC_TEXT: u64 = 1 << 31;
pub(super) const TEXT_LEN: u64 = (1 << 24) - 1;
pub(super) const TENANT_SHIFT: u32 = 24;

pub(super) const VALUE_SHIFT: u32 = 8;
pub(super) const TIME_SHIFT: u32 = 12;
pub(super) const KEY_STATIC: u64 = 1 << 16;
pub(super) const VALUE_STATIC: u64 = 1 << 17;

pub(super) const NONE: u64 = 0;
pub(super) const BOOL: u64 = 1;
pub(super) const I64: u64 = 2;
pub(super) const U64: u64 = 3;
pub(super) const F64: u64 = 4;
pub(super) const STR: u64 = 5;
pub(super) const JSON: u64 = 6;
pub(super) const OWNED: u64 = 7;

pub(super) const TIME_NONE: u64 = 0;
pub(super) const TIME_TICKS: u64 = 1;
pub(super) const TIME_UNIX: u64 = 2;

#[inline(always)]
const fn header(kind: u64, words: usize, extra: u64) -> u64 {
    kind | (words as u64) << 8 | extra << 32
}

/// Words that a record takes.
#[inline(always)]
pub(super) fn len(record: &Record<'_>) -> usize {
    match record {
        Record::Root { name, .. } | Record::Start { name, .. } => 4 + text_len(*name),
        Record::End { .. } | Record::Release { .. } => 3,
        Record::Retain { .. } => 2,
        Record::Data { key, value, time, .. } => {
            3 + text_len(*key) + usize::from(!matches!(time, Time::None)) + value_len(value)
        }
    }
}

#[inline(always)]
fn text_len(text: Text<'_>) -> usize {
    match text {
        Text::Static(_) => 1,
        Text::Copied(text) => text.len().div_ceil(8),
    }
}

#[inline(always)]
fn value_len(value: &Value<'_>) -> usize {
    match value {
        Value::None => 0,
        Value::Str(text) => text_len(*text),
        Value::Json(json) => json.len().div_ceil(8),
        Value::Bool(_) | Value::I64(_) | Value::U64(_) | Value::F64(_) | Value::Owned(_) => 1,
    }
}

/// Writes a record into exactly [`len`] words.
#[inline(always)]
pub(super) fn write(record: Record<'_>, slots: &mut Slots<'_>) {
    let words = len(&record);
    match record {
        Record::Root { name, tenant, trace_id: [high, low], ticks } => {
            slots.set(0, header(ROOT, words, text_extra(name) | u64::from(tenant) << TENANT_SHIFT));
            slots.set(1, high);
            slots.set(2, low);
            slots.set(3, ticks);
            write_text(slots, 4, name);
        }
        Record::Start { name, root, parent, ticks } => {
            slots.set(0, header(START, words, text_extra(name)));
            slots.set(1, root.0);
            slots.set(2, parent.0);
            slots.set(3, ticks);
            write_text(slots, 4, name);
        }
        Record::End { span, ticks, release } => {
            slots.set(0, header(END, words, u64::from(release)));
            slots.set(1, span.0);
            slots.set(2, ticks);
        }
        Record::Release { span, ticks } => {
            slots.set(0, header(RELEASE, words, 0));
            slots.set(1, span.0);
            slots.set(2, ticks);
        }
        Record::Retain { span } => {
            slots.set(0, header(RETAIN, words, 0));
            slots.set(1, span.0);
        }
        Record::Data { span, field, key, value, time } => {
            let (time_kind, moment) = time_word(time);
            let (value_kind, value_bytes, value_static) = value_form(&value);
            let extra = field as u64
                | value_kind << VALUE_SHIFT
                | time_kind << TIME_SHIFT
                | if matches!(key, Text::Static(_)) { KEY_STATIC } else { 0 }
                | if value_static { VALUE_STATIC } else { 0 };
            slots.set(0, header(DATA, words, extra));
            slots.set(1, span.0);
            slots.set(2, key.as_str().len() as u64 | (value_bytes as u64) << 32);
            let mut at = write_text(slots, 3, key);
            if time_kind != TIME_NONE {
                slots.set(at, moment);
                at += 1;
            }
            write_value(slots, at, value);
        }
    }
}

/// Fills the words up to the physical end.
pub(super) fn write_skip(words: usize, slots: &mut Slots<'_>) {
    slots.set(0, header(SKIP, words, 0));
}

#[inline(always)]
fn text_extra(text: Text<'_>) -> u64 {
    match text {
        Text::Static(text) => text.len() as u64 & TEXT_LEN | STATIC_TEXT,
        Text::Copied(text) => text.len() as u64 & TEXT_LEN,
    }
}

/// Gives the index after the text.
#[inline(always)]
fn write_text(slots: &mut Slots<'_>, at: usize, text: Text<'_>) -> usize {
    match text {
        Text::Static(text) => {
            slots.set(at, text.as_ptr().expose_provenance() as u64);
            at + 1
        }
        Text::Copied(text) => {
            slots.set_bytes(at, text.as_bytes());
            at + text.len().div_ceil(8)
        }
    }
}

#[inline(always)]
fn time_word(time: Time) -> (u64, u64) {
    match time {
        Time::None => (TIME_NONE, 0),
        Time::Ticks(ticks) => (TIME_TICKS, ticks),
        Time::UnixNanos(nanos) => (TIME_UNIX, nanos),
    }
}

/// Kind, length in bytes, and whether it is a static text.
#[inline(always)]
fn value_form(value: &Value<'_>) -> (u64, usize, bool) {
    match value {
        Value::None => (NONE, 0, false),
        Value::Bool(_) => (BOOL, 0, false),
        Value::I64(_) => (I64, 0, false),
        Value::U64(_) => (U64, 0, false),
        Value::F64(_) => (F64, 0, false),
        Value::Str(Text::Static(text)) => (STR, text.len(), true),
        Value::Str(Text::Copied(text)) => (STR, text.len(), false),
        Value::Json(json) => (JSON, json.len(), false),
        Value::Owned(_) => (OWNED, 0, false),
    }
}

#[inline(always)]
fn write_value(slots: &mut Slots<'_>, at: usize, value: Value<'_>) {
    match value {
        Value::None => {}
        Value::Bool(value) => slots.set(at, u64::from(value)),
        Value::I64(value) => slots.set(at, value.cast_unsigned()),
        Value::U64(value) => slots.set(at, value),
        Value::F64(value) => slots.set(at, value.to_bits()),
        Value::Str(text) => {
            write_text(slots, at, text);
        }
        Value::Json(json) => slots.set_bytes(at, json.as_bytes()),
        Value::Owned(payload) => slots.set(at, Box::into_raw(payload).expose_provenance() as u64),
    }
}
