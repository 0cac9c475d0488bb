//! `spanloom list`: the traces of a store, one a line.

use std::ops::ControlFlow;

use spanloom_store::{ListOptions, Reader, TraceSummary};

use crate::args::List;
use crate::error::CliError;
use crate::output::{Output, say};
use crate::render::header::{name, took};
use crate::render::moment;
use crate::render::style;
use crate::render::table::{Align, Column, Row, table};

/// From here on the request has a column of its own; in a narrower terminal it stands below its trace.
const WIDE: usize = 112;

const COLUMNS: [Column; 7] = [
    Column { title: "TRACE", align: Align::Left, yields: false },
    Column { title: "STATE", align: Align::Left, yields: false },
    Column { title: "STARTED", align: Align::Right, yields: false },
    Column { title: "TOOK", align: Align::Right, yields: false },
    Column { title: "SPANS", align: Align::Right, yields: false },
    Column { title: "NAME", align: Align::Left, yields: true },
    Column { title: "REQUEST", align: Align::Left, yields: true },
];

/// Prints the list.
pub(crate) fn run(arguments: &List, output: &mut Output) -> Result<(), CliError> {
    let reader = super::open(arguments.store.path())?;
    let limit = (!arguments.all).then_some(arguments.limit.get());
    if arguments.json { json(&reader, limit, output) } else { human(&reader, limit, arguments, output) }
}

fn json(reader: &Reader, limit: Option<usize>, output: &mut Output) -> Result<(), CliError> {
    let mut written = Ok(());
    let options = limit.map_or(ListOptions::all(), ListOptions::newest);
    let read = reader.each_summary(&options, |summary| {
        written = output.json_line(&summary.info.to_json());
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    written?;
    read.map_err(CliError::read)
}

fn human(reader: &Reader, limit: Option<usize>, arguments: &List, output: &mut Output) -> Result<(), CliError> {
    // One more than is shown, to know whether there are more.
    let options = limit.map_or(ListOptions::all(), |limit| ListOptions::newest(limit.saturating_add(1)));
    let mut summaries = reader.summaries(&options).map_err(CliError::read)?;
    if summaries.is_empty() {
        say(&format!("there are no traces in `{}` yet", arguments.store.path().display()));
        return Ok(());
    }
    // All that live come first, then the newest of the others.
    summaries.sort_by_key(|summary| !summary.live);
    let live = summaries.iter().filter(|summary| summary.live).count();
    let shown = limit.map_or(usize::MAX, |limit| limit.saturating_add(live));
    let more = summaries.len() > shown;
    summaries.truncate(shown);
    output.write(&render(&summaries, output.width, output.now_unix_nano))?;
    if more {
        output.finish()?;
        say(&format!(
            "these are the newest {}: --all lists every trace, --limit N as many as you like",
            summaries.len()
        ));
    }
    Ok(())
}

fn render(summaries: &[TraceSummary], width: usize, now_unix_nano: u64) -> String {
    let wide = width >= WIDE;
    let columns = if wide { &COLUMNS[..] } else { &COLUMNS[..COLUMNS.len() - 1] };
    let rows: Vec<Row> = summaries.iter().map(|summary| row(summary, wide, now_unix_nano)).collect();
    table(columns, &rows, width)
}

fn row(summary: &TraceSummary, wide: bool, now_unix_nano: u64) -> Row {
    let info = &summary.info;
    let (state, state_style) =
        if summary.damaged { ("damaged", style::BAD) } else { style::of_state(info.state, info.interrupted) };
    let mut cells = vec![
        (info.trace_id.to_string(), style::PLAIN),
        (state.to_owned(), state_style),
        (moment::ago(info.request_time_unix_nano, now_unix_nano), style::FAINT),
        (took(info, now_unix_nano), style::PLAIN),
        (summary.span_count.to_string(), style::FAINT),
        (name(info).to_owned(), style::STRONG),
    ];
    let request = info.request_preview.clone();
    if wide {
        cells.push((request.unwrap_or_default(), style::PLAIN));
        return Row { cells, note: None };
    }
    Row { cells, note: request }
}
