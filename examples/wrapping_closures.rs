//! Asynchronous functions and closures as traced functions, by name.
//!
//! `cargo run -p spanloom-examples --example wrapping_closures` prints
//!
//! ```text
//! The weather in San Francisco is sunny
//! get-weather (UNKNOWN) OK: {"city": "San Francisco"} => "The weather in San Francisco is sunny"
//! In London it rains
//! get-weather (UNKNOWN) OK: {"city": "London"} => "In London it rains"
//! Err("there is no a.txt")
//! read (UNKNOWN) ERROR: {"path": "a.txt"} => -
//!     ! exception exception.message="there is no a.txt" exception.type="Error"
//! ```

use shared::show;
use spanloom::Wrap;

async fn get_weather(city: &'static str) -> String {
    tokio::task::yield_now().await;
    format!("The weather in {city} is sunny")
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    let named = Wrap::new("get-weather").args(["city"]);

    // 1. An asynchronous function: the span lasts until its future is done.
    let weather = spanloom::wrap_async(named.clone(), get_weather);
    println!("{}", weather("San Francisco").await);
    show::last_trace(&loom)?;

    // 2. A closure has no name of its own, so that a wrapper always gets one.
    let weather = spanloom::wrap(named, |city: &'static str| format!("In {city} it rains"));
    println!("{}", weather("London"));
    show::last_trace(&loom)?;

    // 3. An error of the future is one of the span.
    let read = spanloom::try_wrap_async(Wrap::new("read").args(["path"]), |path: String| async move {
        Err::<String, _>(std::io::Error::other(format!("there is no {path}")))
    });
    println!("{:?}", read("a.txt".to_owned()).await.map_err(|error| error.to_string()));
    show::last_trace(&loom)?;
    Ok(())
}
