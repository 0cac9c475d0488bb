//! Reading the rings: one round takes what every ring holds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use spanloom_api::lane::{Inbox, Lane};
use spanloom_api::plane;
use spanloom_api::raw_id::RawId;
use spanloom_api::record::Record;
use spanloom_api::ring::ticks;

use super::state::Registry;

/// The rings that were known at the last round.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    lanes: Vec<Arc<Lane>>,
    generation: usize,
}

impl Rounds {
    /// Reads every ring once and ends the round. Gives the words that were read.
    pub(crate) fn run(&mut self, registry: &mut Registry) -> u64 {
        // A ring that is registered while this round runs holds nothing that happened before what this round sees.
        let generation = plane::generation();
        if generation != self.generation {
            (self.lanes, self.generation) = (plane::lanes(), generation);
        }
        let words = self.lanes.iter().map(|lane| read(lane, registry)).sum();
        registry.end_round(Instant::now(), ticks::now());
        words
    }

    /// Whether nothing waits in any ring.
    pub(crate) fn all_empty(&self) -> bool {
        plane::generation() == self.generation && self.lanes.iter().all(|lane| lane.inbox().reader.is_empty())
    }
}

/// Reads one ring, and what found no room in it. A message whose handling panics costs its trace, and no other message.
fn read(lane: &Lane, registry: &mut Registry) -> u64 {
    let number = lane.number();
    let mut inbox = lane.inbox();
    let mut words = 0;
    loop {
        match catch_unwind(AssertUnwindSafe(|| drain(&mut inbox, number, registry))) {
            Ok(read) => {
                words += read;
                break;
            }
            Err(_) => registry.hear_panic(),
        }
    }
    if let Some(side) = lane.take_side(inbox.reader.position()) {
        for (_, record) in side.spilled {
            registry.hear(number, RawId::NONE, record);
        }
        for root in side.doomed {
            registry.hear_loss(root);
        }
    }
    words
}

fn drain(inbox: &mut Inbox, lane: u32, registry: &mut Registry) -> u64 {
    let Inbox { reader, next_sequence } = inbox;
    reader.drain(u64::MAX, |record| {
        let id = RawId::new(0, lane, *next_sequence);
        if matches!(record, Record::Root { .. } | Record::Start { .. }) {
            *next_sequence += 1;
        }
        registry.hear(lane, id, record);
    })
}
