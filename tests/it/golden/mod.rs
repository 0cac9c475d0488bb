//! What Spanloom records of a program is what MLflow records of it.
//!
//! `tests/fixtures/sdk` has recordings of 46 small programs. Each is run again here, in Rust and through the public
//! interface alone; what comes out is normalised in the same way and compared with the recording: every field, as text
//! where it is text. What differs on purpose is a row in `differences.rs`, and one of `docs/reference/differences.md`;
//! a row that nothing needs any more is an error too.

mod chat;
mod client;
mod compare;
mod decorators;
mod differences;
mod events;
mod normalise;
mod queries;
mod recording;
mod reducers;
mod stage;
mod streaming;
mod table;
mod threads;
mod timeline;
mod wrapping;

use std::collections::BTreeSet;

use stage::Replay;

/// Every program that is run again.
const GROUPS: [&[Replay]; 9] = [
    decorators::REPLAYS,
    streaming::REPLAYS,
    reducers::REPLAYS,
    wrapping::REPLAYS,
    threads::REPLAYS,
    client::REPLAYS,
    events::REPLAYS,
    chat::REPLAYS,
    queries::REPLAYS,
];

#[test]
fn every_recording_is_replayed() {
    let replayed: Vec<&str> = GROUPS.iter().flat_map(|group| group.iter().map(|(name, _)| *name)).collect();
    let distinct: BTreeSet<&str> = replayed.iter().copied().collect();
    assert_eq!(replayed.len(), distinct.len(), "a recording is replayed twice: {replayed:?}");
    let recorded = recording::names();
    assert_eq!(recorded.len(), 46, "recordings are missing");
    let left_out: Vec<_> = recorded.iter().filter(|name| !distinct.contains(name.as_str())).collect();
    assert!(left_out.is_empty(), "recordings that nothing replays: {left_out:?}");
    assert_eq!(recorded.len(), distinct.len(), "replays of what was not recorded: {distinct:?}");
}
