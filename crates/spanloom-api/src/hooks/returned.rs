//! Whether a returned value is a `Result`, by its type and not by how it is written.

use std::convert::Infallible;

/// A value that a function returned, or an item that a stream gave.
#[expect(missing_debug_implementations, reason = "lives within one expression of the expansion")]
pub struct Returned<'a, T: ?Sized>(pub &'a T);

/// Of a `Result`.
pub trait ResultReturned<'a> {
    /// What it holds when all went well.
    type Value: 'a;
    /// What it holds otherwise.
    type Error: 'a;

    /// The parts.
    ///
    /// # Errors
    /// When the value is an error.
    fn spanloom_split(&self) -> Result<&'a Self::Value, &'a Self::Error>;
}

impl<'a, T, E> ResultReturned<'a> for &Returned<'a, Result<T, E>> {
    type Value = T;
    type Error = E;

    fn spanloom_split(&self) -> Result<&'a T, &'a E> {
        self.0.as_ref()
    }
}

/// Of anything else, which is never an error.
pub trait AnyReturned<'a> {
    /// The value itself.
    type Value: ?Sized + 'a;

    /// The value.
    ///
    /// # Errors
    /// Never.
    fn spanloom_split(&self) -> Result<&'a Self::Value, &'a Infallible>;
}

impl<'a, T: ?Sized> AnyReturned<'a> for Returned<'a, T> {
    type Value = T;

    fn spanloom_split(&self) -> Result<&'a T, &'a Infallible> {
        Ok(self.0)
    }
}

#[cfg(test)]
#[expect(clippy::needless_borrow, reason = "method lookup begins at the receiver with all its references")]
mod tests {
    use super::super::ladder::*;
    use super::Returned;

    type Aliased = std::io::Result<u8>;

    #[test]
    fn a_result_is_recognised_by_its_type() {
        let (ok, err): (Aliased, Aliased) = (Ok(1), Err(std::io::ErrorKind::NotFound.into()));
        assert_eq!((&&Returned(&ok)).spanloom_split().ok(), Some(&1));
        assert!((&&Returned(&err)).spanloom_split().is_err());
        assert_eq!((&&Returned(&Some(1))).spanloom_split(), Ok(&Some(1)));
    }
}
