//! How long a span's JSON is, without writing it: the sizes in a trace's metadata need one number per span.

use super::base64_id;
use super::write::is_json;
use crate::codec::Attribute;
use crate::python_json::{ascii_len, ascii_string_len};
use crate::{SpanPart, StatusPart};

/// What a span's JSON has besides its values: with an end and a parent, no events, attributes or links.
const FRAME: usize = r#"{"trace_id": "", "span_id": "", "parent_span_id": , "name": , "start_time_unix_nano": , "end_time_unix_nano": , "events": [], "status": {"code": "", "message": }, "attributes": {}, "links": []}"#.len();
const EVENT_FRAME: usize = r#"{"name": , "time_unix_nano": , "attributes": }"#.len();
const LINK_FRAME: usize = r#"{"trace_id": "", "span_id": "", "attributes": }"#.len();
const NULL: usize = "null".len();

/// Length in bytes of the JSON that [`span_to_json`](super::span_to_json) writes for a span that this part is all of.
pub fn span_json_len(part: &SpanPart<'_>) -> u64 {
    let start = part.start.as_ref();
    let parent = start.and_then(|start| start.parent_id).map_or(NULL, |_| 2 + base64_id::SPAN_LEN);
    let name = ascii_string_len(start.map_or("", |start| &start.name));
    let started = digits(start.map_or(0, |start| start.start_unix_nano));
    let ended = part.end_unix_nano.map_or(NULL, digits);
    let (code, message) = match &part.status {
        Some(StatusPart::Error(message)) => ("STATUS_CODE_ERROR", message.as_ref()),
        Some(StatusPart::Ok) => ("STATUS_CODE_OK", ""),
        Some(StatusPart::Unset) | None => ("STATUS_CODE_UNSET", ""),
    };
    let event = |event: &crate::EventPart<'_>| {
        EVENT_FRAME + ascii_string_len(&event.name) + digits(event.time_unix_nano) + native(&event.attributes)
    };
    let link = |link: &crate::LinkPart<'_>| {
        let attributes = if link.attributes.is_empty() { NULL } else { native(&link.attributes) };
        LINK_FRAME + "tr-".len() + 32 + 16 + attributes
    };
    let attribute = |(key, text): &Attribute<'_>| ascii_string_len(key) + ": ".len() + ascii_string_len(text);
    let len = FRAME
        + base64_id::TRACE_LEN
        + base64_id::SPAN_LEN
        + parent
        + name
        + started
        + ended
        + code.len()
        + ascii_string_len(message)
        + part.events.iter().map(event).sum::<usize>()
        + separators(part.events.len())
        + part.attributes.iter().map(attribute).sum::<usize>()
        + separators(part.attributes.len())
        + part.links.iter().map(link).sum::<usize>()
        + separators(part.links.len());
    len as u64
}

fn native(attributes: &[Attribute<'_>]) -> usize {
    let attribute = |(key, text): &Attribute<'_>| {
        let value = if is_json(text) { ascii_len(text) } else { ascii_string_len(text) };
        ascii_string_len(key) + ": ".len() + value
    };
    "{}".len() + attributes.iter().map(attribute).sum::<usize>() + separators(attributes.len())
}

fn separators(items: usize) -> usize {
    ", ".len() * items.saturating_sub(1)
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
