//! The ways to serialise a value.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use super::serializer::Serializer;
use super::{Error, escape_ascii};

/// A list or map is refused that has this many levels of lists and maps down to it, itself included.
pub const MAX_DEPTH: usize = 128;

/// The JSON text of a value, non-ASCII as it is.
///
/// # Errors
/// When its `Serialize` fails or panics, or it is nested too deep.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut out = Vec::with_capacity(128);
    append(&mut out, value)?;
    Ok(String::from_utf8(out).expect("the serializer writes nothing but UTF-8"))
}

/// The JSON text of a value in ASCII, as `json.dumps` writes it by default: the form of the items of a stream.
///
/// # Errors
/// As [`to_string`].
pub fn to_ascii_string<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    to_string(value).map(|text| escape_ascii(&text))
}

/// Appends the JSON text of a value, in UTF-8.
///
/// # Errors
/// As [`to_string`]; the buffer then is as long as it was.
pub fn append<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), Error> {
    let len = out.len();
    // What unwinds leaves nothing half-done but the end of `out`, which is cut off.
    let result = catch_unwind(AssertUnwindSafe(|| value.serialize(&mut Serializer::new(out))));
    let result = result.unwrap_or_else(|payload| {
        discard(payload);
        Err(Error::Panicked)
    });
    if result.is_err() {
        out.truncate(len);
    }
    result
}

/// The payload of a panic may be of any type, whose drop may panic again: only texts are dropped.
fn discard(payload: Box<dyn Any + Send>) {
    if !payload.is::<String>() && !payload.is::<&str>() {
        std::mem::forget(payload);
    }
}
