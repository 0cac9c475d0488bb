//! From traces to text for a terminal.
//!
//! Everything here is pure: data, a width and a moment in, text out. The text always has colours; the stream it is
//! written to takes them away where they are not wanted. Whatever comes from a trace goes through [`escape`] first.

pub(crate) mod escape;
pub(crate) mod header;
pub(crate) mod moment;
pub(crate) mod outline;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod timeline;
pub(crate) mod tree;

#[cfg(test)]
pub(crate) mod sample;
