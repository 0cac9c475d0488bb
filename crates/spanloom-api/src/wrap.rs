//! Tracing functions that one does not own.
//!
//! What a wrapper takes and gives is told by the arity of the function: see [`Arguments`]. The settings are a value,
//! [`Wrap`], that a name will do for.
//!
//! # Invariants
//! - A wrapper gives what the function gives, whether it records or not.
//! - A value that is not recorded is not serialised.

mod arity;
mod traced;

use std::borrow::Cow;
use std::fmt::Display;

use serde::Serialize;
use spanloom_core::{JsonText, LogLevel, SpanType};

pub use arity::{Arguments, Callable};
pub use traced::{WrappedFuture, WrappedStream, try_wrap_async, try_wrap_stream, wrap_async, wrap_stream};

use crate::hooks::{Call, Failure, Inputs, Opening, Receiver as _};

/// How the calls of a wrapped function are recorded; see [`wrap`]. A name alone will do for it.
#[derive(Clone, Debug)]
#[must_use = "it describes a wrapper that is made with `wrap` and its kin"]
pub struct Wrap {
    name: Cow<'static, str>,
    function_name: Option<Cow<'static, str>>,
    span_type: Option<SpanType>,
    sampling_ratio: Option<f64>,
    /// As JSON texts.
    arguments: Vec<JsonText>,
    attributes: Vec<(Cow<'static, str>, JsonText)>,
    description: Option<Cow<'static, str>>,
    log_level: Option<LogLevel>,
}

impl Wrap {
    /// Spans of this name.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            function_name: None,
            span_type: None,
            sampling_ratio: None,
            arguments: Vec::new(),
            attributes: Vec::new(),
            description: None,
            log_level: None,
        }
    }

    /// Names the arguments, in order. Those without a name are `arg0`, `arg1` and so on by their place.
    pub fn args<N: Into<Cow<'static, str>>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.arguments = names.into_iter().map(|name| JsonText::string(&name.into())).collect();
        self
    }

    /// Says what the spans stand for. Default `UNKNOWN`.
    pub fn span_type(mut self, span_type: impl Into<SpanType>) -> Self {
        self.span_type = Some(span_type.into());
        self
    }

    /// Sets an attribute of each span.
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        self.attributes.push((key.into(), JsonText::capture(&value)));
        self
    }

    /// Says how important the spans are; unset, that follows from their type and events.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = Some(level);
        self
    }

    /// Says in words what the function is for.
    pub fn description(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Keeps this share of the traces, 0 to 1, that begin with a call. Of no effect where a span is current.
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        self.sampling_ratio = Some(ratio);
        self
    }

    /// What `mlflow.spanFunctionName` says. Default: the function's own name; of a closure `<lambda>`, as in
    /// MLflow; of a function pointer the span's name.
    pub fn function_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.function_name = Some(name.into());
        self
    }
}

impl From<&'static str> for Wrap {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Wrap {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// Traces each call of a function: name, arguments, result, duration, panics.
///
/// Takes a name, or a [`Wrap`] that says more. The wrapper takes what the function takes, 0 to 8 arguments; an argument that
/// is a reference has one lifetime for all calls of the wrapper. A `Result` is a value like any other: where its error is to
/// be recorded as one, use [`try_wrap`].
///
/// ```
/// let pow = spanloom_api::wrap("pow", f64::powi);
/// assert_eq!(pow(4.0, 2), 16.0);
/// ```
pub fn wrap<F, A, R>(wrap: impl Into<Wrap>, f: F) -> A::Boxed<R>
where
    F: Callable<A, Output = R>,
    A: Arguments,
    R: Serialize,
{
    let wrap = wrap.into().of_function::<F>();
    A::boxed(move |arguments: A| {
        let call = wrap.open(&arguments).start();
        let value = call.run(|| f.call(arguments));
        gave(&call, &value);
        value
    })
}

