#![doc = include_str!("../README.md")]

mod differ;
mod sink;
mod tree;

pub use differ::assert_tree;
pub use sink::{Answer, Received, TestSink};
pub use tree::SpanTree;
