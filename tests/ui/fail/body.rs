//! Errors in a body point into the body.
use spanloom::trace;

#[trace]
fn mismatched(x: u8) -> String {
    x
}

#[trace]
async fn mismatched_async(x: u8) -> String {
    if x > 1 {
        return "early";
    }
    x
}

#[trace]
fn unknown_name() -> u8 {
    missing
}

#[trace]
fn question_mark(text: &str) -> Result<u8, std::num::ParseIntError> {
    Ok(text.parse::<f32>()? as u8)
}

#[trace]
fn missing_value(x: u8) -> u8 {
    x + 1;
}

#[trace]
async fn not_awaited(text: &str) -> usize {
    unknown_name_async(text)
}

async fn unknown_name_async(text: &str) -> usize {
    text.len()
}

fn main() {}
