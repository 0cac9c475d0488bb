//! Settings from the environment.

use std::time::Duration;

use spanloom_api::{Capture, Overflow};
use spanloom_core::Limits;

use crate::builder::{Builder, StoreChoice};
use crate::error::Error;

const RATIO: &str = "a number from 0 to 1";
const COUNT: &str = "a whole number above 0";
const SIZE: &str = "a size such as `64MiB`, `512KiB` or `1048576`";
const STORE_SIZE: &str = "a size of 1 MiB or more, such as `2GiB` or `64MiB`";
const TIME: &str = "a time such as `30s`, `250ms`, `2m`, `72h` or `7d`";
const WAIT: &str = "a time above 0, such as `30s`, `250ms` or `2m`";
const OVERFLOW: &str = "`drop-trace`, or `block:` and a time such as `block:50ms`";
pub(crate) const SWITCH: &str = "`1`, `true`, `0` or `false`";
const CAPTURE: &str = "`none`, `metadata` or `full`";
const PATH: &str = "text in UTF-8; give any other path to `Builder::store`";

/// Puts what the environment says over the settings. `variable` looks one up.
pub(crate) fn apply(mut builder: Builder, variable: impl Fn(&str) -> Option<String>) -> Result<Builder, Error> {
    let set = |name: &'static str| variable(name).filter(|value| !value.is_empty());
    if let Some(value) = set("SPANLOOM_STORE") {
        if value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Error::Config { key: "SPANLOOM_STORE", value, expected: PATH });
        }
        builder.store = StoreChoice::File(value.into());
    }
    for name in ["MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "SPANLOOM_EXPERIMENT"] {
        builder.experiment = set(name).or(builder.experiment);
    }
    for name in ["MLFLOW_TRACE_SAMPLING_RATIO", "SPANLOOM_SAMPLING_RATIO"] {
        let ratio = |text: &str| text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio));
        builder.sampling_ratio = parsed(name, set(name), RATIO, ratio)?.unwrap_or(builder.sampling_ratio);
    }
    builder.disabled =
        parsed("SPANLOOM_DISABLED", set("SPANLOOM_DISABLED"), SWITCH, switch)?.unwrap_or(builder.disabled);
    builder.privacy.capture =
        parsed("SPANLOOM_CAPTURE", set("SPANLOOM_CAPTURE"), CAPTURE, capture)?.unwrap_or(builder.privacy.capture);
    builder.overflow =
        parsed("SPANLOOM_OVERFLOW", set("SPANLOOM_OVERFLOW"), OVERFLOW, overflow)?.unwrap_or(builder.overflow);
    #[cfg(any(feature = "mlflow", feature = "otlp"))]
    builder.destinations.add_from_environment(&set)?;
    limits(&mut builder.limits, &set)?;
    for (name, wait) in [
        ("SPANLOOM_REQUEST_TIMEOUT", &mut builder.request_timeout),
        ("SPANLOOM_SUSPECT_INTERVAL", &mut builder.suspect_interval),
    ] {
        let above_zero = |text: &str| time(text).filter(|time| !time.is_zero());
        *wait = parsed(name, set(name), WAIT, above_zero)?.unwrap_or(*wait);
    }
    match parsed("SPANLOOM_MEMORY_LIMIT", set("SPANLOOM_MEMORY_LIMIT"), SIZE, size)? {
        Some(bytes) => Ok(builder.memory_limit(bytes)),
        None => Ok(builder),
    }
}

/// The limits that have a variable each.
fn limits(limits: &mut Limits, set: &impl Fn(&'static str) -> Option<String>) -> Result<(), Error> {
    let count = |text: &str| text.parse().ok().filter(|count| *count > 0);
    if let Some(spans) = parsed("SPANLOOM_MAX_SPANS_PER_TRACE", set("SPANLOOM_MAX_SPANS_PER_TRACE"), COUNT, count)? {
        limits.spans_per_trace = spans;
    }
    if let Some(bytes) = parsed("SPANLOOM_MAX_TRACE_BYTES", set("SPANLOOM_MAX_TRACE_BYTES"), SIZE, size)? {
        limits.trace_bytes = bytes;
    }
    if let Some(linger) = parsed("SPANLOOM_LINGER", set("SPANLOOM_LINGER"), TIME, time)? {
        limits.linger = linger;
    }
    let store_size =
        |text: &str| size(text).map(|bytes| bytes as u64).filter(|size| *size >= Limits::LEAST_STORE_BYTES);
    if let Some(bytes) = parsed("SPANLOOM_STORE_LIMIT", set("SPANLOOM_STORE_LIMIT"), STORE_SIZE, store_size)? {
        limits.store_bytes = bytes;
    }
    if let Some(age) = parsed("SPANLOOM_STORE_AGE", set("SPANLOOM_STORE_AGE"), TIME, time)? {
        limits.store_age = age;
    }
    if let Some(bytes) = parsed("SPANLOOM_OUTBOX_LIMIT", set("SPANLOOM_OUTBOX_LIMIT"), SIZE, size)? {
        limits.outbox_bytes = bytes as u64;
    }
    if let Some(age) = parsed("SPANLOOM_OUTBOX_AGE", set("SPANLOOM_OUTBOX_AGE"), TIME, time)? {
        limits.outbox_age = age;
    }
    Ok(())
}

/// The one place where the environment is read. What is no text is given with [`char::REPLACEMENT_CHARACTER`] in it, so
/// that it is refused and not overlooked.
pub(crate) fn process_variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

pub(crate) fn parsed<T>(
    key: &'static str,
    value: Option<String>,
    expected: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Error> {
    let Some(value) = value else { return Ok(None) };
    match parse(value.trim()) {
        Some(parsed) => Ok(Some(parsed)),
        None => Err(Error::Config { key, value, expected }),
    }
}

pub(crate) fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn capture(text: &str) -> Option<Capture> {
    match text.to_ascii_lowercase().as_str() {
        "none" => Some(Capture::None),
        "metadata" => Some(Capture::Metadata),
        "full" => Some(Capture::Full),
        _ => None,
    }
}

fn overflow(text: &str) -> Option<Overflow> {
    match text.split_once(':') {
        None if text == "drop-trace" => Some(Overflow::DropTrace),
        Some(("block", deadline)) => Some(Overflow::Block { deadline: time(deadline)? }),
        _ => None,
    }
}

/// A size in bytes. Above 0.
fn size(text: &str) -> Option<usize> {
    let (number, unit) = split_unit(text);
    let factor: usize = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<usize>().ok()?.checked_mul(factor).filter(|bytes| *bytes > 0)
}

fn time(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3_600).map(Duration::from_secs),
        "d" => number.checked_mul(86_400).map(Duration::from_secs),
        _ => None,
    }
}

