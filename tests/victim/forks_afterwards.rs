//! Forks when the engine has been shut down; parent and child then each start one of their own.
//!
//! `CODE <code>` of the child, and `PARENT <trace id>`, `CHILD <trace id>` of the root that each recorded.

use std::time::{Duration, Instant};

use fork::Fork;
use spanloom::Spanloom;

use crate::Outcome;
use crate::say::say;
use crate::sinks::{Answer, scripted};

const DEADLINE: Duration = Duration::from_secs(20);
/// The child says it in a file: it may have inherited a locked stdout.
const FILE: &str = "child.txt";

pub(crate) fn run() -> Outcome {
    record()?;
    match fork::fork()? {
        Fork::Child => {
            let said = record().and_then(|id| Ok(std::fs::write(FILE, id)?));
            std::process::exit(i32::from(said.is_err()))
        }
        Fork::Parent(pid) => {
            let begun = Instant::now();
            let status = loop {
                if let Some(status) = fork::waitpid_nohang(pid)? {
                    break status;
                }
                if begun.elapsed() > DEADLINE {
                    std::process::Command::new("kill").args(["-9", &pid.to_string()]).status()?;
                    return Err("the child hangs".into());
                }
                std::thread::park_timeout(Duration::from_millis(1));
            };
            say(&format!("CODE {}", status >> 8 & 0xff));
            say(&format!("PARENT {}", record()?));
            say(&format!("CHILD {}", std::fs::read_to_string(FILE)?));
            Ok(())
        }
    }
}

/// Starts an engine, records a root, and shuts it down.
fn record() -> Result<String, Box<dyn std::error::Error>> {
    let loom = scripted(Spanloom::builder().no_store(), Answer::Ok).start()?;
    let root = loom.root_span("root").start();
    let id = root.trace_id().to_string();
    drop(root);
    let report = loom.shutdown_blocking(DEADLINE)?;
    if report.delivered == 1 { Ok(id) } else { Err(format!("{report:?}").into()) }
}
