//! Under and over attributes of other crates. Outside of them tracing sees what they make of the function.
#![deny(warnings)]

use spanloom::trace;

#[trace]
#[tokio::main(flavor = "current_thread")]
async fn over_tokio_main(n: u8) -> Result<u8, std::num::TryFromIntError> {
    tokio::task::yield_now().await;
    u8::try_from(i32::from(n) + 1)
}

#[trace]
#[tracing::instrument(skip(text))]
fn over_instrument(text: &str, _n: u8) -> Option<char> {
    let first = text.chars().next()?;
    Some(first)
}

#[tracing::instrument(err)]
#[trace]
fn under_instrument(text: &str) -> Result<u8, std::num::ParseIntError> {
    text.parse()
}

#[trace]
#[tracing::instrument]
async fn over_async_instrument(text: String) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

#[tracing::instrument(ret)]
#[trace]
async fn under_async_instrument(text: &str) -> usize {
    tokio::task::yield_now().await;
    text.len()
}

#[deprecated = "on purpose"]
#[trace]
#[track_caller]
#[inline(never)]
#[cold]
fn with_attributes_of_the_language() {}

#[trace]
#[trace(name = "inner")]
fn twice(n: u8) -> u8 {
    n
}

#[tokio::main(flavor = "current_thread")]
#[trace]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    assert_eq!(std::thread::spawn(|| over_tokio_main(1)).join().expect("it does not panic")?, 2);
    assert_eq!((over_instrument("a", 1), under_instrument("1")?), (Some('a'), 1));
    assert_eq!((over_async_instrument("ab".into()).await, under_async_instrument("ab").await), (2, 2));
    #[expect(deprecated, reason = "what is wanted")]
    with_attributes_of_the_language();
    assert_eq!(twice(1), 1);
    Ok(())
}
