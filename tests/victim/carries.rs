//! One part of a trace that several processes record. `--part begin` says `HEADER <traceparent>` and ends its root when stdin
//! ends; `continue` handles a call with `--header`; `pause` says `TOKEN <token>` and ends its process in the way `--end`
//! says; `resume` goes on with `--token`.

use std::collections::HashMap;
use std::io::Read;
use std::time::Duration;

use spanloom::Spanloom;
use spanloom::propagation::{extract, inject};

use crate::Outcome;
use crate::arguments::Arguments;
use crate::say::say;

const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let loom = Spanloom::builder().store(arguments.text("store")?).install()?;
    match arguments.text("part")? {
        "begin" => begin(&loom)?,
        "continue" => go_on(&loom, arguments.text("header")?)?,
        "pause" => return pause(&loom, arguments.text("end")?),
        "resume" => {
            let span = loom.resume(arguments.text("token")?)?;
            span.child("second").start();
            span.set_outputs("done");
        }
        other => return Err(format!("`{other}` is no part").into()),
    }
    loom.shutdown_blocking(DEADLINE)?;
    Ok(())
}

fn begin(loom: &Spanloom) -> Outcome {
    let _root = loom.root_span("caller").enter();
    let mut headers = HashMap::new();
    inject(&mut headers);
    loom.flush_blocking(DEADLINE)?;
    say(&format!("HEADER {}", headers["traceparent"]));
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest)?;
    Ok(())
}

fn go_on(loom: &Spanloom, header: &str) -> Outcome {
    let headers = HashMap::from([("traceparent".to_owned(), header.to_owned())]);
    let handler = loom.root_span("handler").remote_parent(extract(&headers)).start();
    handler.child("work").start();
    Ok(())
}

fn pause(loom: &Spanloom, end: &str) -> Outcome {
    let root = loom.root_span("job").enter();
    root.set_inputs("go");
    root.child("first").start();
    let token = root.detach();
    if end == "kill" {
        loom.flush_blocking(DEADLINE)?;
    }
    say(&format!("TOKEN {token}"));
    if end == "kill" {
        std::io::stdin().read_to_end(&mut Vec::new())?;
    }
    Ok(())
}
