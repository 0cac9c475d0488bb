use spanloom::trace;

#[trace(log_level = "warning")]
fn level() {}

fn main() {}
