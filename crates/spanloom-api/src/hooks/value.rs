//! A value as JSON, by the best means its type has.
//!
//! `(&&&&&Value(&x)).spanloom_give(receiver)` picks, at compile time, the first of: a plain value, `Serialize` (with `Debug` should
//! it fail), `Serialize`, `Debug`, the type's name. Each trait is implemented for one reference less than the one before,
//! and method lookup takes the receiver with the most references first.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;
use spanloom_core::{JsonText, python_json};

/// A value to be captured.
#[expect(missing_debug_implementations, reason = "lives within one expression of the expansion")]
pub struct Value<'a, T: ?Sized>(pub &'a T);

/// Where a captured value goes.
pub trait Receiver: Sized {
    /// Takes what is `Serialize`; a value that cannot be serialised becomes a text that says why.
    fn plain<T: Serialize + ?Sized>(self, value: &T) {
        self.json(&JsonText::capture(value));
    }

    /// Takes JSON text.
    fn json(self, text: &JsonText);
}

/// Of plain values, which need no detour over text.
pub trait ByPlain {
    /// Gives the value away.
    fn spanloom_give(&self, receiver: impl Receiver);
}

impl<T: Plain + ?Sized> ByPlain for &&&&Value<'_, T> {
    #[inline]
    fn spanloom_give(&self, receiver: impl Receiver) {
        receiver.plain(self.0);
    }
}

/// Values whose `Serialize` cannot fail.
pub trait Plain: Serialize {}

macro_rules! plain {
    ($($type:ty)*) => {$(impl Plain for $type {})*};
}

plain!(() bool i8 i16 i32 i64 u8 u16 u32 u64 f64 str String);

impl<T: Plain + ?Sized> Plain for &T {}

/// Through `Serialize`, and through `Debug` when that fails.
pub trait BySerializeOrDebug {
    /// Gives the value away.
    fn spanloom_give(&self, receiver: impl Receiver);
}

impl<T: Serialize + Debug + ?Sized> BySerializeOrDebug for &&&Value<'_, T> {
    fn spanloom_give(&self, receiver: impl Receiver) {
        receiver.json(&JsonText::from_serialize(self.0).unwrap_or_else(|_| debug(self.0)));
    }
}

/// Through `Serialize`.
pub trait BySerialize {
    /// Gives the value away.
    fn spanloom_give(&self, receiver: impl Receiver);
}

impl<T: Serialize + ?Sized> BySerialize for &&Value<'_, T> {
    fn spanloom_give(&self, receiver: impl Receiver) {
        receiver.json(&JsonText::capture(self.0));
    }
}

/// Through `Debug`.
pub trait ByDebug {
    /// Gives its debug form away.
    fn spanloom_give(&self, receiver: impl Receiver);
}

impl<T: Debug + ?Sized> ByDebug for &Value<'_, T> {
    fn spanloom_give(&self, receiver: impl Receiver) {
        receiver.json(&debug(self.0));
    }
}

/// Through nothing but the type.
pub trait ByName {
    /// Gives the type's name away.
    fn spanloom_give(&self, receiver: impl Receiver);
}

impl<T: ?Sized> ByName for Value<'_, T> {
    fn spanloom_give(&self, receiver: impl Receiver) {
        receiver.plain(std::any::type_name::<T>());
    }
}

/// The JSON text of one value.
pub fn json(give: impl FnOnce(&mut Json)) -> JsonText {
    let mut text = Json::default();
    give(&mut text);
    text.0.unwrap_or_else(|| JsonText::from_encoded("null"))
}

/// Receives one value.
#[derive(Debug, Default)]
pub struct Json(Option<JsonText>);

impl Receiver for &mut Json {
    fn json(self, text: &JsonText) {
        self.0 = Some(text.clone());
    }
}

/// Receives the inputs of a call, one after the other, as a JSON object.
#[derive(Debug)]
pub struct Inputs(Vec<u8>);

/// Room for a few short inputs.
const INPUTS_CAPACITY: usize = 64;

impl Inputs {
    /// None yet.
    #[expect(clippy::new_without_default, reason = "the expansion writes `new`")]
    pub fn new() -> Self {
        Self(Vec::with_capacity(INPUTS_CAPACITY))
    }

