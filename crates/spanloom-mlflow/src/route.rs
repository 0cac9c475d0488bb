//! By which path the spans of a trace go.
//!
//! Pure, but for the time, which is given.

use std::time::{Duration, Instant};

use crate::config::SpanPath;

/// Above this a trace's spans go as one artifact: over OTLP they would keep the server busy for more than three seconds
/// (1.6 ms a span, measured on MLflow 3.17.2 with SQLite), and reading them back as long.
pub(crate) const LARGE_TRACE_SPANS: u64 = 2_000;
/// How long it is remembered that the server does not take spans over OTLP.
const REMEMBERED: Duration = Duration::from_secs(600);
/// The first version that takes spans over OTLP.
const OTLP_SINCE: (u64, u64) = (3, 4);
/// The first version that takes traces of this form at all.
pub(crate) const OLDEST: (u64, u64) = (3, 0);

/// What is known of the server's paths.
#[derive(Debug)]
pub(crate) struct Routes {
    wanted: SpanPath,
    version: Option<(u64, u64)>,
    no_otlp_since: Option<Instant>,
}

impl Routes {
    pub(crate) fn new(wanted: SpanPath) -> Self {
        Self { wanted, version: None, no_otlp_since: None }
    }

    /// Whether the server's version is to be asked for.
    pub(crate) fn wants_version(&self) -> bool {
        self.version.is_none()
    }

    /// What the server said; false when it is too old for anything.
    pub(crate) fn learn_version(&mut self, text: &str) -> bool {
        let mut numbers = text.split('.').map_while(|part| {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u64>().ok()
        });
        let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        self.version = (version >= OLDEST).then_some(version);
        version >= OLDEST
    }

    /// The server has no route for spans.
    pub(crate) fn learn_no_otlp(&mut self, now: Instant) {
        self.no_otlp_since = Some(now);
    }

    /// Whether a trace of so many spans goes over OTLP.
    pub(crate) fn is_otlp(&self, spans: u64, now: Instant) -> bool {
        let offered = self.version.is_none_or(|version| version >= OTLP_SINCE)
            && self.no_otlp_since.is_none_or(|since| now.saturating_duration_since(since) >= REMEMBERED);
        match self.wanted {
            SpanPath::Artifact => false,
            SpanPath::Otlp => true,
            SpanPath::Auto => offered && spans <= LARGE_TRACE_SPANS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: SpanPath, version: &str, spans: u64, is_otlp: bool) {
        let mut routes = Routes::new(wanted);
        assert!(routes.learn_version(version));
        assert_eq!(routes.is_otlp(spans, Instant::now()), is_otlp);
    }

    #[test]
    fn auto_goes_by_what_the_server_offers_and_what_the_trace_costs_it() {
        check(SpanPath::Auto, "3.17.2", 10, true);
        check(SpanPath::Auto, "3.17.2", LARGE_TRACE_SPANS + 1, false);
        check(SpanPath::Auto, "3.3.0", 10, false);
        check(SpanPath::Auto, "4.0.0rc1", 10, true);
    }

    #[test]
    fn a_path_that_was_asked_for_is_taken() {
        check(SpanPath::Otlp, "3.17.2", 1_000_000, true);
        check(SpanPath::Artifact, "3.17.2", 1, false);
    }

    #[test]
    fn a_missing_route_is_remembered_for_a_while() {
        let (mut routes, t0) = (Routes::new(SpanPath::Auto), Instant::now());
        routes.learn_no_otlp(t0);
        assert!(!routes.is_otlp(1, t0 + REMEMBERED / 2));
        assert!(routes.is_otlp(1, t0 + REMEMBERED));
    }

    #[test]
    fn versions_before_three_are_too_old() {
        assert!(!Routes::new(SpanPath::Auto).learn_version("2.22.0"));
        assert!(!Routes::new(SpanPath::Auto).learn_version("nonsense"));
    }
}
