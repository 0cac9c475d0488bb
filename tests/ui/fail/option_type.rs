use spanloom::trace;

#[trace(log_level = "warning")]
fn level() {}

#[trace(level = WARNING)]
fn other_level() {}

#[trace(span_type = 1)]
fn span_type() {}

#[trace(name = 1)]
fn name() {}

const WARNING: u8 = 30;

fn main() {}