    /// Receives the input of this name, an identifier: it needs no escapes.
    pub fn named(&mut self, name: &str) -> Input<'_> {
        self.after([b"\"", name.as_bytes(), b"\""])
    }

    /// Receives the input of this name, which is a JSON string.
    pub(crate) fn quoted(&mut self, name: &JsonText) -> Input<'_> {
        self.after([name.as_str().as_bytes(), b"", b""])
    }

    fn after(&mut self, name: [&[u8]; 3]) -> Input<'_> {
        self.0.extend_from_slice(if self.0.is_empty() { b"{" } else { b", " });
        name.into_iter().for_each(|part| self.0.extend_from_slice(part));
        self.0.extend_from_slice(b": ");
        Input(&mut self.0)
    }

    /// The object.
    pub(super) fn into_text(mut self) -> String {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        String::from_utf8(self.0).expect("names and JSON texts are UTF-8")
    }
}

/// Receives one input.
#[derive(Debug)]
pub struct Input<'a>(&'a mut Vec<u8>);

impl Receiver for Input<'_> {
    fn plain<T: Serialize + ?Sized>(self, value: &T) {
        let before = self.0.len();
        if python_json::append(self.0, value).is_err() {
            self.0.truncate(before);
            self.0.extend_from_slice(JsonText::capture(value).as_str().as_bytes());
        }
    }

    fn json(self, text: &JsonText) {
        self.0.extend_from_slice(text.as_str().as_bytes());
    }
}

fn debug<T: Debug + ?Sized>(value: &T) -> JsonText {
    JsonText::string(&text(|| format!("{value:?}")))
}

/// What a formatter of the user's gives; a panic of it stays here, for capturing must not change what the program does.
pub(super) fn text(format: impl FnOnce() -> String) -> String {
    catch_unwind(AssertUnwindSafe(format)).unwrap_or_else(|_| "<its text cannot be made: formatting it panics>".into())
}

#[cfg(test)]
#[expect(clippy::needless_borrow, reason = "method lookup begins at the receiver with all its references")]
mod tests {
    use std::collections::HashMap;

    use super::super::ladder::*;
    use super::{Inputs, Value, json};

    macro_rules! captured {
        ($value:expr) => {
            json(|text| (&&&&&Value(&$value)).spanloom_give(text)).as_str()
        };
    }

    struct Opaque;

    #[derive(Debug)]
    struct Described;

    #[derive(serde::Serialize)]
    struct Serialised(u8);

    /// Says nothing of itself but by `Debug`, and that panics.
    struct Panics;

    impl std::fmt::Debug for Panics {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("on purpose")
        }
    }

    #[test]
    fn a_value_is_captured_by_the_best_means_of_its_type() {
        assert_eq!(captured!(1_u8), "1");
        assert_eq!(captured!("é"), "\"é\"");
        assert_eq!(captured!(()), "null");
        assert_eq!(captured!(Serialised(1)), "1");
        assert_eq!(captured!(vec![Some(1.0), None]), "[1.0, null]");
        assert_eq!(captured!(Described), "\"Described\"");
        assert_eq!(captured!(vec![Described]), "\"[Described]\"");
        assert!(captured!(Opaque).ends_with("Opaque\""));
    }

    #[test]
    fn a_value_that_cannot_be_serialised_is_captured_by_debug() {
        assert_eq!(captured!(HashMap::from([((1, 2), 3)])), "\"{(1, 2): 3}\"");
    }

    #[test]
    fn a_panic_while_capturing_stays_there() {
        assert_eq!(captured!(Panics), "\"<its text cannot be made: formatting it panics>\"");
    }

    #[test]
    fn what_is_known_of_a_generic_is_what_its_bounds_promise() {
        fn bare<T>(value: T) -> String {
            captured!(value).to_owned()
        }
        fn debug<T: std::fmt::Debug>(value: T) -> String {
            captured!(value).to_owned()
        }
        assert_eq!(bare(1), "\"i32\"");
        assert_eq!(debug(1), "\"1\"");
    }

    #[test]
    fn inputs_are_an_object_in_the_layout_of_python() {
        assert_eq!(Inputs::new().into_text(), "{}");
        let mut inputs = Inputs::new();
        (&&&&&Value(&1)).spanloom_give(inputs.named("a"));
        (&&&&&Value(&[1, 2])).spanloom_give(inputs.named("b"));
        assert_eq!(inputs.into_text(), "{\"a\": 1, \"b\": [1, 2]}");
    }
}
