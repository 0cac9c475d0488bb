//! The keys of a JSON object in their order, their values unread: what a reader does not know it can keep.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::BoxError;
use crate::python_json::relayout;

/// One key of an object, and the JSON of its value.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Cow<'a, str>,
    pub(crate) value: &'a str,
}

/// The entries of the object in a text.
pub(crate) fn of(text: &str) -> Result<Vec<Entry<'_>>, BoxError> {
    let entries: Entries<'_> = serde_json::from_str(text)?;
    Ok(entries.0.into_iter().map(|(key, value)| Entry { key: Cow::Owned(key), value: value.get() }).collect())
}

/// A text; a number or truth value that stands in its place as it is written.
pub(crate) fn text(json: &str) -> Result<String, BoxError> {
    match json.as_bytes().first() {
        Some(b'"') => Ok(serde_json::from_str(json)?),
        Some(b'[' | b'{' | b'n') | None => Err(format!("`{json}` is no text").into()),
        Some(_) => Ok(json.to_owned()),
    }
}

/// A whole number, or a text that holds one: protobuf writes 64-bit integers so.
pub(crate) fn integer<T: std::str::FromStr>(json: &str) -> Result<T, BoxError> {
    let digits = text(json)?;
    digits.parse().map_err(|_| format!("`{digits}` is no whole number in range").into())
}

/// A map of texts; other values become their JSON text.
pub(crate) fn texts(json: &str) -> Result<BTreeMap<String, String>, BoxError> {
    let entry = |entry: Entry<'_>| {
        let value = if entry.value.starts_with('"') { text(entry.value)? } else { relayout(entry.value) };
        Ok((entry.key.into_owned(), value))
    };
    of(json)?.into_iter().map(entry).collect()
}

/// The entries of an object in their order, values unread.
#[derive(Default)]
pub(crate) struct Entries<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
