//! What an answer says about a batch.

use crate::http::{Answer, HttpError};

/// What an answer says about what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// Nothing is wrong; later.
    Later,
    /// Something in it may be what the destination cannot take.
    PayloadSuspect,
    /// The destination cannot take anything: credentials, address, route.
    DestinationSuspect,
}

impl Verdict {
    /// By the status of an answer.
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Self::Taken,
            408 | 425 | 429 | 502 | 503 | 504 => Self::Later,
            400 | 413 | 422 | 500 => Self::PayloadSuspect,
            _ => Self::DestinationSuspect,
        }
    }

    /// Of what came back, or did not.
    pub fn of(answered: &Result<Answer, HttpError>) -> Self {
        match answered {
            Ok(answer) => Self::of_status(answer.status),
            Err(_) => Self::Later,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_class() {
        let check = |class, statuses: &[u16]| {
            for status in statuses {
                assert_eq!(Verdict::of_status(*status), class, "{status}");
            }
        };
        check(Verdict::Taken, &[200, 202, 204]);
        check(Verdict::Later, &[408, 429, 502, 503, 504]);
        check(Verdict::PayloadSuspect, &[400, 413, 422, 500]);
        check(Verdict::DestinationSuspect, &[301, 302, 307, 401, 403, 404, 405, 415, 501]);
    }
}
