use spanloom::trace;

#[trace(nmae = "x")]
fn misspelt() {}

#[trace("x")]
fn bare() {}

fn main() {
    misspelt();
    bare();
}
