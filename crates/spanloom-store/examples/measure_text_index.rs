//! Measures what a full-text index would cost a store, beside what it stores anyway.
//!
//! Claim: an index that answers `LIKE '%…%'` costs the writer more than all else it does. `docs/design/0006-search.md`
//! has the results.
//!
//! ```sh
//! cargo run --release -p spanloom-store --example measure_text_index -- 50000 5
//! ```

use std::time::{Duration, Instant};

use rusqlite::{Connection, params};

type Failure = Box<dyn std::error::Error>;

const BATCH: u64 = 1_000;
const RUNS: usize = 9;

/// Name, and the index that is filled, if one is.
const LAYOUTS: [(&str, Option<&str>); 5] = [
    ("bodies alone", None),
    ("trigrams", Some("fts5(text, content='', tokenize='trigram')")),
    ("trigrams without positions", Some("fts5(text, content='', detail=none, tokenize='trigram')")),
    ("words", Some("fts5(text, content='', tokenize='unicode61')")),
    ("words without positions", Some("fts5(text, content='', detail=none, tokenize='unicode61')")),
];

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let traces: u64 = args.next().map_or(Ok(50_000), |n| n.parse())?;
    let spans: u64 = args.next().map_or(Ok(5), |n| n.parse())?;
    println!("{traces} traces of {spans} spans, {} bytes of text each", text(1, spans).len());
    for (name, index) in LAYOUTS {
        let file = std::env::temp_dir().join(format!("measure-text-index-{}.db", std::process::id()));
        let connection = Connection::open(&file)?;
        connection.execute_batch("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        connection.execute_batch("CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")?;
        if let Some(index) = index {
            connection.execute_batch(&format!("CREATE VIRTUAL TABLE texts USING {index}"))?;
        }
        let processor = fill(&connection, traces, spans, index.is_some())?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        let bytes = std::fs::metadata(&file)?.len();
        let rate = (traces * spans) as f64 / processor.as_secs_f64();
        println!(
            "{name:<28} {rate:>9.0} spans/s of processor time, {} B a trace{}",
            bytes / traces,
            asked(&connection, name)?
        );
        drop(connection);
        for ending in ["", "-wal", "-shm"] {
            let mut path = file.clone().into_os_string();
            path.push(ending);
            drop(std::fs::remove_file(path));
        }
    }
    Ok(())
}

fn fill(connection: &Connection, traces: u64, spans: u64, indexed: bool) -> Result<Duration, Failure> {
    let mut zstd = zstd::bulk::Compressor::new(1)?;
    let mut processor = Duration::ZERO;
    for first in (1..=traces).step_by(BATCH as usize) {
        let texts: Vec<_> = (first..(first + BATCH).min(traces + 1)).map(|n| (n, text(n, spans))).collect();
        let begun = ran();
        let transaction = connection.unchecked_transaction()?;
        for (number, text) in &texts {
            let body = zstd.compress(text.as_bytes())?;
            let mut insert = transaction.prepare_cached("INSERT INTO bodies (id, body) VALUES (?1, ?2)")?;
            insert.execute(params![signed(*number), body])?;
            if indexed {
                let mut insert = transaction.prepare_cached("INSERT INTO texts (rowid, text) VALUES (?1, ?2)")?;
                insert.execute(params![signed(*number), text])?;
            }
        }
        transaction.commit()?;
        processor += ran().saturating_sub(begun);
    }
    Ok(processor)
}

/// How long the index takes to give the newest 50 with a rare word, as far as it can answer that.
fn asked(connection: &Connection, name: &str) -> Result<String, Failure> {
    if name == "bodies alone" {
        return Ok(String::new());
    }
    // Without positions a phrase, which a word of four letters or more is in trigrams, is asked as its parts.
    let question = match name {
        "trigrams" => "\"needle\"",
        "trigrams without positions" => "nee AND eed AND edl AND dle",
        _ => "needle",
    };
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..RUNS {
        let begun = Instant::now();
        let mut statement =
            connection.prepare("SELECT rowid FROM texts WHERE texts MATCH ?1 ORDER BY rowid DESC LIMIT 50")?;
        found = statement.query_map([question], |row| row.get::<_, i64>(0))?.count();
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(format!(", a rare word {:.3} ms, {found} found", times[RUNS / 2].as_secs_f64() * 1e3))
}

/// How long this thread has run so far, without the time it waited for a processor.
fn ran() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Inputs and outputs of the spans of one trace; one trace in a thousand has a needle.
fn text(number: u64, spans: u64) -> String {
    let mut text = String::new();
    for span in 1..=spans {
        let random = mix(number * 1_000 + span);
        words(random, 12, &mut text);
        words(random + 1, 16, &mut text);
    }
    if number.is_multiple_of(1_000) {
        text.push_str("needle");
    }
    text
}

/// Prose of made-up words, as in `measure_store`.
fn words(seed: u64, count: u64, text: &mut String) {
    const SYLLABLES: &[&str] =
        &["ta", "re", "lo", "min", "ku", "sa", "ver", "no", "pi", "den", "ra", "st", "el", "ong", "wa", "fe"];
    for n in 0..count {
        let random = mix(seed ^ (n << 20));
        let mut word = (random % 2_048) * ((random >> 32) % 2_048) / 2_048 + 16;
        while word > 0 {
            text.push_str(SYLLABLES[(word % 16) as usize]);
            word /= 16;
        }
        text.push(' ');
    }
}

const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
