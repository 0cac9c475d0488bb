//! What an error or a panic says, by the best means its type has.
//!
//! `(&&&&Raised(&e)).spanloom_failure()` picks the first of: `Error` (with what caused it), `Display`, `Debug`, the type's name.

use std::any::Any;
use std::error::Error;
use std::fmt::{Debug, Display};

use spanloom_core::{causes_of, error_trace, error_type_name};

use super::value::text;

/// The type name of a panic.
const PANIC: &str = "panic";

/// What an error says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The name of its type; see [`error_type_name`].
    pub type_name: String,
    /// Its text.
    pub message: String,
    /// Its type, its text, and the texts of what caused it, a line each.
    pub stacktrace: String,
}

impl Failure {
    fn new<E: ?Sized>(message: String, rest: &str) -> Self {
        let type_name = error_type_name::<E>();
        let stacktrace = format!("{type_name}: {message}{rest}");
        Self { type_name, message, stacktrace }
    }

    /// What an error says of which no more is known than its text.
    pub(crate) fn of_display<E: Display + ?Sized>(error: &E) -> Self {
        (&&Raised(error)).spanloom_failure()
    }

    /// What a panic says, as far as its payload is a text.
    pub(super) fn of_panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&'static str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let message = text.unwrap_or("the payload is not a text").to_owned();
        Self { type_name: PANIC.to_owned(), stacktrace: format!("{PANIC}: {message}"), message }
    }
}

/// An error to be described.
#[expect(missing_debug_implementations, reason = "lives within one expression of the expansion")]
pub struct Raised<'a, E: ?Sized>(pub &'a E);

/// Of a type with causes.
pub trait ErrorRaised {
    /// Its text, and those of what caused it.
    fn spanloom_failure(&self) -> Failure;
}

impl<E: Error + ?Sized> ErrorRaised for &&&Raised<'_, E> {
    fn spanloom_failure(&self) -> Failure {
        Failure::new::<E>(text(|| self.0.to_string()), &text(|| causes_of(self.0)))
    }
}

/// Of a type with a text.
pub trait DisplayRaised {
    /// Its text; its alternate form, where that is another, is told as the stack trace.
    fn spanloom_failure(&self) -> Failure;
}

impl<E: Display + ?Sized> DisplayRaised for &&Raised<'_, E> {
    fn spanloom_failure(&self) -> Failure {
        let mut failure = Failure::new::<E>(text(|| self.0.to_string()), "");
        failure.stacktrace = text(|| error_trace(&failure.type_name, self.0));
        failure
    }
}

/// Of a type with a debug form.
pub trait DebugRaised {
    /// Its debug form.
    fn spanloom_failure(&self) -> Failure;
}

impl<E: Debug + ?Sized> DebugRaised for &Raised<'_, E> {
    fn spanloom_failure(&self) -> Failure {
        Failure::new::<E>(text(|| format!("{:?}", self.0)), "")
    }
}

/// Of any other type.
pub trait NameRaised {
    /// The type's name.
    fn spanloom_failure(&self) -> Failure;
}

impl<E: ?Sized> NameRaised for Raised<'_, E> {
    fn spanloom_failure(&self) -> Failure {
        Failure::new::<E>(std::any::type_name::<E>().to_owned(), "")
    }
}

#[cfg(test)]
#[expect(clippy::needless_borrow, reason = "method lookup begins at the receiver with all its references")]
mod tests {
    use std::error::Error;
    use std::fmt;

    use super::super::ladder::*;
    use super::{Failure, Raised};

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("outer")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[derive(Debug)]
    struct Debugged<T>(T);

    struct Bare;

    #[track_caller]
    fn check(failure: &Failure, type_name: &str, message: &str, stacktrace: &str) {
        assert_eq!((&*failure.type_name, &*failure.message, &*failure.stacktrace), (type_name, message, stacktrace));
    }

    #[test]
    fn an_error_is_told_by_the_best_means_of_its_type() {
        let outer = Outer("x".parse::<u8>().unwrap_err());
        let causes = "Outer: outer\ncaused by: invalid digit found in string";
        check(&(&&&&Raised(&outer)).spanloom_failure(), "Outer", "outer", causes);
        check(&(&&&&Raised(&"text")).spanloom_failure(), "Exception", "text", "Exception: text");
        check(&(&&&&Raised(&Debugged(1))).spanloom_failure(), "Debugged", "Debugged(1)", "Debugged: Debugged(1)");
        assert!((&&&&Raised(&Bare)).spanloom_failure().message.ends_with("Bare"));
    }

    #[test]
    fn a_panic_is_told_by_its_payload() {
        check(&Failure::of_panic(&"static"), "panic", "static", "panic: static");
        check(&Failure::of_panic(&String::from("owned")), "panic", "owned", "panic: owned");
        assert_eq!(Failure::of_panic(&7).message, "the payload is not a text");
    }
}
