//! Starts and ends engines, again and again.
//!
//! `BEFORE`, `RUNNING` (the most that was seen) and `AFTER`, each with `<threads> <files>`.

use std::time::Duration;

use spanloom::Spanloom;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::process_state::Resources;
use crate::record::record;
use crate::say::say;
use crate::sinks::{Answer, scripted};

const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let store = arguments.text("store")?;
    let before = Resources::now();
    let mut most = before;
    for number in 0..arguments.number("cycles", 1)? {
        let loom = scripted(Spanloom::builder().store(store), Answer::Ok).install()?;
        record(&loom, 4, number, 100);
        loom.flush_blocking(DEADLINE)?;
        // The thread that answers queries is there from the first one on.
        crate::block_on::block_on(loom.search_traces(spanloom::SearchTraces::new().max_results(1)))?;
        let now = Resources::now();
        most = Resources { threads: most.threads.max(now.threads), files: most.files.max(now.files) };
        loom.shutdown_blocking(DEADLINE)?;
    }
    let after = before.settled_to();
    for (name, resources) in [("BEFORE", before), ("RUNNING", most), ("AFTER", after)] {
        say(&format!("{name} {} {}", resources.threads, resources.files));
    }
    Ok(())
}
