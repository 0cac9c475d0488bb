//! Functions of others, wrapped: every arity, borrowed and generic arguments, what a wrapper is.
#![deny(warnings)]

use futures::executor::block_on;
use futures::stream::{self, StreamExt};
use spanloom::{LogLevel, SpanType, Wrap};

fn none() -> u8 {
    1
}

fn eight(a: u8, b: i64, c: f64, d: &str, e: String, f: Option<u8>, g: (u8, char), h: Vec<u8>) -> String {
    format!("{a}{b}{c}{d}{e}{f:?}{g:?}{h:?}")
}

fn longest<'a>(a: &'a str, b: &'a str) -> &'a str {
    if a.len() > b.len() { a } else { b }
}

async fn borrowing(text: &str) -> usize {
    std::future::ready(()).await;
    text.len()
}

struct Server {
    pow: Box<dyn Fn(f64, i32) -> f64 + Send + Sync>,
}

fn send<T: Send>(value: T) -> T {
    value
}

fn shared<T: Send + Sync + 'static>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pow = spanloom::wrap("pow", f64::powi);
    assert_eq!(pow(4.0, 2), 16.0);
    let pow = spanloom::wrap(Wrap::new("pow").args(["x", "n"]).span_type(SpanType::Tool).attribute("unit", "m"), f64::powi);
    let server = shared(Server { pow });
    assert_eq!((server.pow)(2.0, 3), 8.0);
    let pow: Box<dyn Fn(f64, i32) -> f64 + Send + Sync> = spanloom::wrap(String::from("pow"), f64::powi);
    assert_eq!(pow(1.0, 1), 1.0);

    let read = spanloom::try_wrap_async("read", |path: String| tokio::fs::read_to_string(path));
    assert!(read("/there/is/no/such/file".into()).await.is_err());
    let reading = shared(read)("/there/is/no/such/file".into());
    assert!(tokio::spawn(reading).await?.is_err());

    assert_eq!(spanloom::wrap("none", none)(), 1);
    assert_eq!(spanloom::wrap("unit", || ())(), ());
    let eight = spanloom::wrap("eight", eight);
    assert_eq!(eight(1, 2, 3.5, "d", "e".into(), Some(6), (7, 'g'), vec![8]), "123.5deSome(6)(7, 'g')[8]");
    let owned = String::from("longer");
    assert_eq!(spanloom::wrap("longest", longest)(&owned, "a"), "longer");
    assert_eq!(spanloom::wrap("length", |text: &str| text.len())("abc"), 3);
    assert_eq!(spanloom::wrap("length", str::len)(&owned), 6);

    let settings = Wrap::new("parse").description("reads a number").log_level(LogLevel::Error).sampling_ratio(1.0);
    let parse = spanloom::try_wrap(settings.function_name("from_str"), |text: &str| text.parse::<u8>());
    assert_eq!((parse("7"), parse("x").is_err()), (Ok(7), true));
    let boxed = spanloom::try_wrap("boxed", |ok: bool| -> Result<u8, Box<dyn std::error::Error>> {
        if ok { Ok(1) } else { Err("no".into()) }
    });
    assert_eq!((boxed(true)?, boxed(false).is_err()), (1, true));

    let length = spanloom::wrap_async("length", borrowing);
    assert_eq!(send(length(&owned)).await, 6);
    let local = spanloom::wrap_async("local", |n: u8| {
        let shared = std::rc::Rc::new(n);
        async move { *shared }
    });
    assert_eq!(block_on(local(3)), 3);

    let count = spanloom::wrap_stream("count", |n: u8| stream::iter(0..n));
    assert_eq!(send(count(3)).collect::<Vec<_>>().await, [0, 1, 2]);
    let count = spanloom::try_wrap_stream(Wrap::new("count").args(["n"]), |n: u8| stream::iter((0..n).map(Ok::<_, String>)));
    assert_eq!(count(3).count().await, 3);
    let later = spanloom::wrap_async("later", |n: u8| async move { n }.in_span_of_its_own());
    assert_eq!(later(2).await, 2);
    Ok(())
}

trait InSpanOfItsOwn: Future + Sized {
    fn in_span_of_its_own(self) -> impl Future<Output = Self::Output> {
        spanloom::with_span("own", async |_| self.await)
    }
}

impl<F: Future> InSpanOfItsOwn for F {}
