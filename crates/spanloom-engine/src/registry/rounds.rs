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
            self.meet(generation, registry);
        }
        let words = self.lanes.iter().map(|lane| read(lane, registry)).sum();
        registry.end_round(Instant::now(), ticks::now());
        words
    }

    fn meet(&mut self, generation: usize, registry: &mut Registry) {
        let known = self.lanes.len();
        (self.lanes, self.generation) = (plane::lanes(), generation);
        // A ring may have been read by a registry that is gone.
        for lane in &self.lanes[known..] {
            registry.begin_lane(lane.number(), lane.inbox().next_sequence);
        }
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

#[cfg(test)]
mod tests {
    use spanloom_api::SpanBuilder;
    use spanloom_api::tenant::{Overflow, Tenant};
    use spanloom_core::Limits;

    use super::*;
    use crate::clock::TickClock;
    use crate::names::Names;
    use crate::registry::log::LogPool;

    /// A registry with its rounds, which has read what there was.
    fn registry(tenant: u8) -> (Rounds, Registry) {
        let mut registry = Registry::new(Names::default(), LogPool::new(), TickClock::start(), Instant::now());
        registry.add_tenant(tenant, Limits::default());
        let mut rounds = Rounds::default();
        rounds.run(&mut registry);
        (rounds, registry)
    }

    #[test]
    fn a_registry_that_goes_on_in_the_middle_of_a_page_keeps_no_page() {
        let _alone = crate::tests::alone();
        plane::connect(|| ());
        let tenant = Tenant::open(Overflow::DropTrace, 1.0).expect("a number is free");
        let record = |spans| (0..spans).for_each(|_| drop(SpanBuilder::root_of(Some(tenant), "root".into()).start()));
        let settled = |spans| {
            let (mut rounds, mut registry) = registry(tenant);
            record(spans);
            (0..4).for_each(|_| _ = rounds.run(&mut registry));
            assert_eq!(registry.book(tenant).map(|book| book.spans.completed), Some(spans));
            registry.spans.pages
        };
        // Wherever in a page the first begins, the second begins at another place, and one of them not at the start.
        assert!(settled(300) <= 1);
        assert!(settled(1_000) <= 1, "more than the page that is still to be filled");
        Tenant::close(tenant);
        Tenant::free(tenant);
        plane::disconnect();
    }
}
