//! The figures, what they consist of, and what they should be.

use std::fmt;

use clap::ValueEnum;

use super::args::Sizes;
use super::{causal, idle, inert, live, messages, stored};
use crate::child::Readings;
use crate::loom::EVERY_SPAN;

/// A group of readings that one child process takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Figure {
    /// What each kind of message costs while it is recorded.
    Messages,
    /// The same calls when no engine is installed.
    NotInstalled,
    /// The same calls when the trace is sampled out.
    SampledOut,
    /// What an open span weighs.
    Live,
    /// Spans per second into the store, where none may be lost.
    Store,
    /// The same with the default policy, which never waits.
    StoreDropTrace,
    /// CPU of the engine while nothing happens.
    Idle,
    /// Traces that ended on another thread than their last child, and were not whole.
    Causal,
}

/// What a reading should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// Nothing was promised.
    None,
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

/// One line of a figure's table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    /// The name between the child process and its parent.
    pub(super) key: String,
    /// What is measured, with the unit.
    pub(super) what: String,
    /// What it should be.
    pub(super) goal: Goal,
}

impl Reading {
    pub(super) fn new(key: &str, what: &str, goal: Goal) -> Self {
        Self { key: key.to_owned(), what: what.to_owned(), goal }
    }
}

impl Figure {
    /// What stands above its table.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Messages => "recorded, one thread, sink only",
            Self::NotInstalled => "no engine installed",
            Self::SampledOut => "every trace sampled out",
            Self::Live => "open spans in 100 traces, over the empty process",
            Self::Store => "into the store from 4 threads, `Overflow::Block`",
            Self::StoreDropTrace => "into the store from 4 threads, `Overflow::DropTrace`",
            Self::Idle => "an engine with a store, nothing happening",
            Self::Causal => "children that end on 4 other threads just before their root",
        }
    }

    /// The lines of its table.
    pub(super) fn readings(self) -> Vec<Reading> {
        match self {
            Self::Messages => messages::readings(),
            Self::NotInstalled | Self::SampledOut => inert::readings(),
            Self::Live => live::readings(),
            Self::Store => stored::readings(true),
            Self::StoreDropTrace => stored::readings(false),
            Self::Idle => idle::readings(),
            Self::Causal => causal::readings(),
        }
    }

    /// Takes it in this process.
    pub(super) fn measure(self, sizes: &Sizes) -> Readings {
        match self {
            Self::Messages => messages::measure(),
            Self::NotInstalled => inert::not_installed(),
            Self::SampledOut => inert::sampled_out(),
            Self::Live => live::measure(sizes.live),
            Self::Store => stored::measure(sizes.spans, EVERY_SPAN),
            Self::StoreDropTrace => stored::measure(sizes.spans, spanloom::Overflow::DropTrace),
            Self::Idle => idle::measure(sizes.idle_s),
            Self::Causal => causal::measure(sizes.traces),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no figure is hidden from the command line");
        f.write_str(value.get_name())
    }
}
