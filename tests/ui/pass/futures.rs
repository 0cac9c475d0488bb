//! Async functions and functions that give a future: what they borrow and whether they are `Send` stays as it was.
#![deny(warnings)]

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt, LocalBoxFuture};
use spanloom::trace;

// `Send`, not `Sync`: no reference to it may be kept while waiting.
struct Opaque(std::cell::Cell<u8>);

#[trace]
async fn plain(text: String, opaque: Opaque) -> Result<usize, std::num::ParseIntError> {
    std::future::ready(()).await;
    let number: usize = text.parse()?;
    Ok(number + usize::from(opaque.0.get()))
}

#[trace]
async fn borrowing<'a>(first: &'a str, _second: &str) -> &'a str {
    std::future::ready(first).await
}

#[trace]
async fn coerced(text: bool) -> Result<Box<dyn std::fmt::Display + Send>, std::fmt::Error> {
    if text {
        return Ok(Box::new("text"));
    }
    Ok(Box::new(1))
}

#[trace]
async fn implemented(value: impl Into<String>) -> impl std::fmt::Display {
    value.into()
}

#[trace]
async fn recursive(n: u32) -> u32 {
    if n == 0 { 0 } else { 1 + Box::pin(recursive(n - 1)).await }
}

#[trace]
async fn never() -> ! {
    std::future::pending::<std::convert::Infallible>().await;
    panic!("not reached")
}

#[trace]
async fn local(shared: Rc<u8>) -> u8 {
    std::future::ready(()).await;
    *shared
}

#[trace]
fn boxed<'a>(text: &'a str, eager: Rc<u8>) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + 'a>> {
    let eager = usize::from(*eager);
    Box::pin(async move { Some(text.len() + eager) })
}

#[trace]
fn aliased(text: &str) -> BoxFuture<'_, std::io::Result<usize>> {
    async move { Ok(text.len()) }.boxed()
}

#[trace]
fn aliased_local(shared: Rc<u8>) -> LocalBoxFuture<'static, u8> {
    async move { *shared }.boxed_local()
}

#[trace]
fn bare(text: &str) -> impl Future<Output = usize> + Send + 'static + use<> {
    let length = text.len();
    async move { length }
}

#[trace]
fn bare_twice(text: &str) -> impl Future<Output = impl std::fmt::Display> {
    async move { text }
}

// What the future gives follows from the return type alone.
#[trace]
fn settled() -> impl Future<Output = Result<Option<Opaque>, Opaque>> {
    async { Ok(None) }
}

#[trace]
async fn settled_later() -> Result<impl Into<Option<Opaque>>, Opaque> {
    Ok(None)
}

#[async_trait]
trait Backend: Sync {
    async fn ask(&self, prompt: &str, opaque: Opaque) -> Result<String, String>;

    #[trace]
    async fn twice(&self, (a, b): (u8, u8)) -> u8 {
        a * b
    }
}

#[async_trait]
impl Backend for String {
    #[trace(attributes(own = self.len()), skip(opaque))]
    async fn ask(&self, prompt: &str, opaque: Opaque) -> Result<String, String> {
        std::future::ready(()).await;
        let _ = opaque;
        Ok(format!("{self}{prompt}"))
    }
}

#[async_trait(?Send)]
impl Backend2 for Rc<u8> {
    #[trace]
    async fn add<T: Into<u8> + 'static>(mut self: Box<Self>, other: T) -> u8 {
        *Rc::make_mut(&mut self) += other.into();
        **self
    }
}

#[async_trait(?Send)]
trait Backend2 {
    async fn add<T: Into<u8> + 'static>(self: Box<Self>, other: T) -> u8;
}

fn send<T: Send>(value: T) -> T {
    value
}

fn main() {
    assert_eq!(block_on(send(plain("2".into(), Opaque(1.into())))), Ok(3));
    assert!(block_on(plain("x".into(), Opaque(1.into()))).is_err());
    assert_eq!(block_on(send(borrowing("a", "b"))), "a");
    assert_eq!(block_on(send(coerced(true))).unwrap().to_string(), "text");
    assert_eq!(block_on(send(implemented("a"))).to_string(), "a");
    assert_eq!(block_on(send(recursive(3))), 3);
    assert!(never().now_or_never().is_none());
    assert_eq!(block_on(local(Rc::new(1))), 1);
    assert_eq!(block_on(send(boxed("ab", Rc::new(1)))), Some(3));
    assert_eq!(block_on(send(aliased("ab"))).unwrap(), 2);
    assert_eq!(block_on(aliased_local(Rc::new(1))), 1);
    let bare = bare(&String::from("ab"));
    assert_eq!(block_on(send(bare)), 2);
    assert_eq!(block_on(send(bare_twice("a"))).to_string(), "a");
    assert!(block_on(settled()).is_ok() && block_on(settled_later()).is_ok());
    let backend = "a".to_owned();
    assert_eq!(block_on(send(backend.ask("b", Opaque(0.into())))).unwrap(), "ab");
    assert_eq!(block_on(backend.twice((2, 3))), 6);
    assert_eq!(block_on(Box::new(Rc::new(1)).add(2u8)), 3);
}
