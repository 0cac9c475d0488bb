//! What exporters want of the writer. Neither waits for the other.
//!
//! Wishes lie here until the writer looks, as it does with every group of messages. A message in its queue calls it; a
//! queue without room needs no call, for then there are groups ahead.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use spanloom_core::Cursor;

use super::WriterMessage;
use crate::exporter::{Acknowledgement, FetchReply, OutboxLinks};

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

#[derive(Debug, Default)]
struct Pending {
    /// By destination, in the order in which they came.
    acknowledged: Vec<(String, Acknowledgement)>,
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
            acknowledge: Box::new(move |name, told| {
                for_acknowledge.add(|pending| pending.acknowledged.push((name.to_owned(), told)));
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

impl WishList {
    /// What was acknowledged since the last call.
    pub(super) fn take_acknowledged(&self) -> Vec<(String, Acknowledgement)> {
        std::mem::take(&mut lock(&self.0).acknowledged)
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
    fn acknowledgements_wait_in_their_order_and_nobody_waits_for_room() {
        let (queue, calls) = crossbeam_channel::bounded(1);
        let (wishes, list) = wishes(queue);
        let links = wishes.links();
        // The first call fills the queue; no later one waits for room.
        for (name, cursor) in [("a", 3), ("b", 1), ("a", 7)] {
            (links.acknowledge)(name, Acknowledgement { upto: Cursor(cursor), settled: Vec::new() });
        }
        assert_eq!(calls.len(), 1);
        let taken: Vec<_> = list.take_acknowledged().into_iter().map(|(name, told)| (name, told.upto.0)).collect();
        assert_eq!(taken, [("a".to_owned(), 3), ("b".to_owned(), 1), ("a".to_owned(), 7)]);
        assert!(list.take_acknowledged().is_empty(), "nothing is taken twice");
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
