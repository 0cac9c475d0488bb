//! Reading parts.

use std::borrow::Cow;
use std::iter::FusedIterator;

use super::{Attribute, CodecError, EventPart, LinkPart, PartStart, SpanPart, StatusPart, VERSION, flag, key, varint};
use crate::{SpanId, TraceId};

/// Reads parts one after another, borrowing their texts from the body. The first error ends it.
pub fn decode_parts(body: &[u8]) -> PartReader<'_> {
    PartReader { body, at: 0 }
}

/// The parts of a body; see [`decode_parts`].
#[derive(Clone, Debug)]
pub struct PartReader<'a> {
    body: &'a [u8],
    at: usize,
}

impl PartReader<'_> {
    /// Where the next part begins, counted from the beginning of the body; after an error, where the bad one does.
    pub const fn offset(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for PartReader<'a> {
    type Item = Result<SpanPart<'a>, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.body.len() {
            return None;
        }
        let part = frame(self.body, self.at).and_then(|mut payload| {
            let part = payload.part()?;
            payload.expect_end()?;
            Ok((part, payload.at))
        });
        Some(match part {
            Ok((part, end)) => {
                self.at = end;
                Ok(part)
            }
            Err(error) => {
                self.body = &self.body[..self.at];
                Err(error)
            }
        })
    }
}

impl FusedIterator for PartReader<'_> {}

/// The payload of the part that begins here, once its checksum fits.
fn frame(body: &[u8], offset: usize) -> Result<Payload<'_>, CodecError> {
    let truncated = CodecError::Truncated { offset };
    let part = &body[offset..];
    match part.first() {
        Some(&VERSION) => {}
        Some(&found) => return Err(CodecError::Version { offset, found }),
        None => return Err(truncated),
    }
    let Some((len, width)) = varint::get(&part[1..]) else { return Err(truncated) };
    let head = 1 + width;
    let Some((checksum, rest)) = part[head..].split_first_chunk::<4>() else { return Err(truncated) };
    let payload = usize::try_from(len).ok().and_then(|len| rest.get(..len));
    let Some(payload) = payload else { return Err(truncated) };
    if crc32c::crc32c_append(crc32c::crc32c(&part[..head]), payload) != u32::from_le_bytes(*checksum) {
        return Err(CodecError::Checksum { offset });
    }
    let start = offset + head + 4;
    Ok(Payload { body: &body[..start + payload.len()], at: start })
}

