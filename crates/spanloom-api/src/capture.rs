//! From a `Serialize` value to a message: numbers, truth values and texts as they are, all else as JSON text.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use serde::ser::{self, Impossible};
use spanloom_core::{JsonText, python_json};

use crate::lane;
use crate::raw_id::RawId;
use crate::record::{Field, Payload, Text, Time, Value};

/// Which value of which span is captured.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) root: RawId,
    pub(crate) span: RawId,
    pub(crate) field: Field,
    pub(crate) key: Text<'a>,
}

impl Target<'_> {
    /// Sends a value. One that cannot be serialised is sent as a text that says why.
    #[inline]
    pub(crate) fn capture<T: Serialize + ?Sized>(self, value: &T) {
        // The user's `Serialize` may panic; that must not reach the traced program.
        let scalar = catch_unwind(AssertUnwindSafe(|| value.serialize(Scalar { target: self, is_in_option: false })));
        if !matches!(scalar, Ok(Ok(()))) {
            self.capture_json(value);
        }
    }

    /// For everything but scalars: into a buffer that the thread keeps, and from there into the ring.
    fn capture_json<T: Serialize + ?Sized>(self, value: &T) {
        let mut buffer = SCRATCH.try_with(Cell::take).unwrap_or_default();
        buffer.clear();
        if python_json::append(&mut buffer, value).is_ok() {
            match std::str::from_utf8(&buffer) {
                Ok(json) => self.json(json),
                Err(_) => self.json(JsonText::capture(value).as_str()),
            }
        } else {
            self.json(JsonText::capture(value).as_str());
        }
        if buffer.capacity() <= SCRATCH_KEPT_BYTES {
            let _ = SCRATCH.try_with(|scratch| scratch.set(buffer));
        }
    }

    /// Sends JSON text in Python's layout.
    pub(crate) fn json(self, json: &str) {
        self.bulk(json, |json| Value::Json(json), |json| Payload::Json(json.to_owned()));
    }

    #[inline(always)]
    fn text(self, text: &str) {
        self.bulk(text, |text| Value::Str(Text::Copied(text)), |text| Payload::Str(text.to_owned()));
    }

    #[inline(always)]
    fn bulk(self, text: &str, copied: impl Fn(&str) -> Value<'_>, moved: impl Fn(&str) -> Payload) {
        lane::with(|lane| {
            if text.len() <= lane.inline_limit() {
                lane.data(self.root, self.span, self.field, self.key, copied(text), Time::None);
            } else {
                lane.owned_data(self.root, self.span, self.field, self.key, moved(text));
            }
        });
    }

    #[inline(always)]
    fn value(self, value: Value<'_>) {
        lane::with(|lane| lane.data(self.root, self.span, self.field, self.key, value, Time::None));
    }
}

/// A buffer above this is given back instead of being kept for the thread's next value.
const SCRATCH_KEPT_BYTES: usize = 1 << 20;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Sends scalars; fails for everything else, without looking inside.
struct Scalar<'a> {
    target: Target<'a>,
    /// An option in an option is no scalar: a list made of options would be as deep as it is long.
    is_in_option: bool,
}

/// Not a scalar.
#[derive(Debug)]
struct NotScalar;

impl std::fmt::Display for NotScalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a scalar")
    }
}

impl std::error::Error for NotScalar {}

impl ser::Error for NotScalar {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! scalars {
    ($($method:ident($type:ty) => |$v:ident| $value:expr;)*) => {
        $(#[inline(always)]
        fn $method(self, $v: $type) -> Result<(), NotScalar> {
            self.target.value($value);
            Ok(())
        })*
    };
}

impl ser::Serializer for Scalar<'_> {
    type Ok = ();
    type Error = NotScalar;
    type SerializeSeq = Impossible<(), NotScalar>;
    type SerializeTuple = Impossible<(), NotScalar>;
    type SerializeTupleStruct = Impossible<(), NotScalar>;
    type SerializeTupleVariant = Impossible<(), NotScalar>;
    type SerializeMap = Impossible<(), NotScalar>;
    type SerializeStruct = Impossible<(), NotScalar>;
    type SerializeStructVariant = Impossible<(), NotScalar>;

    scalars! {
        serialize_bool(bool) => |v| Value::Bool(v);
        serialize_i8(i8) => |v| Value::I64(v.into());
        serialize_i16(i16) => |v| Value::I64(v.into());
        serialize_i32(i32) => |v| Value::I64(v.into());
        serialize_i64(i64) => |v| Value::I64(v);
        serialize_u8(u8) => |v| Value::U64(v.into());
        serialize_u16(u16) => |v| Value::U64(v.into());
        serialize_u32(u32) => |v| Value::U64(v.into());
        serialize_u64(u64) => |v| Value::U64(v);
        serialize_f64(f64) => |v| Value::F64(v);
    }

    #[inline(always)]
    fn serialize_str(self, text: &str) -> Result<(), NotScalar> {
        self.target.text(text);
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), NotScalar> {
        self.target.json("null");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), NotScalar> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotScalar> {
        match self.is_in_option {
            true => Err(NotScalar),
            false => value.serialize(Self { is_in_option: true, ..self }),
        }
    }

    fn serialize_f32(self, _: f32) -> Result<(), NotScalar> {
        // Its shortest form is not that of the same number as an `f64`.
        Err(NotScalar)
    }

    fn serialize_i128(self, _: i128) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_u128(self, _: u128) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_char(self, _: char) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, _: &T) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NotScalar> {
        Err(NotScalar)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, NotScalar> {
        Err(NotScalar)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, NotScalar> {
        Err(NotScalar)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, NotScalar> {
        Err(NotScalar)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NotScalar> {
        Err(NotScalar)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NotScalar> {
        Err(NotScalar)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, NotScalar> {
        Err(NotScalar)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NotScalar> {
        Err(NotScalar)
    }
}
