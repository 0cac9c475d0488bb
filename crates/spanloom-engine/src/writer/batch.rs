//! Messages that go into one group commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use spanloom_core::{Cursor, SealedTrace, StoreBatch, TraceId};

use super::assess::AssessJob;
use super::{BarrierReply, RetagReply, WriterMessage};

/// A commit takes about this many bytes of logs at the most: enough that the fixed cost of a transaction does not show,
/// little enough that a barrier behind it is answered soon.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_MESSAGES: usize = 4_096;

/// Messages that go into one group commit, in their order.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) messages: Vec<WriterMessage>,
    /// Stands behind all of them.
    pub(super) last: Option<Last>,
}

/// What ends a group.
pub(super) enum Last {
    Barrier { sync: bool, reply: BarrierReply },
    Assess(Box<AssessJob>),
    Retag { trace_id: TraceId, key: String, value: Option<String>, reply: RetagReply },
    Stop,
}

impl std::fmt::Debug for Last {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Barrier { .. } => "Barrier",
            Self::Assess(_) => "Assess",
            Self::Retag { .. } => "Retag",
            Self::Stop => "Stop",
        })
    }
}

impl Gathered {
    /// Waits for a message, and takes what else is there. `None` when nothing came until `deadline`.
    pub(super) fn receive(queue: &Receiver<WriterMessage>, deadline: Option<Instant>) -> Option<Self> {
        let first = match deadline {
            Some(deadline) => match queue.recv_deadline(deadline) {
                Ok(message) => message,
                Err(crossbeam_channel::RecvTimeoutError::Timeout) => return None,
                Err(crossbeam_channel::RecvTimeoutError::Disconnected) => WriterMessage::Stop,
            },
            None => queue.recv().unwrap_or(WriterMessage::Stop),
        };
        let mut gathered = Self::default();
        let mut bytes = gathered.add(first);
        while gathered.last.is_none() && bytes < BATCH_BYTES && gathered.messages.len() < BATCH_MESSAGES {
            let Ok(message) = queue.try_recv() else { break };
            bytes += gathered.add(message);
        }
        Some(gathered)
    }

    fn add(&mut self, message: WriterMessage) -> usize {
        match message {
            WriterMessage::Barrier { sync, reply } => self.last = Some(Last::Barrier { sync, reply }),
            // The writer looks at the wishes with every group.
            WriterMessage::Called => {}
            WriterMessage::Assess(job) => self.last = Some(Last::Assess(job)),
            WriterMessage::Retag { trace_id, key, value, reply } => {
                self.last = Some(Last::Retag { trace_id, key, value, reply });
            }
            WriterMessage::Stop => self.last = Some(Last::Stop),
            message => {
                let bytes = message.bytes();
                self.messages.push(message);
                return bytes;
            }
        }
        0
    }
}

impl WriterMessage {
    /// Bytes of the log it carries.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Complete(_, completed) => completed.log.size(),
            Self::Journal(request) => request.part.size(),
            _ => 0,
        }
    }
}

/// What a commit holds, and what is booked when it has succeeded.
#[derive(Debug, Default)]
pub(super) struct Commit {
    pub(super) batch: StoreBatch,
    /// Bytes that are no longer on their way.
    pub(super) bytes: usize,
    pub(super) delivered: u64,
}

impl Commit {
    pub(super) fn spans(&self) -> u64 {
        self.batch.completed.iter().map(|trace| trace.new_spans).sum()
    }

    pub(super) fn traces(&self) -> u64 {
        self.batch.completed.iter().filter(|trace| !trace.amends).count() as u64
    }

    pub(super) fn stored(&self, cursors: &[Cursor]) -> Vec<(Cursor, Arc<SealedTrace>)> {
        cursors.iter().copied().zip(self.batch.completed.iter().cloned()).collect()
    }
}

/// How long a full or locked store is left alone before the next attempt.
pub(super) fn pause_before(attempt: u32) -> Duration {
    Duration::from_millis(20 << attempt.min(5))
}
