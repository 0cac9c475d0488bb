//! The span of an iterator or a stream, from the first pull to the last item.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use spanloom_core::{JsonText, SpanEvent, python_json};

use super::call::Call;
use super::failure::Failure;
use super::opening::Opening;

/// Attribute of a span whose items were not asked for to the end: `true`.
const ABANDONED: &str = "spanloom.stream.abandoned";

/// What is recorded of one item.
#[derive(Debug)]
pub enum Observed {
    /// The item.
    Chunk(JsonText),
    /// Nothing, though it is there.
    Unrecorded,
    /// It is an error, and the last that counts.
    Failed(Failure),
}

/// What is recorded of all items.
#[derive(Debug)]
pub enum Reduced {
    /// This; JSON null means no outputs.
    Outputs(JsonText),
    /// The list of them.
    List,
    /// Nothing.
    Nothing,
}

/// Records all items as their list.
pub fn list(_: Vec<()>) -> Reduced {
    Reduced::List
}

/// Records nothing of all items.
pub fn nothing(_: Vec<()>) -> Reduced {
    Reduced::Nothing
}

/// Calls a reducer, so that its parameter is known to be the items.
pub fn reduce<V, T>(reducer: impl FnOnce(Vec<V>) -> T, kept: Vec<V>) -> T {
    reducer(kept)
}

/// Where the span of the items stands.
#[derive(Debug)]
pub enum Source {
    /// Before the first pull.
    Later(Opening),
    /// Open.
    Running(Call),
    /// Ended; what the body still gives is passed on and nothing else.
    Over,
}

impl From<Opening> for Source {
    fn from(opening: Opening) -> Self {
        Self::Later(opening)
    }
}

impl From<Call> for Source {
    fn from(call: Call) -> Self {
        Self::Running(call)
    }
}

/// What follows the items of one call.
///
/// `observe` records an item and may keep a copy of it; `reduce` makes the outputs of what was kept.
pub(super) struct Items<V, O, R> {
    source: Source,
    kept: Vec<V>,
    list: List,
    observe: O,
    reduce: Option<R>,
}

impl<V, O, R: FnOnce(Vec<V>) -> Reduced> Items<V, O, R> {
    pub(super) fn new(source: Source, observe: O, reduce: R) -> Self {
        Self { source, kept: Vec::new(), list: List::default(), observe, reduce: Some(reduce) }
    }

    /// A copy that is followed by no span.
    pub(super) fn unfollowed(&self) -> Self
    where
        O: Clone,
    {
        let (observe, list) = (self.observe.clone(), List::default());
        Self { source: Source::Over, kept: Vec::new(), list, observe, reduce: None }
    }

    /// Asks the body for more with the span current; the first time, starts it.
    pub(super) fn pull<T>(&mut self, ask: impl FnOnce() -> T) -> T {
        let Some(call) = self.started() else { return ask() };
        match call.enter(ask) {
            Ok(given) => given,
            Err(payload) => {
                call.broken(&Failure::of_panic(&*payload));
                self.source = Source::Over;
                resume_unwind(payload)
            }
        }
    }

    /// Records what the body gave: an item, or that there are no more.
    pub(super) fn gave<I>(&mut self, item: Option<&I>)
    where
        O: FnMut(&mut Vec<V>, &I) -> Observed,
    {
        let Source::Running(call) = &self.source else { return };
        if !call.is_recording() {
            if item.is_none() {
                self.source = Source::Over;
            }
            return;
        }
        match item.map(|item| (self.observe)(&mut self.kept, item)) {
            Some(Observed::Chunk(text)) => call.event(self.list.push(&text)),
            Some(Observed::Unrecorded) => {}
            Some(Observed::Failed(failure)) => {
                call.broken(&failure);
                self.source = Source::Over;
            }
            None => self.exhausted(),
        }
    }

    fn started(&mut self) -> Option<&Call> {
        if let Source::Later(_) = self.source
            && let Source::Later(opening) = std::mem::replace(&mut self.source, Source::Over)
        {
            self.source = Source::Running(opening.start());
        }
        match &self.source {
            Source::Running(call) => Some(call),
            Source::Later(_) | Source::Over => None,
        }
    }

    fn exhausted(&mut self) {
        let Source::Running(call) = std::mem::replace(&mut self.source, Source::Over) else { return };
        let (kept, reduce) = (std::mem::take(&mut self.kept), self.reduce.take());
        let reduced = catch_unwind(AssertUnwindSafe(|| reduce.map(|reduce| reduce(kept))));
        match reduced.ok().flatten() {
            Some(Reduced::Outputs(outputs)) if outputs.as_str() == "null" => {}
            Some(Reduced::Outputs(outputs)) => call.stream_outputs(&outputs),
            Some(Reduced::Nothing) => {}
            Some(Reduced::List) | None => call.stream_outputs(&self.list.json()),
        }
    }
}

impl<V, O, R> Drop for Items<V, O, R> {
    /// What was begun and not asked for to the end keeps the items so far as outputs, and a mark.
    fn drop(&mut self) {
        let Source::Running(call) = &self.source else { return };
        if call.is_recording() {
            call.mark(ABANDONED);
            if self.list.count > 0 {
                call.stream_outputs(&self.list.json());
            }
        }
    }
}

/// The texts of the items so far, as one JSON list, up to [`LIST_BYTES`].
#[derive(Default)]
struct List {
    text: String,
    count: usize,
    /// Items that found no room.
    left_out: usize,
}

/// As long as outputs may be by default: a stream that never ends must not grow in the program's memory.
const LIST_BYTES: usize = 8 << 20;

impl List {
    /// Adds an item and gives the event that stands for it.
    fn push(&mut self, item: &JsonText) -> SpanEvent {
        let event = SpanEvent::new(format!("mlflow.chunk.item.{}", self.count));
        if self.text.len() + item.as_str().len() <= LIST_BYTES {
            self.text.extend([if self.text.is_empty() { "[" } else { ", " }, item.as_str()]);
        } else {
            self.left_out += 1;
        }
        self.count += 1;
        event.attribute("mlflow.chunk.value", python_json::escape_ascii(item.as_str()))
    }

    fn json(&self) -> JsonText {
        let open = if self.text.is_empty() { "[" } else { &self.text };
        match self.left_out {
            0 => JsonText::from_encoded(format!("{open}]")),
            more => {
                let comma = if self.text.is_empty() { "" } else { ", " };
                JsonText::from_encoded(format!("{open}{comma}\"… [{more} more items, left out by spanloom]\"]"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LIST_BYTES, List};
    use spanloom_core::JsonText;

    #[test]
    fn a_list_without_an_end_stops_growing_and_says_how_much_is_missing() {
        let mut list = List::default();
        let item = JsonText::string(&"x".repeat(LIST_BYTES / 4));
        for _ in 0..10 {
            list.push(&item);
        }
        let json = list.json();
        assert!(json.as_str().len() <= LIST_BYTES + 100);
        let items = json.to_value();
        let last = items.as_array().and_then(|items| items.last()).and_then(|last| last.as_str());
        assert_eq!(last, Some("… [7 more items, left out by spanloom]"));
    }

    #[test]
    fn the_list_has_the_layout_of_python() {
        let mut list = List::default();
        assert_eq!(list.json().as_str(), "[]");
        list.push(&JsonText::string("a"));
        let event = list.push(&JsonText::from_encoded("1"));
        assert_eq!(list.json().as_str(), "[\"a\", 1]");
        assert_eq!(event.name, "mlflow.chunk.item.1");
    }
}
