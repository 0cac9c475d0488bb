//! Keys of maps, which JSON has as strings only.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize};

use super::Error;
use super::serializer::Serializer;
use super::text::append_string;

/// Writes one key: text as it is; numbers, booleans and null as the string of their JSON text.
pub(super) struct MapKey<'s, 'a>(pub(super) &'s mut Serializer<'a>);

impl MapKey<'_, '_> {
    fn quoted(self, write: impl FnOnce(&mut Serializer<'_>) -> Result<(), Error>) -> Result<(), Error> {
        self.0.out.push(b'"');
        write(&mut *self.0)?;
        self.0.out.push(b'"');
        Ok(())
    }
}

fn refuse<T>(kind: &str) -> Result<T, Error> {
    Err(Error::Custom(format!("a key of a map is `{kind}`: use text, a number, a boolean or null")))
}

macro_rules! quoted {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            self.quoted(|serializer| serializer.$method(value))
        }
    )*};
}

impl<'s, 'a> ser::Serializer for MapKey<'s, 'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Impossible<(), Error>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStruct = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    quoted! {
        serialize_bool: bool, serialize_f32: f32, serialize_f64: f64,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        append_string(self.0.out, value);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.0.collect_str(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.0.frame(|serializer| value.serialize(MapKey(serializer)))
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.quoted(|serializer| serializer.serialize_unit())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), Error> {
        self.0.frame(|serializer| value.serialize(MapKey(serializer)))
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), Error> {
        refuse("bytes")
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _value: &T,
    ) -> Result<(), Error> {
        refuse(variant)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        refuse("a list")
    }

    fn serialize_tuple(self, _len: usize) -> Result<Self::SerializeTuple, Error> {
        refuse("a tuple")
    }

    fn serialize_tuple_struct(self, name: &'static str, _len: usize) -> Result<Self::SerializeTupleStruct, Error> {
        refuse(name)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        refuse(variant)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Self::SerializeMap, Error> {
        refuse("a map")
    }

    fn serialize_struct(self, name: &'static str, _len: usize) -> Result<Self::SerializeStruct, Error> {
        refuse(name)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        refuse(variant)
    }
}
