//! One call that may wait, from one place in a program.
//!
//! `--verb` is the call, `--from` the place, `--answer` how the destination answers, `--deadline` the call's own in
//! milliseconds. `TOOK <ms> <outcome>` says how long it took, once for each time it was made, and `DONE` that the place
//! was left. The handle is leaked afterwards: its drop is a verb of its own.

mod places;
mod reentrant;

use std::time::{Duration, Instant};

use spanloom::{Error, Spanloom};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::block_on::block_on;
use crate::record::record;
use crate::say::say;
use crate::sinks::{Answer, scripted};

/// What is called.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Flush,
    FlushAwaited,
    Shutdown,
    ShutdownAwaited,
    Drop,
}

/// A call that is to be made.
#[derive(Clone, Copy, Debug)]
struct Call {
    verb: Verb,
    deadline: Duration,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let verb = match arguments.text("verb")? {
        "flush" => Verb::Flush,
        "flush-awaited" => Verb::FlushAwaited,
        "shutdown" => Verb::Shutdown,
        "shutdown-awaited" => Verb::ShutdownAwaited,
        "drop" => Verb::Drop,
        other => return Err(format!("`{other}` is no verb").into()),
    };
    let call = Call { verb, deadline: Duration::from_millis(arguments.number("deadline", 300)?) };
    let answer = Answer::of(arguments.text("answer")?)?;
    let place = arguments.text("from")?;
    match place {
        "sink" => reentrant::in_a_sink(call)?,
        "serializer" => reentrant::in_a_serializer(call)?,
        _ => {
            let loom = scripted(Spanloom::builder().in_memory(), answer).start()?;
            record(&loom, 5, 1, 100);
            places::make(place, call, loom)?;
        }
    }
    say("DONE");
    Ok(())
}

impl Call {
    /// Makes the call wherever this future is polled, and says how long it took.
    async fn make(self, loom: Spanloom) {
        let begun = Instant::now();
        let outcome = match self.verb {
            Verb::Flush => loom.flush_blocking(self.deadline),
            Verb::FlushAwaited => loom.flush(self.deadline).await,
            Verb::Shutdown => loom.shutdown_blocking(self.deadline).map(|_| ()),
            Verb::ShutdownAwaited => loom.shutdown(self.deadline).await.map(|_| ()),
            Verb::Drop => {
                drop(loom);
                return tell(begun, &Ok(()));
            }
        };
        tell(begun, &outcome);
        std::mem::forget(loom);
    }

    /// Makes the call on a thread that has no executor.
    fn make_blocking(self, loom: Spanloom) {
        block_on(self.make(loom));
    }
}

fn tell(begun: Instant, outcome: &Result<(), Error>) {
    let took = begun.elapsed().as_millis();
    match outcome {
        Ok(()) => say(&format!("TOOK {took} ok")),
        Err(error) => say(&format!("TOOK {took} {error}")),
    }
}
