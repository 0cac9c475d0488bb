//! Measures a store: how fast it is filled, how large it gets, how long questions take.
//!
//! Claim: a list, a filter or one trace out of a million costs milliseconds. Times are medians of nine runs in one
//! process, with the file in the page cache. `docs/design/0003-store-layout.md` has the results.
//!
//! ```sh
//! cargo run --release -p spanloom-store --example measure_store -- measure.db 1000000 5
//! ```

use std::sync::Arc;
use std::time::{Duration, Instant};

use spanloom_core::{
    SealedTrace, SearchTraces, SpanId, SpanRecord, SpanStatus, StoreBatch, Trace, TraceId, TraceInfo, TraceState,
    TraceStore, attribute_key as key,
};
use spanloom_store::{ListOptions, Reader, Store, StoreOptions};

type Failure = Box<dyn std::error::Error>;

const BATCH: u64 = 1_000;
const RUNS: usize = 9;
const T0: u64 = 1_780_000_000_000_000_000;

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: measure_store FILE [TRACES] [SPANS]")?;
    let traces: u64 = args.next().map_or(Ok(100_000), |n| n.parse())?;
    let spans: u64 = args.next().map_or(Ok(5), |n| n.parse())?;

    // A file that was filled before is only asked.
    let filled = if std::path::Path::new(&path).exists() { None } else { Some(fill(&path, traces, spans)?) };
    let reader = Reader::open(&path)?;
    let status = reader.status()?;
    let count = traces * spans;
    if let Some(filled) = filled {
        println!("{traces} traces of {spans} spans, {} bytes of spans each", filled.body_bytes / count);
        for (name, time) in [("write", filled.elapsed), ("write, processor time", filled.processor)] {
            println!("{name}: {:.0} spans/s, {:.1} s", count as f64 / time.as_secs_f64(), time.as_secs_f64());
        }
    }
    println!("file: {} MB, {} B a span, {} B a trace", status.bytes >> 20, status.bytes / count, status.bytes / traces);

    for (name, question) in questions() {
        let (time, found) = median(|| Ok(reader.search(&question)?.traces.len()))?;
        println!("{name:<44} {:>9.3} ms  {found} found", millis(time));
    }
    let (time, pages) = median(|| walk(&reader))?;
    println!("{:<44} {:>9.3} ms  {pages} pages", "trace.text LIKE (in none), all pages", millis(time));
    let (time, found) = median(|| Ok(reader.summaries(&ListOptions::default())?.len()))?;
    println!("{:<44} {:>9.3} ms  {found} found", "list, newest 50", millis(time));
    let mut number = 0;
    let (time, found) = median(|| {
        number += traces / 10;
        Ok(reader.get(&id(number))?.map_or(0, |trace| trace.data.spans.len()))
    })?;
    println!("{:<44} {:>9.3} ms  {found} spans", "open one", millis(time));
    Ok(())
}

fn questions() -> Vec<(&'static str, SearchTraces)> {
    let ask = |filter: &str| SearchTraces::new().filter(filter).max_results(50).include_spans(false);
    vec![
        ("status = 'ERROR' (1 %)", ask("status = 'ERROR'")),
        ("name = (1 in 20)", ask("name = 'agent-7'")),
        ("name = (1 in 100,000)", ask("name = 'rare'")),
        ("name LIKE '%ra%'", ask("name LIKE '%ra%'")),
        ("name != (the usual ones)", ask("name != 'agent-7'")),
        ("one hour of time", ask("timestamp_ms > 1780000100000 AND timestamp_ms < 1780003700000")),
        ("tags.env = (1 in 3)", ask("tags.env = 'prod'")),
        ("tags.session = (10 traces)", ask("tags.session = 's-77'")),
        ("tags.env = AND status = 'ERROR'", ask("tags.env = 'prod' AND status = 'ERROR'")),
        ("span.type = (all)", ask("span.type = 'LLM'")),
        ("span.name = (1 in 1,000)", ask("span.name = 'special'")),
        ("span.type = AND span.status = 'ERROR'", ask("span.type = 'LLM' AND span.status = 'ERROR'")),
        ("execution_time_ms > (1 in 100,000)", ask("execution_time_ms > 999990")),
        ("trace.text LIKE (1 in 1,000)", ask("trace.text LIKE '%special%'")),
        ("trace.text ILIKE (1 in 1,000)", ask("trace.text ILIKE '%SPECIAL%'")),
        ("trace.text LIKE (in all)", ask("trace.text LIKE '%question%'")),
        ("trace.text LIKE (in none)", ask("trace.text LIKE '%nowhere to be found%'")),
        ("trace.text LIKE AND tags.session =", ask("trace.text LIKE '%question%' AND tags.session = 's-77'")),
        ("span.status = 'UNSET' (in none)", ask("span.status = 'UNSET'")),
        ("order_by tags.session", ask("").order_by("tags.session")),
        ("nothing fits", ask("execution_time_ms > 2000000")),
        ("order_by execution_time_ms DESC", ask("").order_by("execution_time_ms DESC")),
        ("status = 'ERROR', with spans", ask("status = 'ERROR'").include_spans(true)),
    ]
}

/// Goes through all traces for a text that none has; gives the number of pages.
fn walk(reader: &Reader) -> Result<usize, Failure> {
    let mut pages = 1;
    let mut page = reader.search(&SearchTraces::new().filter("trace.text LIKE '%nowhere to be found%'"))?;
    while let Some(token) = page.next_page_token {
        page = reader.search(&SearchTraces::new().page_token(token))?;
        pages += 1;
    }
    Ok(pages)
}

