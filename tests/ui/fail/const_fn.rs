use spanloom::trace;

#[trace]
pub const fn constant(x: u8) -> u8 {
    x
}

fn main() {}
