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

#[trace]
fn fallible<'a>(items: &'a [u8], ok: bool) -> Result<impl Stream<Item = Result<&'a u8, Opaque>> + Send + use<'a>, Opaque> {
    if !ok {
        return Err(Opaque(0));
    }
    Ok(stream::iter(items).map(Ok))
}

#[trace(output_reducer = |items: Vec<char>| items.len())]
fn fallible_box(text: &str) -> std::io::Result<Box<dyn Iterator<Item = char> + '_>> {
    let first = text.chars().next().ok_or(std::io::ErrorKind::UnexpectedEof)?;
    Ok(Box::new(std::iter::once(first)))
}

#[trace]
async fn fallible_later(n: u8) -> Result<BoxStream<'static, u8>, String> {
    std::future::ready(()).await;
    let n = n.checked_add(1).ok_or("too large")?;
    Ok(stream::iter(0..n).boxed())
}

#[trace]
async fn fallible_and_open(n: u8) -> Result<impl Iterator<Item = Opaque>, Opaque> {
    Ok((0..n).map(Opaque))
}

#[trace(output_reducer = spanloom::fold(String::new(), |all: String, part: &String| all + part))]
fn folded() -> impl Iterator<Item = String> + Send {
    ["a", "b"].into_iter().map(str::to_owned)
}

// Not `Clone`: an incremental reducer only looks. What its first argument needs is given by the function's.
#[trace(output_reducer = spanloom::fold((0.0, from), |(sum, count), item: &Opaque| (sum + f64::from(item.0), count + 1)).then(mean))]
fn averaged(from: u32) -> impl Stream<Item = Result<Opaque, Opaque>> + Send {
    stream::iter([Ok(Opaque(1)), Ok(Opaque(2))])
}

fn mean((sum, count): (f64, u32)) -> Option<f64> {
    (count > 0).then(|| sum / f64::from(count))
}

#[trace(output_reducer = spanloom::fold(0, |count, _| count + 1))]
fn counted() -> Box<dyn Iterator<Item = Opaque>> {
    Box::new(std::iter::once(Opaque(1)))
}

#[derive(Default)]
struct Longest(usize);

impl spanloom::Reducer<&str> for Longest {
    type Output = usize;

    fn item(&mut self, item: &&str) {
        self.0 = self.0.max(item.len());
    }

    fn finish(self) -> usize {
        self.0
    }
}

#[trace(output_reducer = Longest::default())]
fn longest<'a>(words: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
    words.iter().copied()
}

fn at_most(n: usize) -> impl FnOnce(Vec<u8>) -> usize {
    move |items| items.len().min(n)
}

#[trace(output_reducer = at_most(3))]
fn reduced_by_a_made_function() -> impl Iterator<Item = u8> + Send {
    0..9
}

#[async_trait::async_trait]
trait Source {
    async fn items(&self, n: u8) -> BoxStream<'_, u8>;
    async fn checked(&self, n: u8) -> Result<BoxStream<'static, u8>, String>;
}

#[async_trait::async_trait]
impl Source for Opaque {
    #[trace(output_reducer = |items: Vec<u8>| items.len())]
    async fn items(&self, n: u8) -> BoxStream<'_, u8> {
        let from = self.0;
        stream::iter(from..n).boxed()
    }

    #[trace]
    async fn checked(&self, n: u8) -> Result<BoxStream<'static, u8>, String> {
        let n = n.checked_add(self.0).ok_or("too large")?;
        Ok(stream::iter(0..n).boxed())
    }
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
    assert!(fallible(&[], false).is_err());
    assert_eq!(fallible(&[1, 2], true).map(|items| block_on(send(items).count())).ok(), Some(2));
    assert!(fallible_box("").is_err());
    assert_eq!(fallible_box("ab").unwrap().collect::<String>(), "a");
    assert!(block_on(send(fallible_later(255))).is_err());
    assert_eq!(block_on(async { send(fallible_later(2)).await.unwrap().count().await }), 3);
    assert_eq!(block_on(send(fallible_and_open(2))).map(Iterator::count).ok(), Some(2));
    assert_eq!(send(folded()).count(), 2);
    assert_eq!(block_on(send(averaged(0)).count()), 2);
    assert_eq!(counted().count() + longest(&["a", "bb"]).count(), 3);
    assert_eq!(send(reduced_by_a_made_function()).count(), 9);
    assert_eq!(block_on(async { send(Opaque(1).items(3)).await.count().await }), 2);
    assert!(block_on(send(Opaque(1).checked(255))).is_err());
}