/// A place in a body up to the end of one part. The checksum has been checked, yet whoever can write a file can write that too.
struct Payload<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Payload<'a> {
    fn part(&mut self) -> Result<SpanPart<'a>, CodecError> {
        let flags = self.u8()?;
        let has = |bit: u8| flags & bit != 0;
        let mut part = SpanPart::new(self.span_id()?);
        if has(flag::STARTED) {
            part.start = Some(self.start(has(flag::HAS_PARENT))?);
        } else if has(flag::HAS_PARENT) {
            return Err(self.malformed("a parent without a start"));
        }
        let base = part.start.as_ref().map(|start| start.start_unix_nano);
        if has(flag::ENDED) {
            part.end_unix_nano = Some(self.time(base)?);
        }
        part.status = match flags & flag::STATUS {
            flag::STATUS_UNSET => Some(StatusPart::Unset),
            flag::STATUS_OK => Some(StatusPart::Ok),
            flag::STATUS_ERROR => Some(StatusPart::Error(self.text()?)),
            _ => None,
        };
        if has(flag::ATTRIBUTES) {
            part.attributes = self.list(MIN_ATTRIBUTE, 1, Self::attribute)?;
        }
        if has(flag::EVENTS) {
            part.events = self.list(MIN_EVENT, 1, |this| this.event(base))?;
        }
        if has(flag::LINKS) {
            part.links = self.list(MIN_LINK, 1, Self::link)?;
        }
        Ok(part)
    }

    fn start(&mut self, has_parent: bool) -> Result<PartStart<'a>, CodecError> {
        Ok(PartStart {
            parent_id: if has_parent { Some(self.span_id()?) } else { None },
            name: self.text()?,
            start_unix_nano: self.u64()?,
        })
    }

    fn event(&mut self, base: Option<u64>) -> Result<EventPart<'a>, CodecError> {
        Ok(EventPart {
            name: self.text()?,
            time_unix_nano: self.time(base)?,
            attributes: self.list(MIN_ATTRIBUTE, 0, Self::attribute)?,
        })
    }

    fn link(&mut self) -> Result<LinkPart<'a>, CodecError> {
        let trace_id = TraceId::from_u128(u128::from_le_bytes(self.array()?));
        Ok(LinkPart {
            trace_id: trace_id.ok_or_else(|| self.malformed("a trace id of zero"))?,
            span_id: self.span_id()?,
            attributes: self.list(MIN_ATTRIBUTE, 0, Self::attribute)?,
        })
    }

    fn attribute(&mut self) -> Result<Attribute<'a>, CodecError> {
        let key = match self.varint()? {
            0 => {
                let name = self.text()?;
                if key::number(&name).is_some() {
                    return Err(self.malformed("a known key in words"));
                }
                name
            }
            number => Cow::Borrowed(key::name(number).ok_or_else(|| self.malformed("an unknown number of a key"))?),
        };
        Ok((key, self.text()?))
    }

    /// A list of at least `least` items, each of at least `min_bytes` bytes.
    fn list<T>(
        &mut self,
        min_bytes: usize,
        least: u64,
        mut item: impl FnMut(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Vec<T>, CodecError> {
        let count = self.varint()?;
        if count < least {
            return Err(self.malformed("an empty list that is said to be there"));
        }
        let room = (self.body.len() - self.at) / min_bytes;
        let count = usize::try_from(count).ok().filter(|count| *count <= room);
        let count = count.ok_or_else(|| self.malformed("a list longer than its bytes"))?;
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn time(&mut self, base: Option<u64>) -> Result<u64, CodecError> {
        match base {
            Some(base) => Ok(base.wrapping_add(varint::unzigzag(self.varint()?))),
            None => self.u64(),
        }
    }

    fn text(&mut self) -> Result<Cow<'a, str>, CodecError> {
        let len = self.varint()?;
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        let bytes = end.and_then(|end| self.body.get(self.at..end));
        let bytes = bytes.ok_or_else(|| self.malformed("a text longer than its part"))?;
        let text = str::from_utf8(bytes).map_err(|_| self.malformed("a text that is not UTF-8"))?;
        self.at += bytes.len();
        Ok(Cow::Borrowed(text))
    }

    fn span_id(&mut self) -> Result<SpanId, CodecError> {
        SpanId::from_u64(self.u64()?).ok_or_else(|| self.malformed("a span id of zero"))
    }

    fn u64(&mut self) -> Result<u64, CodecError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn u8(&mut self) -> Result<u8, CodecError> {
        Ok(self.array::<1>()?[0])
    }

    fn varint(&mut self) -> Result<u64, CodecError> {
        let (value, width) = varint::get(&self.body[self.at..]).ok_or_else(|| self.malformed("no number"))?;
        self.at += width;
        Ok(value)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let bytes = self.body[self.at..].first_chunk::<N>().copied();
        let bytes = bytes.ok_or_else(|| self.malformed("the end of a part too early"))?;
        self.at += N;
        Ok(bytes)
    }

    fn expect_end(&self) -> Result<(), CodecError> {
        if self.at == self.body.len() { Ok(()) } else { Err(self.malformed("more than the part should have")) }
    }

    fn malformed(&self, what: &'static str) -> CodecError {
        CodecError::Malformed { offset: self.at, what }
    }
}

/// A known key and an empty text.
const MIN_ATTRIBUTE: usize = 2;
/// An empty name, no distance in time, no attributes.
const MIN_EVENT: usize = 3;
/// Two ids, no attributes.
const MIN_LINK: usize = 16 + 8 + 1;
