//! `spanloom demo`: lets an agent answer questions, records it, and shows what was recorded.

mod asking;
mod delivering;
mod summary;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use spanloom::{Overflow, Spanloom, Trace};

use crate::agent::{Agent, Library, built_in, questions, read_dir};
use crate::args::Demo;
use crate::commands::demo::summary::Summary;
use crate::error::CliError;
use crate::output::{Output, say};
use crate::render::header::header;
use crate::render::tree::{TreeOptions, tree};

/// How long the end may take: what is still in memory goes to the file.
const PATIENCE: Duration = Duration::from_secs(30);
const MAX_CHILDREN: usize = 25;

/// Runs the demo.
pub(crate) fn run(arguments: &Demo, output: &mut Output) -> Result<(), CliError> {
    let documents = arguments.docs.as_deref().map_or_else(built_in, read_dir)?;
    let library = Library::of(&documents);
    let questions = questions(&library, arguments.docs.is_none(), arguments.traces.get());
    let threads = arguments.threads.or(thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    say(&format!(
        "asking {} questions about {} documents ({} passages) on {threads} threads",
        questions.len(),
        library.document_count(),
        library.passage_count(),
    ));
    // Agents may wait; a demo that loses spans because the disk is slow would show the wrong thing.
    let overflow = Overflow::Block { deadline: PATIENCE };
    let builder = Spanloom::builder().store(&arguments.store).experiment("demo").overflow(overflow);
    let loom = match &arguments.mlflow {
        Some(uri) => builder.mlflow(uri).install()?,
        None => builder.install()?,
    };
    let agent = Arc::new(Agent::start(library, threads).map_err(CliError::Threads)?);
    let started = Instant::now();
    let tally = asking::ask_all(agent, questions, threads)?;
    loom.flush_blocking(PATIENCE)?;
    let elapsed = started.elapsed();
    let trace = last_trace(&loom)?;
    let delivery = arguments.mlflow.as_ref().map(|uri| delivering::wait(&loom, uri, tally.traces()));
    let report = loom.shutdown_blocking(PATIENCE)?;
    let summary = Summary::of(&tally, &report, elapsed, arguments, trace.as_ref(), delivery);
    if arguments.json {
        return Ok(output.json_line(&summary.to_json())?);
    }
    if let Some(trace) = &trace {
        show(trace, output)?;
    }
    Ok(output.write(&summary.to_text())?)
}

fn last_trace(loom: &Spanloom) -> Result<Option<Trace>, CliError> {
    let Some(id) = spanloom::last_active_trace_id() else { return Ok(None) };
    Ok(loom.get_trace_blocking(&id)?)
}

fn show(trace: &Trace, output: &mut Output) -> Result<(), CliError> {
    let (width, now_unix_nano) = (output.width, output.now_unix_nano);
    output.write(&header(trace, width, now_unix_nano, &output.zone))?;
    output.write("\n")?;
    output.write(&tree(trace, TreeOptions { width, now_unix_nano, max_children: MAX_CHILDREN, payloads: false }))?;
    Ok(output.write("\n")?)
}
