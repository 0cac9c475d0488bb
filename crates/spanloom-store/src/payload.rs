//! The envelope in which heads and span chunks are stored: compressed where it pays, always with a checksum.
//!
//! ```text
//! byte 0      form: 0 = as it is, 1 = zstd
//! bytes 1-4   CRC32C, little-endian, of trace id, part number and the content as it was given
//! bytes 5-8   (zstd only) length of the content, little-endian
//! the rest    the content
//! ```
//!
//! The trace id and part number are in the checksum, so a row that ended up under another trace is found too.

use std::cell::RefCell;

use spanloom_core::TraceId;

use crate::error::PayloadError;

/// Content shorter than this is stored as it is: zstd would save little of it.
const WORTH_COMPRESSING_BYTES: usize = 256;
/// What a stored part may grow to when it is read. A chunk is about 64 KiB, or one span, and a span is smaller than a trace.
const MAX_CONTENT_BYTES: usize = 256 << 20;
const LEVEL: i32 = 1;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// Puts content into envelopes. Keeps zstd's working memory, which costs more than the compression of a small part.
pub(crate) struct Sealer {
    zstd: zstd::bulk::Compressor<'static>,
    scratch: Vec<u8>,
}

impl Sealer {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { zstd: zstd::bulk::Compressor::new(LEVEL)?, scratch: Vec::new() })
    }

    /// The envelope of one part.
    pub(crate) fn seal(&mut self, id: TraceId, part: u32, content: &[u8]) -> Vec<u8> {
        let checksum = checksum(id, part, content).to_le_bytes();
        let compressed = self.compress(content);
        let mut envelope = Vec::with_capacity(9 + compressed.unwrap_or(content).len());
        match (compressed, u32::try_from(content.len())) {
            (Some(compressed), Ok(length)) => {
                envelope.push(ZSTD);
                envelope.extend_from_slice(&checksum);
                envelope.extend_from_slice(&length.to_le_bytes());
                envelope.extend_from_slice(compressed);
            }
            _ => {
                envelope.push(PLAIN);
                envelope.extend_from_slice(&checksum);
                envelope.extend_from_slice(content);
            }
        }
        envelope
    }

    /// `None` where it does not pay: content that shrinks by less than an eighth is quicker to read as it is.
    fn compress(&mut self, content: &[u8]) -> Option<&[u8]> {
        if content.len() < WORTH_COMPRESSING_BYTES || content.len() > MAX_CONTENT_BYTES {
            return None;
        }
        self.scratch.clear();
        self.scratch.reserve(zstd::zstd_safe::compress_bound(content.len()));
        self.zstd.compress_to_buffer(content, &mut self.scratch).ok()?;
        (self.scratch.len() < content.len() - content.len() / 8).then_some(&self.scratch)
    }
}

/// The content of one part's envelope.
pub(crate) fn open(id: TraceId, part: u32, envelope: &[u8]) -> Result<Vec<u8>, PayloadError> {
    let (&form, rest) = envelope.split_first().ok_or(PayloadError::Form(part))?;
    let (expected, rest) = take_u32(rest).ok_or(PayloadError::Form(part))?;
    let content = match form {
        PLAIN => rest.to_vec(),
        ZSTD => {
            let (length, rest) = take_u32(rest).ok_or(PayloadError::Form(part))?;
            decompress(rest, length as usize).ok_or(PayloadError::Decompress(part))?
        }
        _ => return Err(PayloadError::Form(part)),
    };
    if checksum(id, part, &content) == expected { Ok(content) } else { Err(PayloadError::Checksum(part)) }
}

fn decompress(compressed: &[u8], length: usize) -> Option<Vec<u8>> {
    if length > MAX_CONTENT_BYTES {
        return None;
    }
    DECOMPRESSOR.with_borrow_mut(|zstd| {
        let mut content = Vec::with_capacity(length);
        zstd.as_mut().ok()?.decompress_to_buffer(compressed, &mut content).ok()?;
        (content.len() == length).then_some(content)
    })
}

thread_local! {
    /// Starting zstd costs more than decompressing a small part.
    static DECOMPRESSOR: RefCell<std::io::Result<zstd::bulk::Decompressor<'static>>> = RefCell::new(zstd::bulk::Decompressor::new());
}

fn checksum(id: TraceId, part: u32, content: &[u8]) -> u32 {
    let context = crc32c::crc32c(&id.to_u128().to_be_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(context, &part.to_le_bytes()), content)
}

fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*head), rest))
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(bits: u128) -> TraceId {
        TraceId::from_u128(bits).expect("not zero")
    }

    proptest! {
        #[test]
        fn content_comes_back_as_it_was(content in proptest::collection::vec(0u8..4, 0..5_000), part in any::<u32>()) {
            let envelope = Sealer::new().expect("zstd starts").seal(id(7), part, &content);
            prop_assert_eq!(open(id(7), part, &envelope).expect("undamaged"), content);
        }

        #[test]
        fn any_changed_byte_is_found(len in 1usize..2_000, at in any::<prop::sample::Index>(), flip in 1u8..) {
            let content: Vec<u8> = (0..len).map(|i| (i % 11) as u8).collect();
            let mut envelope = Sealer::new().expect("zstd starts").seal(id(7), 0, &content);
            let at = at.index(envelope.len());
            envelope[at] ^= flip;
            if let Ok(read) = open(id(7), 0, &envelope) {
                prop_assert_eq!(read, content);
            }
        }
    }

    #[test]
    fn a_part_of_another_trace_is_refused() {
        let envelope = Sealer::new().expect("zstd starts").seal(id(7), 1, b"content");
        assert!(matches!(open(id(8), 1, &envelope), Err(PayloadError::Checksum(1))));
        assert!(matches!(open(id(7), 2, &envelope), Err(PayloadError::Checksum(2))));
    }

    #[test]
    fn a_length_beyond_the_cap_is_refused_before_memory_is_taken() {
        let mut envelope = vec![ZSTD, 0, 0, 0, 0];
        envelope.extend_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(open(id(7), 0, &envelope), Err(PayloadError::Decompress(0))));
    }
}
