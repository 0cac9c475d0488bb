//! What an error says of itself, as far as its type tells.

use std::error::Error;
use std::fmt::{Display, Write as _};

/// How many causes of an error are told. A chain that long is a cycle.
const MAX_CAUSES: usize = 64;

/// What texts that are given as errors are said to be: MLflow's word for an error without a type.
const WITHOUT_TYPE: &str = "Exception";

/// The name of an error's type: the last segment of its path, without generic arguments. Of a box, `Arc` or reference it is that
/// of what is in it, of `dyn Error` it is `Error`; a text is an `Exception`.
pub fn error_type_name<E: ?Sized>() -> String {
    name_in(std::any::type_name::<E>()).to_owned()
}

fn name_in(full: &str) -> &str {
    let mut inner = full;
    while let Some(held) = held_by(inner) {
        inner = held;
    }
    let path = inner.split(['<', '+']).next().unwrap_or(inner).trim_end();
    match path.rsplit("::").next().unwrap_or(path) {
        "str" | "String" => WITHOUT_TYPE,
        "Cow" if full.contains("Cow<str>") || full.contains("Cow<'_, str>") => WITHOUT_TYPE,
        name => name,
    }
}

/// What a pointer points to.
fn held_by(name: &str) -> Option<&str> {
    let boxed = ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<"];
    let plain = ["&", "mut ", "dyn "];
    let in_box = boxed.iter().find_map(|start| name.strip_prefix(start)?.strip_suffix('>'));
    in_box.or_else(|| plain.iter().find_map(|start| name.strip_prefix(start)))
}

/// The text of everything that caused an error, a line each after its own: `caused by: …`.
pub fn causes_of<E: Error + ?Sized>(error: &E) -> String {
    let mut lines = String::new();
    let mut next = error.source();
    for _ in 0..MAX_CAUSES {
        let Some(cause) = next else { break };
        let _ = write!(lines, "\ncaused by: {cause}"); // A `String` takes every write.
        next = cause.source();
    }
    lines
}

/// What stands for the stack trace of an error of which no more is known than its text: its type, and the text in its
/// alternate form, which tells the causes where there are any (`anyhow`).
pub fn error_trace<E: Display + ?Sized>(type_name: &str, error: &E) -> String {
    format!("{type_name}: {error:#}")
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_type_of_an_error_is_the_last_segment_of_what_it_is_about() {
        assert_eq!(error_type_name::<std::num::ParseIntError>(), "ParseIntError");
        assert_eq!(error_type_name::<&&Box<std::io::Error>>(), "Error");
        assert_eq!(error_type_name::<Box<dyn Error + Send + Sync>>(), "Error");
        assert_eq!(error_type_name::<dyn Error>(), "Error");
        assert_eq!(error_type_name::<Arc<std::fmt::Error>>(), "Error");
        assert_eq!(error_type_name::<std::sync::PoisonError<Vec<String>>>(), "PoisonError");
    }

    #[test]
    fn a_text_is_an_exception() {
        assert_eq!(error_type_name::<str>(), "Exception");
        assert_eq!(error_type_name::<&'static str>(), "Exception");
        assert_eq!(error_type_name::<String>(), "Exception");
        assert_eq!(error_type_name::<Cow<'static, str>>(), "Exception");
    }

    #[test]
    fn a_cycle_of_causes_ends() {
        #[derive(Debug)]
        struct Own;
        impl std::fmt::Display for Own {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("own")
            }
        }
        impl Error for Own {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&Own)
            }
        }
        assert_eq!(causes_of(&Own).lines().filter(|line| *line == "caused by: own").count(), MAX_CAUSES);
    }
}
