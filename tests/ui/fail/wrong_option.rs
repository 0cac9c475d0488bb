use spanloom::trace;

#[trace(name)]
fn name() {}

#[trace(skip = key)]
fn list(_key: u8) {}

#[trace(skip(kye))]
fn unknown_parameter(key: u8, q: u8) -> u8 {
    key + q
}

#[trace(inputs = "no")]
fn switch() {}

#[trace(sampling_ratio = 1.5)]
fn ratio() {}

#[trace(attributes(a = 1, a = 2))]
fn twice() {}

#[trace(skip_all = true)]
fn skips_all(_key: u8) {}

#[trace(name = "a" span_type = "b")]
fn no_comma() {}

fn main() {}
