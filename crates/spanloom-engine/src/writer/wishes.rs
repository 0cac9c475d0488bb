//! What exporters want of the writer. Neither waits for the other.
//!
//! Wishes lie here until the writer looks, as it does with every group of messages. A message in its queue calls it; a
//! queue without room needs no call, for then there are groups ahead.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use spanloom_core::Cursor;

use super::WriterMessage;
use crate::exporter::{FetchReply, OutboxLinks};

/// Makes the two sides. The exporters' calls go into this queue.
pub(crate) fn wishes(queue: Sender<WriterMessage>) -> (Wishes, WishList) {
    let shared = Arc::<Mutex<Pending>>::default();
    (Wishes { shared: Arc::clone(&shared), queue }, WishList(shared))
}

/// The exporters' side.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    shared: Arc<Mutex<Pending>>,
    queue: Sender<WriterMessage>,
}

/// The writer's side. What is wanted after it has dropped is not answered.
#[derive(Debug)]
pub(crate) struct WishList(Arc<Mutex<Pending>>);

/// Completed traces to be read back: after which, how many, how many bytes.
pub(super) struct Fetch {
    pub(super) after: Cursor,
    pub(super) max_traces: usize,
    pub(super) max_bytes: usize,
    pub(super) reply: FetchReply,
}

/// What destinations have acknowledged and no commit holds yet; a commit that fails leaves it for the next.
#[derive(Debug, Default)]
pub(super) struct Owed {
    pub(super) acknowledged: BTreeMap<String, Cursor>,
    /// Spans that they took.
    pub(super) delivered: u64,
}

#[derive(Debug, Default)]
struct Pending {
    owed: Owed,
    fetches: Vec<Fetch>,
    closed: bool,
}

impl Wishes {
    /// The way of one exporter to the writer.
    pub(crate) fn links(&self) -> OutboxLinks {
        let (for_fetch, for_acknowledge) = (self.clone(), self.clone());
        OutboxLinks {
            fetch: Box::new(move |after, max_traces, max_bytes, reply| {
                let fetch = Fetch { after, max_traces, max_bytes, reply };
                for_fetch.add(|pending| pending.fetches.push(fetch));
            }),
            acknowledge: Box::new(move |name, cursor, spans| {
                for_acknowledge.add(|pending| pending.owed.acknowledge(name.to_owned(), cursor, spans));
            }),
        }
    }

    fn add(&self, wish: impl FnOnce(&mut Pending)) {
        let mut pending = lock(&self.shared);
        if pending.closed {
            // A reply goes unused with the wish, which the exporter sees.
            return;
        }
        wish(&mut pending);
        drop(pending);
        // Full: the writer looks without it. Disconnected: it is gone, or about to go, and lets go of all wishes.
        drop(self.queue.try_send(WriterMessage::Called));
    }
}

impl Owed {
    /// A position may come again after an exporter was restarted; the highest counts.
    fn acknowledge(&mut self, destination: String, cursor: Cursor, spans: u64) {
        let known = self.acknowledged.entry(destination).or_insert(cursor);
        *known = (*known).max(cursor);
        self.delivered += spans;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.acknowledged.is_empty()
    }
}

impl WishList {
    /// Adds what was acknowledged since the last call.
    pub(super) fn take_acknowledged(&self, owed: &mut Owed) {
        let new = std::mem::take(&mut lock(&self.0).owed);
        for (destination, cursor) in new.acknowledged {
            owed.acknowledge(destination, cursor, 0);
        }
        owed.delivered += new.delivered;
    }

    /// What is to be read back.
    pub(super) fn take_fetches(&self) -> Vec<Fetch> {
        std::mem::take(&mut lock(&self.0).fetches)
    }
}

impl Drop for WishList {
    fn drop(&mut self) {
        let mut pending = lock(&self.0);
        pending.closed = true;
        let unanswered = std::mem::take(&mut pending.fetches);
        drop(pending);
        drop(unanswered);
    }
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetch").field("after", &self.after).finish_non_exhaustive()
    }
}

/// Every change under the lock is whole at every point where it can panic.
fn lock(pending: &Mutex<Pending>) -> MutexGuard<'_, Pending> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn acknowledgements_add_up_and_the_highest_position_counts() {
        let (queue, calls) = crossbeam_channel::bounded(1);
        let (wishes, list) = wishes(queue);
        let links = wishes.links();
        // The first call fills the queue; no later one waits for room.
        for (name, cursor, spans) in [("a", 3, 5), ("b", 1, 1), ("a", 7, 2), ("a", 4, 0)] {
            (links.acknowledge)(name, Cursor(cursor), spans);
        }
        assert_eq!(calls.len(), 1);
        let mut owed = Owed::default();
        list.take_acknowledged(&mut owed);
        assert_eq!(owed.acknowledged, [("a".to_owned(), Cursor(7)), ("b".to_owned(), Cursor(1))].into());
        assert_eq!(owed.delivered, 8);
        list.take_acknowledged(&mut owed);
        assert_eq!(owed.delivered, 8, "nothing is taken twice");
    }

    #[test]
    fn a_writer_that_goes_lets_go_of_those_who_wait_for_an_answer() {
        let (queue, _calls) = crossbeam_channel::bounded(1);
        let (wishes, list) = wishes(queue);
        let fetch = || {
            let (reply, answer) = oneshot::channel();
            (wishes.links().fetch)(Cursor(0), 10, 1_000, Box::new(move |found| _ = reply.send(found.is_ok())));
            answer
        };
        let mut answers = [fetch(), fetch()];
        let [first, second] = <[Fetch; 2]>::try_from(list.take_fetches()).expect("both are there");
        (first.reply)(Ok(Vec::new()));
        assert_eq!(answers[0].try_recv(), Ok(true));
        drop(second);
        assert!(answers[1].try_recv().is_err());
        let mut waiting = fetch();
        drop(list);
        assert!(waiting.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert!(fetch().try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
    }
}