fn split_unit(text: &str) -> (&str, &str) {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    (number, unit.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Builder, Error> {
        let lookup = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        apply(Builder::default(), lookup)
    }

    #[test]
    fn each_variable_sets_what_it_names() {
        let builder = with(&[
            ("SPANLOOM_STORE", "a.db"),
            ("MLFLOW_EXPERIMENT_NAME", "weaker"),
            ("SPANLOOM_EXPERIMENT", "agent"),
            ("SPANLOOM_SAMPLING_RATIO", "0.25"),
            ("SPANLOOM_OVERFLOW", "block:50ms"),
            ("SPANLOOM_LINGER", "2m"),
            ("SPANLOOM_CAPTURE", "metadata"),
            ("SPANLOOM_MAX_TRACE_BYTES", "64MiB"),
            ("SPANLOOM_STORE_LIMIT", "3GiB"),
            ("SPANLOOM_STORE_AGE", "30d"),
            ("SPANLOOM_OUTBOX_LIMIT", "65536"),
            ("SPANLOOM_OUTBOX_AGE", "12h"),
            ("SPANLOOM_REQUEST_TIMEOUT", "5s"),
            ("SPANLOOM_SUSPECT_INTERVAL", "250ms"),
        ])
        .expect("all are of their form");
        assert_eq!(builder.store, StoreChoice::File("a.db".into()));
        assert_eq!(builder.experiment.as_deref(), Some("agent"));
        assert_eq!(builder.sampling_ratio, 0.25);
        assert_eq!(builder.privacy.capture, Capture::Metadata);
        assert_eq!(builder.overflow, Overflow::Block { deadline: Duration::from_millis(50) });
        assert_eq!(builder.limits.linger, Duration::from_secs(120));
        assert_eq!(builder.limits.trace_bytes, 64 << 20);
        assert_eq!((builder.limits.store_bytes, builder.limits.outbox_bytes), (3 << 30, 65_536));
        let ages = (builder.limits.store_age, builder.limits.outbox_age);
        assert_eq!(ages, (Duration::from_secs(30 * 86_400), Duration::from_secs(12 * 3_600)));
        let waits = (builder.request_timeout, builder.suspect_interval);
        assert_eq!(waits, (Duration::from_secs(5), Duration::from_millis(250)));
    }

    #[test]
    fn a_value_that_is_not_of_its_form_is_named_with_what_is_accepted() {
        for (name, value) in [
            ("SPANLOOM_SAMPLING_RATIO", "1.5"),
            ("SPANLOOM_SAMPLING_RATIO", "NaN"),
            ("SPANLOOM_OVERFLOW", "block"),
            ("SPANLOOM_LINGER", "60"),
            ("SPANLOOM_MEMORY_LIMIT", "lots"),
            ("SPANLOOM_MAX_SPANS_PER_TRACE", "0"),
            ("SPANLOOM_DISABLED", "maybe"),
            ("SPANLOOM_CAPTURE", "some"),
            ("SPANLOOM_STORE_LIMIT", "1023KiB"),
            ("SPANLOOM_STORE_LIMIT", "64MB"),
            ("SPANLOOM_STORE_AGE", "7"),
            ("SPANLOOM_STORE_AGE", "-1d"),
            ("SPANLOOM_OUTBOX_LIMIT", "0"),
            ("SPANLOOM_OUTBOX_AGE", "1w"),
            ("SPANLOOM_REQUEST_TIMEOUT", "0s"),
            ("SPANLOOM_SUSPECT_INTERVAL", "often"),
        ] {
            let text = with(&[(name, value)]).expect_err(name).to_string();
            assert!(text.contains(name) && text.contains(value), "{text}");
        }
    }
}
