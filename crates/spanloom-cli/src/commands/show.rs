//! `spanloom show`: one trace as a tree.

use spanloom::Trace;

use crate::args::Show;
use crate::error::CliError;
use crate::output::Output;
use crate::render::header::header;
use crate::render::tree::{TreeOptions, tree};
use crate::trace_choice::{Found, TraceChoice};

/// Children of one parent that are shown unless `--all` is given.
const MAX_CHILDREN: usize = 25;

/// Prints the trace.
pub(crate) fn run(arguments: &Show, output: &mut Output) -> Result<(), CliError> {
    let trace = find(arguments)?;
    if arguments.json {
        return Ok(output.json_line(&trace.to_json())?);
    }
    output.write(&header(&trace, output.width, output.now_unix_nano, &output.zone))?;
    output.write("\n")?;
    let options = TreeOptions {
        width: output.width,
        now_unix_nano: output.now_unix_nano,
        max_children: if arguments.all { usize::MAX } else { MAX_CHILDREN },
        payloads: true,
    };
    Ok(output.write(&tree(&trace, options))?)
}

fn find(arguments: &Show) -> Result<Trace, CliError> {
    let (path, id) = (arguments.store.path(), &arguments.trace);
    let reader = super::open(path)?;
    let missing = || CliError::NoTrace { id: id.to_string(), path: path.to_owned() };
    match id.find(&reader)? {
        Found::One(id) => reader.get(&id).map_err(CliError::read)?.ok_or_else(missing),
        Found::None if *id == TraceChoice::Last => Err(CliError::EmptyStore { path: path.to_owned() }),
        Found::None => Err(missing()),
        Found::Several(count, candidates) => Err(CliError::Ambiguous { id: id.to_string(), count, candidates }),
    }
}
