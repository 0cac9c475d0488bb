//! Records, fails to deliver, loses traces, panics and shuts down, and compares the process with what it was before.
//!
//! `CHANGED <what>` for each thing of the process that is not as before, `HOOK <message>` from a panic hook that was set
//! before (with `--hook own`), and `DONE`. Nothing else may be on stdout or stderr.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::time::Duration;

use spanloom::Spanloom;

use crate::Outcome;
use crate::arguments::Arguments;
use crate::process_state::dispositions;
use crate::say::say;
use crate::sinks::{Answer, scripted};

const DEADLINE: Duration = Duration::from_millis(300);

/// What belongs to the host.
struct Host {
    dispositions: BTreeMap<String, String>,
    environment: Vec<(OsString, OsString)>,
    directory: Option<PathBuf>,
    subscriber: bool,
}

impl Host {
    fn now() -> Self {
        Self {
            dispositions: dispositions(),
            environment: std::env::vars_os().collect(),
            directory: std::env::current_dir().ok(),
            subscriber: tracing::dispatcher::has_been_set(),
        }
    }

    fn tell_changes(&self, after: &Self, when: &str) {
        for (key, value) in &self.dispositions {
            if after.dispositions.get(key) != Some(value) {
                say(&format!("CHANGED {key} {when}"));
            }
        }
        let others = [
            ("environment", self.environment == after.environment),
            ("directory", self.directory == after.directory),
            ("subscriber", self.subscriber == after.subscriber),
        ];
        for (name, _) in others.iter().filter(|(_, same)| !same) {
            say(&format!("CHANGED {name} {when}"));
        }
    }
}

#[spanloom::trace]
fn fails() {
    panic!("on purpose");
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.text("hook")? == "own" {
        std::panic::set_hook(Box::new(|info| {
            let text = info.payload().downcast_ref::<&str>();
            say(&format!("HOOK {}", text.unwrap_or(&"without a text")));
        }));
    }
    // The C library catches a signal of its own from a process's first thread on; that is no one's doing but the host's.
    std::thread::spawn(|| ()).join().map_err(|_| "a thread that does nothing")?;
    let before = Host::now();
    let builder = Spanloom::builder().store(arguments.text("store")?).memory_limit(200_000);
    let loom = scripted(builder, Answer::Refused).install()?;
    before.tell_changes(&Host::now(), "while it runs");
    assert!(catch_unwind(fails).is_err(), "the panic goes on");
    for _ in 0..20_000 {
        let root = loom.root_span("one of many").start();
        root.set_inputs("so much that some of it is lost");
    }
    // The destination refuses, so it may not be over in time; what was said about that is the point.
    let _ = loom.shutdown_blocking(DEADLINE);
    before.tell_changes(&Host::now(), "after the shutdown");
    assert!(catch_unwind(|| panic!("after the shutdown")).is_err(), "the panic goes on");
    say("DONE");
    Ok(())
}