struct Filled {
    elapsed: Duration,
    /// What this thread itself ran; 0 where the system does not say.
    processor: Duration,
    body_bytes: u64,
}

fn fill(path: &str, traces: u64, spans: u64) -> Result<Filled, Failure> {
    let mut store = Store::open(path, StoreOptions::default())?;
    let (mut elapsed, mut processor, mut body_bytes, mut number) = (Duration::ZERO, Duration::ZERO, 0, 0);
    while number < traces {
        let last = (number + BATCH).min(traces);
        let completed: Vec<_> =
            (number + 1..=last).map(|n| Arc::new(SealedTrace::from_trace(&trace(n, spans)))).collect();
        body_bytes += completed.iter().map(|trace| trace.body.len() as u64).sum::<u64>();
        let (begun, ran) = (Instant::now(), ran());
        store.commit(&StoreBatch { completed, ..StoreBatch::default() })?;
        elapsed += begun.elapsed();
        processor += self::ran().saturating_sub(ran);
        number = last;
    }
    let begun = Instant::now();
    store.sync()?;
    drop(store);
    Ok(Filled { elapsed: elapsed + begun.elapsed(), processor, body_bytes })
}

/// How long this thread has run so far, without the time it waited for a processor.
fn ran() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

/// Ids as random as real ones, but the same in each run.
fn id(number: u64) -> TraceId {
    let (high, low) = (mix(number), mix(number ^ 0x5555_5555));
    TraceId::from_u128(u128::from(high) << 64 | u128::from(low) | 1).expect("the last bit is set")
}

fn trace(number: u64, spans: u64) -> Trace {
    let random = mix(number);
    let mut info = TraceInfo::new(id(number), T0 + number * 36_000_000);
    let failed = random.is_multiple_of(100);
    info.state = if failed { TraceState::Error } else { TraceState::Ok };
    info.execution_duration_ms = Some(random % 1_000_000);
    info.experiment_id = "my-agent".to_owned();
    info.request_preview = Some(words(random, 24));
    info.response_preview = Some(words(random + 1, 40));
    let name = if number.is_multiple_of(100_000) { "rare".to_owned() } else { format!("agent-{}", random % 20) };
    let tags = [
        (key::TRACE_NAME, name),
        ("env", ["prod", "dev", "test"][(random % 3) as usize].to_owned()),
        ("session", format!("s-{}", random % 100_000)),
    ];
    info.tags = tags.map(|(key, value)| (key.to_owned(), value)).into();
    let metadata = [
        (key::TRACE_SCHEMA_VERSION, "3".to_owned()),
        (key::USER, "service".to_owned()),
        (key::SOURCE_NAME, "/srv/agent/bin/agent".to_owned()),
        (key::SOURCE_TYPE, "LOCAL".to_owned()),
        (key::TRACE_USER, format!("user-{}", random % 5_000)),
        (key::TRACE_INPUTS, words(random, 24)),
        (key::TRACE_OUTPUTS, words(random + 1, 30)),
        (key::TRACE_SIZE_BYTES, (random % 10_000).to_string()),
        (key::TRACE_SIZE_STATS, format!("{{\"total_size_bytes\": {}, \"num_spans\": {spans}}}", random % 10_000)),
    ];
    info.trace_metadata = metadata.map(|(key, value)| (key.to_owned(), value)).into();
    Trace::new(info, (1..=spans).map(|span| record(number, span, failed)).collect())
}

fn record(number: u64, span: u64, failed: bool) -> SpanRecord {
    let random = mix(number * 1_000 + span);
    let span_type = ["AGENT", "LLM", "TOOL", "RETRIEVER"][((span - 1) % 4) as usize];
    let name = if span == 2 && number.is_multiple_of(1_000) { "special" } else { span_type };
    let start = T0 + number * 36_000_000 + span * 1_000;
    let span_id = |n: u64| SpanId::from_u64(mix(number ^ n << 40) | 1).expect("the last bit is set");
    let mut record = SpanRecord::new(id(number), span_id(span), name, start);
    record.parent_id = (span > 1).then(|| span_id(1));
    record.end_time_unix_nano = Some(start + random % 1_000_000_000);
    record.span_type = span_type.to_owned().into();
    record.set_attribute(key::SPAN_TYPE, span_type);
    record.set_inputs(serde_json::json!({"question": words(random, 12)}));
    record.set_outputs(words(random + 1, 16));
    record.status = if failed { SpanStatus::error("timed out") } else { SpanStatus::Ok };
    record
}

/// Prose of made-up words, so that it compresses about as prose does.
fn words(seed: u64, count: u64) -> String {
    const SYLLABLES: &[&str] =
        &["ta", "re", "lo", "min", "ku", "sa", "ver", "no", "pi", "den", "ra", "st", "el", "ong", "wa", "fe"];
    let mut text = String::new();
    for n in 0..count {
        // A vocabulary of 2,048 words, of which the first are the most frequent.
        let random = mix(seed ^ (n << 20));
        let mut word = (random % 2_048) * ((random >> 32) % 2_048) / 2_048 + 16;
        while word > 0 {
            text.push_str(SYLLABLES[(word % 16) as usize]);
            word /= 16;
        }
        text.push(' ');
    }
    text
}

const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn median(mut run: impl FnMut() -> Result<usize, Failure>) -> Result<(Duration, usize), Failure> {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..RUNS {
        let begun = Instant::now();
        found = run()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok((times[RUNS / 2], found))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
