//! Values of assessments as MLflow compares them.

use crate::{JsonText, python_json};

/// A text as it is, a number as a double in Python's form (`3.0`), all else as its JSON text; and the number, if it is
/// one.
pub fn compared(value: &JsonText) -> (String, Option<f64>) {
    match value.to_value() {
        serde_json::Value::String(text) => (text, None),
        serde_json::Value::Number(number) => {
            let number = number.as_f64();
            let mut text = Vec::new();
            python_json::append_f64(&mut text, number.unwrap_or(f64::NAN));
            (String::from_utf8_lossy(&text).into_owned(), number)
        }
        _ => (value.as_str().to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_mlflow_does() {
        let of = |value: serde_json::Value| compared(&JsonText::capture(&value));
        assert_eq!(of(3.into()), ("3.0".to_owned(), Some(3.0)));
        assert_eq!(of("yes".into()), ("yes".to_owned(), None));
        assert_eq!(of(true.into()), ("true".to_owned(), None));
        assert_eq!(of(serde_json::json!({"a": [1]})), ("{\"a\": [1]}".to_owned(), None));
    }
}
