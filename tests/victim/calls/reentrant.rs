//! Calls from code that the engine itself runs: a destination, and a value that is serialised in the background.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use serde::{Serialize, Serializer};
use spanloom::{Batch, ExportFuture, Sink, Spanloom};

use super::Call;
use crate::Outcome;
use crate::record::record;

/// Calls the engine that runs it, once it has the handle.
struct CallsBack {
    call: Call,
    handle: Mutex<Receiver<Spanloom>>,
    /// Dropped with the call made.
    made: Mutex<Option<Sender<()>>>,
}

fn calls_back(call: Call) -> (CallsBack, Sender<Spanloom>, Receiver<()>) {
    let (give, handle) = channel();
    let (made, is_made) = channel();
    (CallsBack { call, handle: Mutex::new(handle), made: Mutex::new(Some(made)) }, give, is_made)
}

impl CallsBack {
    fn call_once(&self) {
        let handle = self.handle.lock().ok().and_then(|handle| handle.recv().ok());
        if let Some(loom) = handle {
            self.call.make_blocking(loom);
        }
        drop(self.made.lock().map(|mut made| made.take()));
    }
}

impl std::fmt::Debug for CallsBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallsBack").field("call", &self.call).finish_non_exhaustive()
    }
}

impl Sink for CallsBack {
    fn name(&self) -> &str {
        "calls-back"
    }

    fn export(&mut self, _batch: Batch) -> ExportFuture<'_> {
        self.call_once();
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Serialize for CallsBack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.call_once();
        serializer.serialize_unit()
    }
}

pub(super) fn in_a_sink(call: Call) -> Outcome {
    let (sink, give, is_made) = calls_back(call);
    let loom = Spanloom::builder().in_memory().sink(sink).start()?;
    record(&loom, 5, 1, 100);
    hand_over(loom, &give, &is_made)
}

pub(super) fn in_a_serializer(call: Call) -> Outcome {
    let (value, give, is_made) = calls_back(call);
    let loom = Spanloom::builder().in_memory().start()?;
    let root = loom.root_span("serialised late").start();
    root.set_inputs_owned(value);
    drop(root);
    hand_over(loom, &give, &is_made)
}

/// Gives away the only handle and waits until the call was made.
fn hand_over(loom: Spanloom, give: &Sender<Spanloom>, is_made: &Receiver<()>) -> Outcome {
    give.send(loom).map_err(|_| "no one takes the handle")?;
    // The sender is dropped when the call is over; nothing is ever sent.
    let _ = is_made.recv();
    Ok(())
}
