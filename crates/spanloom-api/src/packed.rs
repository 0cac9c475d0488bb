//! Attributes of an event or a link as one text: for each the lengths of key and JSON text, then both.

use std::borrow::Cow;
use std::fmt::Write as _;

use spanloom_core::JsonText;

/// Packs attributes. No attributes give an empty text.
pub fn pack(attributes: &[(Cow<'static, str>, JsonText)]) -> String {
    let mut packed = String::new();
    for (key, value) in attributes {
        let json = value.as_str();
        write!(packed, "{} {} {key}{json}", key.len(), json.len()).expect("writing to a string does not fail");
    }
    packed
}

/// Unpacks what [`pack`] packed: keys and JSON texts, in order.
pub fn unpack(mut packed: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let (key_len, rest) = packed.split_once(' ')?;
        let (json_len, rest) = rest.split_once(' ')?;
        let (key, rest) = rest.split_at_checked(key_len.parse().ok()?)?;
        let (json, rest) = rest.split_at_checked(json_len.parse().ok()?)?;
        packed = rest;
        Some((key, json))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_come_back_in_order() {
        let attributes = [
            (Cow::Borrowed("a b"), JsonText::string("1 2 x")),
            ("".into(), JsonText::capture(&7)),
            ("ü".into(), JsonText::string("ü")),
        ];
        let packed = pack(&attributes);
        let back: Vec<_> = unpack(&packed).collect();
        assert_eq!(back, [("a b", r#""1 2 x""#), ("", "7"), ("ü", r#""ü""#)]);
        assert_eq!(unpack(&pack(&[])).count(), 0);
    }
}
