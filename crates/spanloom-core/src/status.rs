//! How a span ended.

/// How a span ended, by OpenTelemetry's three codes.
///
/// A new span is [`Unset`](Self::Unset) and becomes [`Ok`](Self::Ok) when it ends. Once `Ok` was set it is final;
/// an error can be replaced by `Ok` or by another error; setting `Unset` changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpanStatus {
    /// Nothing was said yet.
    #[default]
    Unset,
    /// It did what it should.
    Ok,
    /// It failed; the text says how and may be empty.
    Error(String),
}

impl SpanStatus {
    /// An error with this description.
    pub fn error(description: impl Into<String>) -> Self {
        Self::Error(description.into())
    }

    /// Whether this is an error.
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Error(_))
    }

    /// OpenTelemetry's name of the code, as MLflow's JSON has it: `STATUS_CODE_OK` and so on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unset => "STATUS_CODE_UNSET",
            Self::Ok => "STATUS_CODE_OK",
            Self::Error(_) => "STATUS_CODE_ERROR",
        }
    }

    /// The status after `next` was set on a span that has this one.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Ok, _) => Self::Ok,
            (current, Self::Unset) => current,
            (_, next) => next,
        }
    }

    /// The status with which a span ends that had this one.
    #[must_use]
    pub fn at_end(self) -> Self {
        match self {
            Self::Unset => Self::Ok,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SpanStatus::{self, Error, Ok, Unset};

    #[track_caller]
    fn check(set: &[SpanStatus], expected: SpanStatus) {
        let folded = set.iter().cloned().fold(Unset, SpanStatus::then).at_end();
        assert_eq!(folded, expected);
    }

    #[test]
    fn ok_is_final_and_errors_can_be_replaced() {
        let error = SpanStatus::error;
        check(&[], Ok);
        check(&[Unset], Ok);
        check(&[error("a")], error("a"));
        check(&[error("a"), Ok], Ok);
        check(&[Ok, error("a")], Ok);
        check(&[error("a"), error("b")], error("b"));
        check(&[error("a"), Unset], Error("a".into()));
    }
}
