//! What the engines are made to do.

use std::fmt;

use clap::ValueEnum;

/// What the engines are made to do. A span is a start and an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Workload {
    /// A root with one child.
    A,
    /// A root with 100 children, one after another.
    B,
    /// 100 spans nested in each other under a root.
    C,
    /// Three attributes and one event per span.
    D,
    /// 2 KiB of input and 2 KiB of output per span.
    E,
    /// One parent, 1,000 children from one thread.
    F1,
    /// One parent, 1,000 children from 2 threads.
    F2,
    /// One parent, 1,000 children from 4 threads.
    F4,
    /// 100 tokio tasks per root.
    G,
    /// Set up, but every trace sampled out.
    J,
    /// Nothing set up at all.
    #[value(name = "j-off")]
    JOff,
    /// As `a`, 200,000 spans between two flushes.
    #[value(name = "a-big")]
    ABig,
    /// As `b`, 200,000 spans between two flushes.
    #[value(name = "b-big")]
    BBig,
    /// 1,000,000 spans flat out from one thread, queues as they are by default.
    H,
    /// 1,000,000 spans flat out from two threads.
    H2,
    /// 500,000 spans flat out into a sink that takes its time over each.
    #[value(name = "h-slow")]
    HSlow,
    /// Live spans: what one weighs.
    I,
}

impl Workload {
    /// What its table says above.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::A => "root + 1 child",
            Self::B => "root + 100 sequential children",
            Self::C => "root + 100 nested",
            Self::D => "3 attributes + 1 event per span",
            Self::E => "2 KiB input + 2 KiB output per span",
            Self::F1 => "one parent, 1000 children, 1 thread",
            Self::F2 => "one parent, 1000 children, 2 threads",
            Self::F4 => "one parent, 1000 children, 4 threads",
            Self::G => "100 tokio tasks per root (foreground: CPU of the whole process until the tasks are done)",
            Self::J => "sampled out",
            Self::JOff => "nothing installed",
            Self::ABig => "root + 1 child, 200000 spans between flushes",
            Self::BBig => "root + 100 children, 200000 spans between flushes",
            Self::H => "1M spans flat out, 1 thread, default queues",
            Self::H2 => "1M spans flat out, 2 threads, default queues",
            Self::HSlow => "500k spans flat out into a slow sink, default queues",
            Self::I => "live spans",
        }
    }

    /// Spans of one sample, about, where samples are repeated.
    pub(super) fn spans_per_sample(self) -> u64 {
        match self {
            Self::E => 1_100,
            Self::F1 | Self::F2 | Self::F4 => 4_004,
            Self::ABig | Self::BBig => 200_000,
            _ => 4_040,
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value().expect("no workload is hidden from the command line");
        f.write_str(value.get_name())
    }
}
