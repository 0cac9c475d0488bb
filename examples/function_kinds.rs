//! Every kind of function that can be traced.
//!
//! `cargo run -p spanloom-examples --example function_kinds` prints
//!
//! ```text
//! sync_fn (UNKNOWN) OK: {"x": 1, "y": 5, "args": ["extra"], "flag": … => 6
//! async_fn (UNKNOWN) OK: {"x": 1} => 2
//! gen_fn (UNKNOWN) OK: {"n": 2} => [0, 1]
//!     ! 2 chunks, the first 0
//! async_gen_fn (UNKNOWN) OK: {"n": 2} => [0, 1]
//!     ! 2 chunks, the first 0
//! future_fn (UNKNOWN) OK: {"n": 3} => 3
//! first (UNKNOWN) OK: {"items": ["a", "b"]} => "a"
//! ```

use std::collections::BTreeMap;

use futures::executor::block_on;
use futures::stream::{self, Stream, StreamExt};
use shared::show;

// 1. A function. Inputs are named by parameter; what cannot be serialised is shown by `Debug`, or by its type's name.
#[spanloom::trace]
fn sync_fn(x: i64, y: Option<i64>, args: &[&str], flag: bool, kwargs: BTreeMap<&str, &str>) -> i64 {
    x + y.unwrap_or(2)
}

// 2. An asynchronous one.
#[spanloom::trace]
async fn async_fn(x: i64) -> i64 {
    x + 1
}

// 3. One that gives an iterator; 4. a stream; 5. a future.
#[spanloom::trace]
fn gen_fn(n: i64) -> impl Iterator<Item = i64> {
    0..n
}

#[spanloom::trace]
fn async_gen_fn(n: i64) -> impl Stream<Item = i64> {
    stream::iter(0..n)
}

#[spanloom::trace]
fn future_fn(n: i64) -> impl Future<Output = i64> {
    std::future::ready(n)
}

// 6. A generic one, which borrows and may fail.
#[spanloom::trace]
fn first<T: Clone + serde::Serialize>(items: &[T]) -> Result<T, String> {
    items.first().cloned().ok_or_else(|| "nothing there".to_owned())
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;

    sync_fn(1, Some(5), &["extra"], true, BTreeMap::from([("k", "v")]));
    show::last_trace(&loom)?;
    block_on(async_fn(1));
    show::last_trace(&loom)?;
    gen_fn(2).for_each(drop);
    show::last_trace(&loom)?;
    block_on(async_gen_fn(2).collect::<Vec<_>>());
    show::last_trace(&loom)?;
    block_on(future_fn(3));
    show::last_trace(&loom)?;
    drop(first(&["a", "b"]));
    show::last_trace(&loom)?;
    Ok(())
}
