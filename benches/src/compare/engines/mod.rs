//! The engines under measurement, each in its own file.

mod fastrace;
mod none;
mod opentelemetry;
mod spanloom;
mod tracing;

use super::cell::Cells;

/// All of them, in the order of the tables.
pub(super) const ALL: &[Cells] = &[
    Cells::of::<none::Nothing>(),
    Cells::of::<spanloom::Handles<spanloom::SinkAlone>>(),
    Cells::of::<spanloom::Blocks>(),
    Cells::of::<spanloom::Handles<spanloom::Dropping>>(),
    Cells::of::<spanloom::Handles<spanloom::Stored>>(),
    Cells::of::<fastrace::WithSpan>(),
    Cells::of::<fastrace::WithLocalSpan>(),
    Cells::of::<opentelemetry::Sdk>(),
    Cells::of::<tracing::EmptyLayer>(),
    Cells::of::<tracing::OpenTelemetryLayer>(),
];

/// Their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|cells| cells.name)
}

/// The engine of this name.
pub(super) fn find(name: &str) -> Cells {
    let found = ALL.iter().find(|cells| cells.name == name);
    *found.expect("the command line takes only names of the list")
}
