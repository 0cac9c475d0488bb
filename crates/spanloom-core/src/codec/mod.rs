//! The binary form of pieces of spans: what journals, stored traces and the way between threads consist of.
//!
//! A body is parts one after another, nothing before, between or behind them, so bodies can be joined and cut between parts.
//! A span may have several parts: [`assemble`](crate::assemble) puts them together.
//!
//! ```text
//! part     = version (1 byte: 1)  length of payload (varint)  CRC32C of version, length and payload (4 bytes)  payload
//! payload  = flags  span id (8 bytes)  [parent id (8)]  [name  start (8)]  [end]  [error text]  [attributes] [events] [links]
//! flags    = 1 started · 2 has parent · 4 ended · 8, 16 status (0 none, 8 unset, 16 ok, 24 error) · 32 attributes · 64 events · 128 links
//! end      = varint of zigzag of (end - start) when the part has a start, else 8 bytes; event times likewise
//! text     = length (varint)  UTF-8
//! key      = number of a known key (varint, from 1), or 0 and a text
//! lists    = count (varint)  items: key text · name time attributes · trace id (16) span id (8) attributes
//! ```
//! Integers are little-endian, varints LEB128 of up to ten bytes.
//!
//! # Promises
//! - What was encoded is decoded equal, and one value has one encoding.
//! - Damage is found: a changed or missing byte is an error, or falls into parts behind the ones that are given out.
//! - Hostile input gives an error, never a panic, and no list is allocated for more items than bytes are left for.

mod decode;
mod encode;
mod error;
mod key;
mod part;
mod varint;

pub use decode::{PartReader, decode_parts};
pub use encode::encode_part;
pub use error::CodecError;
pub use part::{Attribute, EventPart, LinkPart, PartStart, SpanPart, StatusPart};

/// About how many bytes of a stored trace are read at once; see [`SealedTrace::chunk_ends`](crate::SealedTrace::chunk_ends).
pub const CHUNK_BYTES: usize = 64 * 1024;

/// The first byte of every part. Another one stands for another layout.
const VERSION: u8 = 1;

/// Which pieces a payload has.
mod flag {
    pub(super) const STARTED: u8 = 1;
    pub(super) const HAS_PARENT: u8 = 1 << 1;
    pub(super) const ENDED: u8 = 1 << 2;
    pub(super) const STATUS: u8 = 0b11 << 3;
    pub(super) const STATUS_UNSET: u8 = 0b01 << 3;
    pub(super) const STATUS_OK: u8 = 0b10 << 3;
    pub(super) const STATUS_ERROR: u8 = 0b11 << 3;
    pub(super) const ATTRIBUTES: u8 = 1 << 5;
    pub(super) const EVENTS: u8 = 1 << 6;
    pub(super) const LINKS: u8 = 1 << 7;
}

#[cfg(test)]
mod tests;
