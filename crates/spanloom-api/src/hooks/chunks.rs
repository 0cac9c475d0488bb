//! The items of a call as events and as a list, in bounded memory.

use std::collections::VecDeque;

use spanloom_core::{JsonText, SpanEvent, python_json};

use super::call::Call;
use crate::ring::ticks;

/// As long as outputs may be by default: a stream that never ends must not grow in the program's memory.
pub(super) const LIST_BYTES: usize = 8 << 20;

/// How much of the list is kept beside an incremental reducer, for the case that it fails.
pub(super) const SHORT_LIST_BYTES: usize = 64 << 10;

/// So many events are sent at once. By default a span keeps no more than that, the latest.
const SENT_AT_ONCE: usize = 1_024;

/// So many of the latest events of a longer stream are held back until its end, so that its trace does not grow with it.
const HELD_BACK: usize = 1_024;

/// And so many bytes of them.
const HELD_BACK_BYTES: usize = 8 << 20;

/// The texts of the items so far: each as an event, all as one JSON list.
#[derive(Debug)]
pub(super) struct Chunks {
    list: String,
    list_bytes: usize,
    count: usize,
    /// Items that found no room in the list.
    left_out: usize,
    held_back: VecDeque<(u64, SpanEvent)>,
    held_back_bytes: usize,
}

impl Chunks {
    /// None yet; the list keeps up to so many bytes.
    pub(super) fn new(list_bytes: usize) -> Self {
        let held_back = VecDeque::new();
        Self { list: String::new(), list_bytes, count: 0, left_out: 0, held_back, held_back_bytes: 0 }
    }

    /// Whether there was no item yet.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes an item.
    pub(super) fn push(&mut self, call: &Call, item: &JsonText) {
        self.append(item);
        let event = event(self.count, item);
        self.count += 1;
        if self.count <= SENT_AT_ONCE {
            call.event(event);
        } else {
            self.hold_back(event);
        }
    }

    /// Sends the events that were held back.
    pub(super) fn send_rest(&mut self, call: &Call) {
        for (ticks, event) in self.held_back.drain(..) {
            call.event_at(&event, ticks);
        }
    }

    /// The list; where it is not whole its last entry says so.
    pub(super) fn json(&self) -> JsonText {
        let open = if self.list.is_empty() { "[" } else { &self.list };
        match self.left_out {
            0 => JsonText::from_encoded(format!("{open}]")),
            more => {
                let comma = if self.list.is_empty() { "" } else { ", " };
                JsonText::from_encoded(format!("{open}{comma}\"… [{more} more items, left out by spanloom]\"]"))
            }
        }
    }

    fn append(&mut self, item: &JsonText) {
        // What comes after an item that was left out is left out too: the list has no gaps.
        if self.left_out == 0 && self.list.len() + item.as_str().len() <= self.list_bytes {
            self.list.extend([if self.list.is_empty() { "[" } else { ", " }, item.as_str()]);
        } else {
            self.left_out += 1;
        }
    }

    fn hold_back(&mut self, event: SpanEvent) {
        self.held_back_bytes += bytes(&event);
        self.held_back.push_back((ticks::now(), event));
        while self.held_back.len() > HELD_BACK || self.held_back_bytes > HELD_BACK_BYTES {
            let Some((_, oldest)) = self.held_back.pop_front() else { break };
            self.held_back_bytes -= bytes(&oldest);
        }
    }
}

fn event(index: usize, item: &JsonText) -> SpanEvent {
    let name = format!("mlflow.chunk.item.{index}");
    SpanEvent::new(name).attribute("mlflow.chunk.value", python_json::escape_ascii(item.as_str()))
}

fn bytes(event: &SpanEvent) -> usize {
    event.name.len() + event.attributes.iter().map(|(_, text)| text.as_str().len()).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    fn chunks(list_bytes: usize, items: impl IntoIterator<Item = JsonText>) -> Chunks {
        let call = Call::new(Span::none());
        let mut chunks = Chunks::new(list_bytes);
        items.into_iter().for_each(|item| chunks.push(&call, &item));
        chunks
    }

    #[test]
    fn a_list_without_an_end_stops_growing_and_says_how_much_is_missing() {
        let item = JsonText::string(&"x".repeat(LIST_BYTES / 4));
        let small = JsonText::from_encoded("1");
        let json = chunks(LIST_BYTES, std::iter::repeat_n(item, 10).chain([small])).json();
        assert!(json.as_str().len() <= LIST_BYTES + 100);
        let items = json.to_value();
        let last = items.as_array().and_then(|items| items.last()).and_then(|last| last.as_str());
        assert_eq!(last, Some("… [8 more items, left out by spanloom]"));
    }

    #[test]
    fn the_list_has_the_layout_of_python() {
        assert_eq!(chunks(LIST_BYTES, []).json().as_str(), "[]");
        let two = [JsonText::string("a"), JsonText::from_encoded("1")];
        assert_eq!(chunks(LIST_BYTES, two).json().as_str(), "[\"a\", 1]");
        assert_eq!(event(1, &JsonText::string("ü")).get("mlflow.chunk.value"), Some("\"\\u00fc\"".into()));
    }

    #[test]
    fn of_a_long_stream_the_latest_events_are_held_back_and_no_more() {
        let number = |n: usize| JsonText::from_encoded(n.to_string());
        let many = chunks(LIST_BYTES, (0..5_000).map(number));
        let names: Vec<_> = many.held_back.iter().map(|(_, event)| event.name.to_string()).collect();
        assert_eq!((names.len(), &*names[0]), (HELD_BACK, "mlflow.chunk.item.3976"));
        let large = JsonText::string(&"x".repeat(HELD_BACK_BYTES / 4));
        let large = chunks(100, (0..SENT_AT_ONCE).map(number).chain(std::iter::repeat_n(large, 9)));
        assert_eq!(large.held_back.len(), 3);
        assert!(large.held_back_bytes <= HELD_BACK_BYTES);
    }
}
