//! Writing parts.

use super::{Attribute, EventPart, LinkPart, SpanPart, StatusPart, VERSION, flag, key, varint};

/// Version, a length of two bytes, checksum: right for payloads of 128 bytes to 16 KiB, moved for others.
const USUAL_HEADER: usize = 1 + 2 + 4;

/// Appends a part.
pub fn encode_part(part: &SpanPart<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; USUAL_HEADER]);
    put_payload(part, out);
    let payload = &out[start + USUAL_HEADER..];

    let (len, width) = varint::encode(payload.len() as u64);
    let mut header = [VERSION; 1 + varint::MAX_LEN + 4];
    header[1..=width].copy_from_slice(&len[..width]);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&header[..=width]), payload);
    header[1 + width..][..4].copy_from_slice(&checksum.to_le_bytes());
    if 1 + width + 4 == USUAL_HEADER {
        out[start..][..USUAL_HEADER].copy_from_slice(&header[..USUAL_HEADER]);
    } else {
        out.splice(start..start + USUAL_HEADER, header[..1 + width + 4].iter().copied());
    }
}

fn put_payload(part: &SpanPart<'_>, out: &mut Vec<u8>) {
    out.push(flags(part));
    out.extend_from_slice(&part.span_id.to_u64().to_le_bytes());
    let base = part.start.as_ref().map(|start| start.start_unix_nano);
    if let Some(start) = &part.start {
        if let Some(parent) = start.parent_id {
            out.extend_from_slice(&parent.to_u64().to_le_bytes());
        }
        put_text(out, &start.name);
        out.extend_from_slice(&start.start_unix_nano.to_le_bytes());
    }
    if let Some(end) = part.end_unix_nano {
        put_time(out, base, end);
    }
    if let Some(StatusPart::Error(text)) = &part.status {
        put_text(out, text);
    }
    if !part.attributes.is_empty() {
        put_attributes(out, &part.attributes);
    }
    if !part.events.is_empty() {
        varint::put(out, part.events.len() as u64);
        part.events.iter().for_each(|event| put_event(out, base, event));
    }
    if !part.links.is_empty() {
        varint::put(out, part.links.len() as u64);
        part.links.iter().for_each(|link| put_link(out, link));
    }
}

fn flags(part: &SpanPart<'_>) -> u8 {
    let status = match &part.status {
        None => 0,
        Some(StatusPart::Unset) => flag::STATUS_UNSET,
        Some(StatusPart::Ok) => flag::STATUS_OK,
        Some(StatusPart::Error(_)) => flag::STATUS_ERROR,
    };
    let has_parent = part.start.as_ref().is_some_and(|start| start.parent_id.is_some());
    let set = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    status
        | set(part.start.is_some(), flag::STARTED)
        | set(has_parent, flag::HAS_PARENT)
        | set(part.end_unix_nano.is_some(), flag::ENDED)
        | set(!part.attributes.is_empty(), flag::ATTRIBUTES)
        | set(!part.events.is_empty(), flag::EVENTS)
        | set(!part.links.is_empty(), flag::LINKS)
}

fn put_event(out: &mut Vec<u8>, base: Option<u64>, event: &EventPart<'_>) {
    put_text(out, &event.name);
    put_time(out, base, event.time_unix_nano);
    put_attributes(out, &event.attributes);
}

fn put_link(out: &mut Vec<u8>, link: &LinkPart<'_>) {
    out.extend_from_slice(&link.trace_id.to_u128().to_le_bytes());
    out.extend_from_slice(&link.span_id.to_u64().to_le_bytes());
    put_attributes(out, &link.attributes);
}

fn put_attributes(out: &mut Vec<u8>, attributes: &[Attribute<'_>]) {
    varint::put(out, attributes.len() as u64);
    for (name, value) in attributes {
        match key::number(name) {
            Some(number) => varint::put(out, number),
            None => {
                out.push(0);
                put_text(out, name);
            }
        }
        put_text(out, value);
    }
}

fn put_time(out: &mut Vec<u8>, base: Option<u64>, time: u64) {
    match base {
        Some(base) => varint::put(out, varint::zigzag(time.wrapping_sub(base))),
        None => out.extend_from_slice(&time.to_le_bytes()),
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    varint::put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}
