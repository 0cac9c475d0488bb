//! Tasks that run side by side below one span.
//!
//! `cargo run -p spanloom-examples --example async_tasks` prints
//!
//! ```text
//! [1, 4, 9]
//! join_in_place (UNKNOWN) OK: {} => [1, 4, 9]
//!   fetch (UNKNOWN) OK: {"n": 1} => 1
//!   fetch (UNKNOWN) OK: {"n": 2} => 4
//!   fetch (UNKNOWN) OK: {"n": 3} => 9
//! [1, 4, 9]
//! spawn_and_join (UNKNOWN) OK: {} => [1, 4, 9]
//!   fetch (UNKNOWN) OK: {"n": 1} => 1
//!   fetch (UNKNOWN) OK: {"n": 2} => 4
//!   fetch (UNKNOWN) OK: {"n": 3} => 9
//! ```

use futures::future::join_all;
use shared::show;
use spanloom::{InSpan, Span, Spanloom};

#[spanloom::trace]
async fn fetch(n: i64) -> i64 {
    tokio::task::yield_now().await;
    n * n
}

// 1. Futures that are joined are polled inside the span of who joins them.
#[spanloom::trace]
async fn join_in_place() -> Vec<i64> {
    join_all((1..4).map(fetch)).await
}

// 2. Spawned tasks run anywhere: they take the span along.
#[spanloom::trace]
async fn spawn_and_join() -> Vec<i64> {
    let here = spanloom::current_span().unwrap_or_else(Span::none);
    let tasks = (1..4).map(|n| tokio::spawn(fetch(n).in_span(here.clone())));
    join_all(tasks).await.into_iter().filter_map(Result::ok).collect()
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("{:?}", join_in_place().await);
    show_last(&loom).await?;
    println!("{:?}", spawn_and_join().await);
    show_last(&loom).await?;
    Ok(())
}

// 3. The tasks ran side by side; sorted, the list reads the same every time.
async fn show_last(loom: &Spanloom) -> anyhow::Result<()> {
    let id = spanloom::last_active_trace_id().expect("a root has ended");
    let mut trace = loom.get_trace(&id).await?.expect("it is stored");
    trace.data.spans.sort_by_key(|span| span.inputs().unwrap_or_default().to_string());
    show::tree(&trace);
    Ok(())
}
