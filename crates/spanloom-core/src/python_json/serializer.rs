//! The `serde::Serializer` behind [`append`](super::append).

use std::fmt::{self, Display, Write};

use serde::ser::{self, Serialize};

use super::float::{append_f32, append_f64};
use super::map_key::MapKey;
use super::relayout::{nesting, relayout};
use super::text::{append_string, put_escaped};
use super::{Error, MAX_DEPTH};
use crate::JsonText;

/// Options and newtypes write nothing, but their `serialize` calls stand on the stack: `struct L(Option<Box<L>>)` would
/// overflow it.
const MAX_FRAMES: usize = 4 * MAX_DEPTH;

/// Names that `serde_json` gives to the values it hands over as text, when a program switches on the feature.
const SERDE_JSON_NUMBER: &str = "$serde_json::private::Number";
const SERDE_JSON_RAW: &str = "$serde_json::private::RawValue";

/// Writes one value to the end of a buffer.
pub(super) struct Serializer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    depth: usize,
    frames: usize,
    /// How the next string is to be taken; set and reset around the one value it is for.
    next_text: Text,
}

/// How a string is to be taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Text {
    /// It is a string.
    Content,
    /// It is JSON in this layout.
    Json,
    /// It is JSON in any layout.
    ForeignJson,
}

impl<'a> Serializer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, depth: 0, frames: 0, next_text: Text::Content }
    }

    pub(super) fn transparent<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.frame(|this| value.serialize(this))
    }

    pub(super) fn frame(&mut self, run: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        self.frames += 1;
        if self.frames > MAX_FRAMES {
            return Err(Error::TooDeep);
        }
        run(self)?;
        self.frames -= 1;
        Ok(())
    }

    fn text_of<T: Serialize + ?Sized>(&mut self, value: &T, kind: Text) -> Result<(), Error> {
        self.next_text = kind;
        let result = value.serialize(&mut *self);
        self.next_text = Text::Content;
        result
    }

    fn json(&mut self, text: &str) -> Result<(), Error> {
        if self.depth + nesting(text) >= MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> Result<(), Error> {
        self.depth += 1;
        if self.depth >= MAX_DEPTH {
            return Err(Error::TooDeep);
        }
        self.out.push(bracket);
        Ok(())
    }

    fn container(&mut self, bracket: u8, close: &'static [u8]) -> Result<Container<'_, 'a>, Error> {
        self.open(bracket)?;
        Ok(Container { serializer: self, is_first: true, close })
    }

    /// A variant with content is a map of one key, its name.
    fn variant(&mut self, name: &str) -> Result<(), Error> {
        self.open(b'{')?;
        append_string(self.out, name);
        self.out.extend_from_slice(b": ");
        Ok(())
    }
}

/// A list or map that is being written.
pub(super) struct Container<'s, 'a> {
    serializer: &'s mut Serializer<'a>,
    is_first: bool,
    /// One bracket, or two for a variant; none when the value is a text of `serde_json`.
    close: &'static [u8],
}

impl Container<'_, '_> {
    fn next(&mut self) {
        if !self.is_first {
            self.serializer.out.extend_from_slice(b", ");
        }
        self.is_first = false;
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next();
        value.serialize(&mut *self.serializer)
    }

    fn named<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
        match key {
            SERDE_JSON_NUMBER if self.close.is_empty() => self.serializer.text_of(value, Text::Json),
            SERDE_JSON_RAW if self.close.is_empty() => self.serializer.text_of(value, Text::ForeignJson),
            _ => {
                self.next();
                append_string(self.serializer.out, key);
                self.serializer.out.extend_from_slice(b": ");
                value.serialize(&mut *self.serializer)
            }
        }
    }

    fn finish(self) -> Result<(), Error> {
        self.serializer.depth -= self.close.len();
        self.serializer.out.extend_from_slice(self.close);
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            self.out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
            Ok(())
        }
    )*};
}

impl<'s, 'a> ser::Serializer for &'s mut Serializer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Container<'s, 'a>;
    type SerializeTuple = Container<'s, 'a>;
    type SerializeTupleStruct = Container<'s, 'a>;
    type SerializeTupleVariant = Container<'s, 'a>;
    type SerializeMap = Container<'s, 'a>;
    type SerializeStruct = Container<'s, 'a>;
    type SerializeStructVariant = Container<'s, 'a>;

    integers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        append_f32(self.out, value);
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        append_f64(self.out, value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        append_string(self.out, value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        match self.next_text {
            Text::Content => append_string(self.out, value),
            Text::Json => self.json(value)?,
            Text::ForeignJson => self.json(&relayout(value))?,
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.transparent(value)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Error> {
        append_string(self.out, variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Error> {
        match name {
            JsonText::TOKEN => self.text_of(value, Text::Json),
            _ => self.transparent(value),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        Container { serializer: self, is_first: false, close: b"}" }.finish()
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Container<'s, 'a>, Error> {
        self.container(b'[', b"]")
    }

    fn serialize_tuple(self, _len: usize) -> Result<Container<'s, 'a>, Error> {
        self.container(b'[', b"]")
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Container<'s, 'a>, Error> {
        self.container(b'[', b"]")
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Container<'s, 'a>, Error> {
        self.variant(variant)?;
        self.container(b'[', b"]}")
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Container<'s, 'a>, Error> {
        self.container(b'{', b"}")
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Container<'s, 'a>, Error> {
        match name {
            SERDE_JSON_NUMBER | SERDE_JSON_RAW => Ok(Container { serializer: self, is_first: true, close: b"" }),
            _ => self.container(b'{', b"}"),
        }
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Container<'s, 'a>, Error> {
        self.variant(variant)?;
        self.container(b'{', b"}}")
    }

    /// Ids and times come this way; no text is built for them.
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.out.push(b'"');
        write!(Escaped(self.out), "{value}").map_err(ser::Error::custom)?;
        self.out.push(b'"');
        Ok(())
    }
}

/// Escapes what is formatted into it.
struct Escaped<'a>(&'a mut Vec<u8>);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        put_escaped(self.0, text);
        Ok(())
    }
}

macro_rules! lists {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for Container<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element, SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field, SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Container<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.named(key, value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish()
            }
        }
    )*};
}

structs! { SerializeStruct, SerializeStructVariant }

impl ser::SerializeMap for Container<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.next();
        key.serialize(MapKey(&mut *self.serializer))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.serializer.out.extend_from_slice(b": ");
        value.serialize(&mut *self.serializer)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}
