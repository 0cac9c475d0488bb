//! Traced functions that nothing records: they take, give, fail and panic as they were written.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use spanloom::trace;

#[trace(name = "renamed", span_type = "TOOL", attributes(doubled = x * 2))]
fn add_1(x: i64) -> i64 {
    x + 1
}

#[trace]
fn parse(text: &str) -> Result<i32, std::num::ParseIntError> {
    text.parse()
}

#[trace(skip_all)]
async fn join<T: ToString>(parts: &[T]) -> String {
    parts.iter().map(ToString::to_string).collect()
}

#[trace(output_reducer = |items: Vec<u32>| items.len())]
fn count_to(end: u32) -> impl Iterator<Item = u32> {
    1..=end
}

#[trace]
fn fails() {
    panic!("on purpose");
}

struct Counter(u32);

impl Counter {
    #[trace]
    fn up(&mut self, by: u32) -> &mut u32 {
        self.0 += by;
        &mut self.0
    }
}

pub(crate) fn check() {
    assert_eq!(add_1(2), 3);
    assert_eq!(parse("7").ok(), Some(7));
    assert!(parse("seven").is_err());
    assert_eq!(at_once(join(&[1, 2, 3])), "123");
    assert_eq!(count_to(4).sum::<u32>(), 10);
    let mut counter = Counter(1);
    *counter.up(2) += 10;
    assert_eq!(counter.0, 13);
    check_panic();
    assert!(!at_once(spanloom::with_span("block", async |span| span.is_recording())));
    assert!(spanloom::current_span().is_none());
}

/// The panic goes on, and its message is the host's to print.
fn check_panic() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let unwound = std::panic::catch_unwind(fails);
    std::panic::set_hook(hook);
    let payload = unwound.expect_err("the panic goes on");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"on purpose"));
}

/// The value of a future that waits for nothing.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nothing in it waits"),
    }
}