/// As [`wrap`], for a function that gives a `Result`: of `Ok` the value is recorded, an `Err` with status ERROR.
///
/// ```
/// let parse = spanloom_api::try_wrap("parse", |text: &'static str| text.parse::<u8>());
/// assert_eq!(parse("7"), Ok(7));
/// ```
pub fn try_wrap<F, A, T, E>(wrap: impl Into<Wrap>, f: F) -> A::Boxed<Result<T, E>>
where
    F: Callable<A, Output = Result<T, E>>,
    A: Arguments,
    T: Serialize,
    E: Display,
{
    let wrap = wrap.into().of_function::<F>();
    A::boxed(move |arguments: A| {
        let call = wrap.open(&arguments).start();
        let result = call.run(|| f.call(arguments));
        gave_result(&call, &result);
        result
    })
}

impl Wrap {
    /// With the function's own name, unless it was given another.
    fn of_function<F>(self) -> Self {
        let own = || own_name(std::any::type_name::<F>()).unwrap_or_else(|| self.name.clone());
        Self { function_name: Some(self.function_name.clone().unwrap_or_else(own)), ..self }
    }

    /// What each call of items begins with: MLflow has no function name on them.
    fn of_items(self) -> Self {
        Self { function_name: None, ..self }
    }

    fn open<A: Arguments>(&self, arguments: &A) -> Opening {
        let mut opening = Opening::new(self.name.clone());
        if let Some(span_type) = &self.span_type {
            opening = opening.span_type(span_type.clone());
        }
        if let Some(ratio) = self.sampling_ratio {
            opening = opening.sampling_ratio(ratio);
        }
        if opening.is_recording() {
            self.describe(&mut opening);
            let mut inputs = Inputs::new();
            arguments.record(&self.arguments, &mut inputs);
            opening.inputs(inputs);
        }
        opening
    }

    fn describe(&self, opening: &mut Opening) {
        for (key, value) in &self.attributes {
            opening.keep(key.clone(), value.clone());
        }
        self.description.iter().for_each(|text| opening.description(text.clone()));
        self.log_level.iter().for_each(|&level| opening.log_level(level));
        self.function_name.iter().for_each(|name| opening.function_name(name.clone()));
    }
}

fn gave<T: Serialize>(call: &Call, value: &T) {
    call.outputs().plain(value);
}

fn gave_result<T: Serialize, E: Display>(call: &Call, result: &Result<T, E>) {
    match result {
        Ok(value) => gave(call, value),
        Err(error) if call.is_recording() => call.failed(&Failure::of_display(error)),
        Err(_) => {}
    }
}

/// The last part of a function's path, without generic arguments; `None` for what is no path, such as a function pointer.
fn own_name(type_name: &str) -> Option<Cow<'static, str>> {
    let path = without_arguments(type_name);
    let last = path.rsplit("::").next().unwrap_or(path);
    match last {
        "{{closure}}" => Some(Cow::Borrowed("<lambda>")),
        name if name.contains(|c: char| !(c.is_alphanumeric() || c == '_')) || name.is_empty() => None,
        name => Some(Cow::Owned(name.to_owned())),
    }
}

/// `a::<impl b<c>>::d` of `a::<impl b<c>>::d<e>`.
fn without_arguments(path: &str) -> &str {
    let Some(inner) = path.strip_suffix('>') else { return path };
    let mut depth = 1;
    for (at, byte) in inner.bytes().enumerate().rev() {
        match byte {
            b'>' => depth += 1,
            b'<' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &inner[..at];
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::own_name;

    #[test]
    fn the_name_of_a_function_is_the_last_part_of_its_path() {
        let name_of = |path| own_name(path).unwrap_or_default();
        assert_eq!(name_of("core::f64::<impl f64>::powi"), "powi");
        assert_eq!(name_of("tokio::fs::read::read<alloc::vec::Vec<u8>>"), "read");
        assert_eq!(name_of("program::main::{{closure}}"), "<lambda>");
        assert_eq!(name_of("fn(f64, i32) -> f64"), "");
        assert_eq!(name_of("alloc::boxed::Box<dyn core::ops::function::Fn(u8) -> u8>"), "");
    }
}
