//! What carries a context: the headers of a request, the fields of a message.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

/// What carries a context: the headers of a request, the fields of a message. Names of fields are compared without regard
/// to case, as HTTP does.
///
/// Implemented for `HashMap<String, String>`, `BTreeMap<String, String>` and `Vec<(String, String)>`; with the feature `http`
/// for `http::HeaderMap`.
pub trait Carrier {
    /// The values of every field of this name, in order, whatever the case of its letters.
    fn get_all(&self, name: &str) -> Vec<&[u8]>;

    /// Sets a field, in place of all that have the name. Name and value are in visible ASCII.
    fn set(&mut self, name: &'static str, value: String);
}

impl<S: BuildHasher> Carrier for HashMap<String, String, S> {
    fn get_all(&self, name: &str) -> Vec<&[u8]> {
        of_name(self.iter(), name)
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.retain(|field, _| !field.eq_ignore_ascii_case(name));
        self.insert(name.to_owned(), value);
    }
}

impl Carrier for BTreeMap<String, String> {
    fn get_all(&self, name: &str) -> Vec<&[u8]> {
        of_name(self.iter(), name)
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.retain(|field, _| !field.eq_ignore_ascii_case(name));
        self.insert(name.to_owned(), value);
    }
}

impl Carrier for Vec<(String, String)> {
    fn get_all(&self, name: &str) -> Vec<&[u8]> {
        of_name(self.iter().map(|(field, value)| (field, value)), name)
    }

    fn set(&mut self, name: &'static str, value: String) {
        self.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        self.push((name.to_owned(), value));
    }
}

fn of_name<'a>(fields: impl Iterator<Item = (&'a String, &'a String)>, name: &str) -> Vec<&'a [u8]> {
    fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_bytes()).collect()
}

#[cfg(feature = "http")]
impl Carrier for http::HeaderMap {
    fn get_all(&self, name: &str) -> Vec<&[u8]> {
        Self::get_all(self, name).iter().map(http::HeaderValue::as_bytes).collect()
    }

    fn set(&mut self, name: &'static str, value: String) {
        // Every value that is written is in visible ASCII.
        if let Ok(value) = http::HeaderValue::try_from(value) {
            self.insert(http::HeaderName::from_static(name), value);
        }
    }
}
