//! The whole machine, against a store and a destination that fail at random: nothing is lost, nothing is skipped.

use proptest::prelude::*;

use super::tests::{SEED, positions};
use super::*;
use crate::exporter::handoff::HandoffQueue;
use crate::exporter::tests::stored;

/// One thing that happens in the world around the machine.
#[derive(Clone, Debug)]
enum Event {
    /// So many traces are stored and offered.
    Commit(u8),
    /// So many are stored by another process.
    CommitElsewhere(u8),
    /// The newest traces that were not sent yet are evicted.
    Evict,
    /// The machine's attempt or fetch ends so.
    End(u8),
    /// The actor dies; a new machine starts where the old one had settled.
    Die,
    Hurry,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (1u8..9).prop_map(Event::Commit),
        1 => (1u8..4).prop_map(Event::CommitElsewhere),
        1 => Just(Event::Evict),
        6 => any::<u8>().prop_map(Event::End),
        1 => Just(Event::Die),
        1 => Just(Event::Hurry),
    ];
    proptest::collection::vec(event, 0..80)
}

/// A store, a hand-off and a destination around a machine.
struct World {
    config: ExporterConfig,
    state: ExporterState,
    queue: HandoffQueue,
    now: Instant,
    rows: Vec<Stored>,
    newest: u64,
    evicted: Vec<u64>,
    delivered: Vec<u64>,
    refused: Vec<u64>,
    acknowledged: u64,
    under_way: Option<Effect>,
    wake: Option<Instant>,
}

impl World {
    fn new() -> Self {
        let config = ExporterConfig { batch_spans: 4, handoff_traces: 6, ..ExporterConfig::default() };
        Self {
            state: ExporterState::new(Cursor(0), DeliveryCounts::default(), &config, SEED),
            queue: HandoffQueue::new(&config),
            config,
            now: Instant::now(),
            rows: Vec::new(),
            newest: 0,
            evicted: Vec::new(),
            delivered: Vec::new(),
            refused: Vec::new(),
            acknowledged: 0,
            under_way: None,
            wake: None,
        }
    }

    fn step(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.state.step(self.now, input) {
                match effect {
                    Effect::Take { after } => {
                        inputs.push_back(Input::Taken(self.queue.take(after, self.config.batch_spans, usize::MAX)));
                    }
                    Effect::Fetch { .. } | Effect::Export(_) => {
                        assert!(self.under_way.replace(effect).is_none(), "one thing at a time");
                    }
                    Effect::WakeAt(at) => self.wake = Some(at),
                    Effect::Acknowledge(told) => self.acknowledge(told.upto.0),
                    Effect::Complain(_) => {}
                }
            }
        }
    }

    /// Whatever is acknowledged was settled before, without a gap.
    fn acknowledge(&mut self, upto: u64) {
        assert!(upto >= self.acknowledged);
        self.acknowledged = upto;
        let settled = |n| self.delivered.contains(&n) || self.refused.contains(&n) || self.evicted.contains(&n);
        assert!((1..=upto).all(settled), "acknowledged {upto} of {:?} {:?}", self.delivered, self.refused);
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Commit(n) => {
                let rows = self.commit(n);
                self.queue.offer(&rows);
                self.step(Input::Poked);
            }
            Event::CommitElsewhere(n) => drop(self.commit(n)),
            Event::Evict => self.evicted.extend(self.rows.drain(..).map(|(cursor, _)| cursor.0)),
            Event::End(how) => self.end(how),
            Event::Die => {
                (self.under_way, self.wake) = (None, None);
                self.state =
                    ExporterState::new(Cursor(self.acknowledged), self.state.status().counts, &self.config, SEED);
                self.step(Input::Poked);
            }
            Event::Hurry => self.step(Input::Hurry),
        }
    }

    fn commit(&mut self, n: u8) -> Vec<Stored> {
        let rows = stored(self.newest + 1..=self.newest + u64::from(n));
        self.newest += u64::from(n);
        self.rows.extend(rows.iter().cloned());
        rows
    }

    fn end(&mut self, how: u8) {
        match self.under_way.take() {
            Some(Effect::Export(traces)) => {
                let answer = self.answer(how, traces);
                self.step(Input::Answered(answer));
            }
            Some(Effect::Fetch { .. }) if how > 230 => self.step(Input::Fetched(Err("e".into()))),
            Some(Effect::Fetch { after }) => {
                let found = self.rows.iter().filter(|(cursor, _)| *cursor > after).take(usize::from(how % 5) + 1);
                let found = found.cloned().collect();
                self.step(Input::Fetched(Ok(found)));
            }
            _ => {
                if let Some(at) = self.wake.take() {
                    self.now = self.now.max(at);
                    self.step(Input::TimeUp);
                }
            }
        }
    }

    fn answer(&mut self, how: u8, traces: Vec<Arc<SealedTrace>>) -> Answer {
        let error = "e".to_owned();
        let (mut yes, mut no) = (traces, Vec::new());
        match how % 8 {
            0 => return Answer::Suspect { error },
            1 => return Answer::Panicked { text: error },
            2 | 3 => {
                no = yes.split_off(usize::from(how / 8) % (yes.len() + 1));
                self.delivered.extend(positions(&yes));
                return Answer::Later { rest: Batch { traces: no }, retry_after: None, error };
            }
            4 => {
                no.push(yes.remove(usize::from(how / 8) % yes.len()));
                self.refused.extend(positions(&no));
                let rest = yes.split_off(yes.len() / 2);
                self.delivered.extend(positions(&yes));
                return Answer::Refused { dropped: Batch { traces: no }, rest: Batch { traces: rest }, error };
            }
            _ => self.delivered.extend(positions(&yes)),
        }
        Answer::Accepted
    }
}

proptest! {
    #[test]
    fn whatever_fails_everything_stored_is_settled_in_the_end(events in events()) {
        let mut world = World::new();
        world.step(Input::Poked);
        events.into_iter().for_each(|event| world.apply(event));
        // One more offer, so that what another process stored is noticed, then nothing fails any more.
        world.apply(Event::Commit(1));
        for _ in 0..1_000 {
            world.end(5);
        }
        prop_assert_eq!(world.acknowledged, world.newest);
        prop_assert!(world.under_way.is_none() && world.wake.is_none(), "idle");
        let position = world.state.position();
        prop_assert_eq!((position.settled.0, position.backlog, position.waits_until), (world.newest, false, None));
        let lost = (1..=world.newest).filter(|n| {
            !world.delivered.contains(n) && !world.refused.contains(n) && !world.evicted.contains(n)
        });
        prop_assert_eq!(lost.count(), 0);
    }
}
