//! Functions that give iterators and streams: bounds beside the item, and borrows, stay as they were.
#![deny(warnings)]

use std::iter::FusedIterator;
use std::pin::Pin;
use std::rc::Rc;

use futures::stream::{self, BoxStream, LocalBoxStream, StreamExt};
use futures::{Stream, executor::block_on};
use spanloom::trace;

struct Opaque(u8);

#[trace]
fn opaque(n: u8) -> impl Iterator<Item = Opaque> + Send + Sync + Unpin {
    (0..n).map(Opaque)
}

#[trace]
fn borrowed<'a>(items: &'a mut [u8], by: &u8) -> impl Iterator<Item = &'a mut u8> + use<'a> {
    let by = *by;
    items.iter_mut().map(move |item| {
        *item += by;
        item
    })
}

#[trace]
fn capable(n: u8) -> impl DoubleEndedIterator<Item = u8> + ExactSizeIterator + FusedIterator + Clone + std::fmt::Debug {
    0..n
}

#[trace]
fn boxed<'a>(text: &'a str, skip: Option<char>) -> Box<dyn Iterator<Item = char> + Send + 'a> {
    let Some(skip) = skip else { return Box::new(text.chars()) };
    Box::new(text.chars().filter(move |c| *c != skip))
}

#[trace(output_reducer = |chunks: Vec<String>| chunks.join(","))]
fn reduced() -> impl Iterator<Item = String> {
    "hello".chars().map(|c| c.to_string())
}

#[trace(output_reducer = sum)]
fn reduced_by_name(items: &[u8]) -> Box<dyn Iterator<Item = Result<&u8, Opaque>> + '_> {
    Box::new(items.iter().map(Ok))
}

fn sum(items: Vec<&u8>) -> Option<u8> {
    items.into_iter().copied().reduce(|a, b| a + b)
}

#[trace(output_reducer = |items| items.len())]
fn reduced_without_a_type() -> impl Stream<Item = u8> {
    stream::iter(0..3)
}

#[trace(output_reducer = |chunks: Vec<Rc<u8>>| chunks.len())]
fn local() -> LocalBoxStream<'static, Rc<u8>> {
    stream::iter([Rc::new(1)]).boxed_local()
}

#[trace]
fn streamed(n: u8) -> impl Stream<Item = Result<Opaque, std::io::Error>> + Send + 'static {
    stream::unfold(0, move |i| async move { (i < n).then(|| (Ok(Opaque(i)), i + 1)) })
}

#[trace]
fn pinned<'a>(items: &'a [u8]) -> Pin<Box<dyn Stream<Item = u8> + Send + 'a>> {
    Box::pin(stream::iter(items).map(|item| *item))
}

#[trace]
fn aliased(items: &[u8]) -> BoxStream<'_, &u8> {
    stream::iter(items).boxed()
}

#[trace(outputs = false, skip_all)]
async fn later(items: Vec<u8>) -> impl Stream<Item = u8> {
    std::future::ready(()).await;
    stream::iter(items)
}

trait Own {}
impl<T> Own for T {}

#[trace]
fn with_a_trait_of_ones_own() -> impl Iterator<Item = u8> + Own {
    0..2
}

// What the items are follows from the return type alone.
#[trace]
fn settled(n: u8) -> impl Stream<Item = Result<Option<Opaque>, Opaque>> {
    stream::iter((0..n).map(|_| Ok(None)))
}

#[trace]
async fn settled_later() -> impl Stream<Item = Result<u8, Opaque>> {
    stream::iter([Ok(1)])
}

#[trace]
fn settled_iterator() -> impl Iterator<Item = Option<Opaque>> {
    std::iter::once(None)
}

fn send<T: Send>(value: T) -> T {
    value
}

fn main() {
    assert_eq!(send(opaque(3)).map(|item| item.0).sum::<u8>(), 3);
    let mut items = [1, 2];
    borrowed(&mut items, &3).for_each(|item| *item *= 2);
    assert_eq!(items, [8, 10]);
    let both = capable(3);
    assert_eq!((both.clone().rev().collect::<Vec<_>>(), both.len()), (vec![2, 1, 0], 3));
    assert_eq!(boxed("abc", Some('b')).collect::<String>(), "ac");
    assert_eq!(boxed("abc", None).last(), Some('c'));
    assert_eq!(reduced().count(), 5);
    assert_eq!(reduced_by_name(&[1, 2]).flatten().count(), 2);
    assert_eq!(block_on(send(reduced_without_a_type()).count()), 3);
    assert_eq!(block_on(local().count()), 1);
    assert_eq!(block_on(send(streamed(2)).count()), 2);
    assert_eq!(block_on(send(pinned(&[1, 2])).collect::<Vec<_>>()), [1, 2]);
    assert_eq!(block_on(aliased(&[1]).count()), 1);
    assert_eq!(block_on(async { send(later(vec![1, 2])).await.count().await }), 2);
    assert_eq!(block_on(settled(2).count()), 2);
    assert_eq!(block_on(async { settled_later().await.count().await }), 1);
    assert_eq!(settled_iterator().count(), 1);
    assert_eq!(with_a_trait_of_ones_own().count(), 2);
}
