//! Words into records; the form is that of `encode.rs`.
#![expect(unsafe_code, reason = "addresses travel as words")]

use std::borrow::Cow;

use super::encode::{
    BOOL, DATA, END, F64, I64, JSON, KEY_STATIC, NONE, OWNED, RELEASE, RETAIN, ROOT, SKIP, START, STATIC_TEXT, STR,
    TENANT_SHIFT, TEXT_LEN, TIME_SHIFT, TIME_TICKS, TIME_UNIX, U64, VALUE_SHIFT, VALUE_STATIC,
};
use super::words::Slots;
use crate::raw_id::RawId;
use crate::record::{Field, Payload, Record, Text, Time, Value};

/// Length in words of the record at the start of `slots`.
#[inline(always)]
pub(super) fn len(slots: &Slots<'_>) -> usize {
    (slots.get(0) >> 8 & 0x00ff_ffff) as usize
}

/// Gives the record at the start of `slots` to `take`; nothing for a skip.
///
/// # Safety
/// `slots` begins with a record that `encode::write` wrote, in the same process, and it is read for the first time.
#[inline(always)]
pub(super) unsafe fn read(slots: &Slots<'_>, take: &mut impl FnMut(Record<'_>)) {
    let header = slots.get(0);
    let extra = header >> 32;
    match header & 0xff {
        SKIP => {}
        ROOT | START => {
            let bytes;
            // SAFETY: a text stands at 4, as `encode::write` put it there.
            let name = unsafe {
                let is_static = extra & STATIC_TEXT != 0;
                bytes = copied(slots, 4, (extra & TEXT_LEN) as usize, is_static);
                text(slots, 4, (extra & TEXT_LEN) as usize, is_static, &bytes)
            };
            let (first, second, ticks) = (slots.get(1), slots.get(2), slots.get(3));
            take(if header & 0xff == ROOT {
                let tenant = (extra >> TENANT_SHIFT) as u8 & 0x7f;
                Record::Root { name, tenant, trace_id: [first, second], ticks }
            } else {
                Record::Start { name, root: RawId(first), parent: RawId(second), ticks }
            });
        }
        END => take(Record::End { span: RawId(slots.get(1)), ticks: slots.get(2), release: extra & 1 != 0 }),
        RELEASE => take(Record::Release { span: RawId(slots.get(1)), ticks: slots.get(2) }),
        RETAIN => take(Record::Retain { span: RawId(slots.get(1)) }),
        DATA => {
            // SAFETY: as required of our caller.
            unsafe { read_data(slots, extra, take) }
        }
        kind => unreachable!("records have the kinds of `encode`, not {kind}"),
    }
}

/// # Safety
/// As for [`read`], of a record of kind `DATA`.
#[inline(always)]
unsafe fn read_data(slots: &Slots<'_>, extra: u64, take: &mut impl FnMut(Record<'_>)) {
    let lengths = slots.get(2);
    let (key_len, value_len) = ((lengths & 0xffff_ffff) as usize, (lengths >> 32) as usize);
    let key_static = extra & KEY_STATIC != 0;
    let key_bytes = copied(slots, 3, key_len, key_static);
    // SAFETY: the key stands at 3.
    let key = unsafe { text(slots, 3, key_len, key_static, &key_bytes) };
    let mut at = 3 + if key_static { 1 } else { key_len.div_ceil(8) };
    let time = match extra >> TIME_SHIFT & 3 {
        TIME_TICKS => Time::Ticks(slots.get(at)),
        TIME_UNIX => Time::UnixNanos(slots.get(at)),
        _ => Time::None,
    };
    at += usize::from(time != Time::None);
    let value_static = extra & VALUE_STATIC != 0;
    let kind = extra >> VALUE_SHIFT & 0xf;
    let value_bytes = copied(slots, at, value_len, value_static || !matches!(kind, STR | JSON));
    // SAFETY: the value stands at `at`, in the form that the header says, and an owned one has not been taken before.
    let value = unsafe {
        match kind {
            NONE => Value::None,
            BOOL => Value::Bool(slots.get(at) != 0),
            I64 => Value::I64(slots.get(at).cast_signed()),
            U64 => Value::U64(slots.get(at)),
            F64 => Value::F64(f64::from_bits(slots.get(at))),
            STR => Value::Str(text(slots, at, value_len, value_static, &value_bytes)),
            JSON => Value::Json(std::str::from_utf8_unchecked(&value_bytes)),
            OWNED => Value::Owned(Box::from_raw(address(slots.get(at)).cast::<Payload>().cast_mut())),
            kind => unreachable!("values have the kinds of `encode`, not {kind}"),
        }
    };
    let field = Field::from_u8((extra & 0xff) as u8).expect("fields are written from the enum");
    take(Record::Data { span: RawId(slots.get(1)), field, key, value, time });
}

/// The bytes of a copied text; nothing for a static one.
#[inline(always)]
fn copied<'a>(slots: &Slots<'a>, at: usize, len: usize, is_static: bool) -> Cow<'a, [u8]> {
    if is_static { Cow::Borrowed(&[]) } else { slots.bytes(at, len) }
}

/// # Safety
/// `encode` wrote a text of this length and kind at `at`; `bytes` is what [`copied`] gave for it.
#[inline(always)]
unsafe fn text<'b>(slots: &Slots<'_>, at: usize, len: usize, is_static: bool, bytes: &'b [u8]) -> Text<'b> {
    // SAFETY: a static text's word is the address of a `&'static str` of this length; a copied one's bytes were taken
    // from a `&str`.
    unsafe {
        if is_static {
            let bytes = std::slice::from_raw_parts(address(slots.get(at)).cast::<u8>(), len);
            Text::Static(std::str::from_utf8_unchecked(bytes))
        } else {
            Text::Copied(std::str::from_utf8_unchecked(bytes))
        }
    }
}

#[inline(always)]
fn address(word: u64) -> *const () {
    std::ptr::with_exposed_provenance(word as usize)
}
