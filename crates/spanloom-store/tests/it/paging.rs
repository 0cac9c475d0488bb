//! Pages are stable, whole and carry their question.

use std::collections::HashSet;

use spanloom_core::{SearchTraces, TraceStore};
use spanloom_store::{ListOptions, Reader, SearchError, Store};

use crate::example::*;

fn numbered(count: u128) -> (Store, Reader) {
    let mut store = Store::in_memory().expect("memory");
    store.commit(&completed(&traces_of(count))).expect("commits");
    let reader = store.reader().expect("reads");
    (store, reader)
}

fn traces_of(count: u128) -> Vec<spanloom_core::Trace> {
    (1..=count)
        .map(|number| {
            let mut trace = trace(number, 1);
            // Many at the same moment, so that ties matter.
            trace.info.request_time_unix_nano = T0 + (number as u64 / 7) * 1_000_000;
            if !number.is_multiple_of(3) {
                trace.info.tags.insert("part".to_owned(), format!("p{}", number % 4));
            }
            if number.is_multiple_of(5) {
                trace.info.execution_duration_ms = None;
            }
            trace
        })
        .collect()
}

fn all_pages(reader: &Reader, question: SearchTraces) -> Vec<u128> {
    let mut found = Vec::new();
    let mut page = reader.search(&question).expect("finds");
    loop {
        found.extend(page.traces.iter().map(|trace| trace.info.trace_id.to_u128()));
        let Some(token) = page.next_page_token else { return found };
        page = reader.search(&SearchTraces::new().page_token(token)).expect("finds");
    }
}

#[test]
fn pages_together_are_the_whole_answer_in_every_order() {
    let (_store, reader) = numbered(100);
    for order in [
        "",
        "timestamp_ms",
        "timestamp_ms DESC",
        "name",
        "name DESC",
        "execution_time_ms",
        "execution_time_ms DESC",
        "status",
        "request_id",
        "end_time_ms",
        "tags.part",
        "tags.part DESC",
        "metadata.release",
        "run_id DESC",
    ] {
        let question = || {
            let question = SearchTraces::new().filter("tags.env = 'prod'");
            if order.is_empty() { question } else { question.order_by(order) }
        };
        let whole = all_pages(&reader, question().max_results(1_000));
        let paged = all_pages(&reader, question().max_results(7));
        let in_memory = spanloom_core::question::Question::of(&question().max_results(1_000)).expect("understood");
        let in_memory = spanloom_core::question::answer(in_memory, traces_of(100));
        let in_memory: Vec<_> = in_memory.traces.iter().map(|trace| trace.info.trace_id.to_u128()).collect();
        assert_eq!(whole, in_memory, "{order}");
        assert_eq!(whole, paged, "{order}");
        assert_eq!(whole.iter().collect::<HashSet<_>>().len(), 50, "{order}");
    }
}

#[test]
fn what_comes_in_between_does_not_shift_a_page() {
    let (mut store, reader) = numbered(20);
    let first = reader.search(&SearchTraces::new().max_results(10)).expect("finds");
    let mut newer = trace(500, 1);
    newer.info.request_time_unix_nano = T0 + 1_000_000_000_000;
    store.commit(&completed(&[newer])).expect("commits");
    let second = reader.search(&SearchTraces::new().page_token(first.next_page_token.expect("more"))).expect("finds");
    let ids: HashSet<_> = first.traces.iter().chain(&second.traces).map(|trace| trace.info.trace_id).collect();
    assert_eq!(ids.len(), 20);
    assert!(!ids.contains(&trace_id(500)));
    assert_eq!(second.next_page_token, None);
}

#[test]
fn spans_are_left_out_when_they_are_not_asked_for() {
    let (_store, reader) = numbered(3);
    let page = reader.search(&SearchTraces::new().include_spans(false)).expect("finds");
    assert!(page.traces.iter().all(|trace| trace.data.spans.is_empty()));
    let page = reader.search(&SearchTraces::new()).expect("finds");
    assert!(page.traces.iter().all(|trace| trace.data.spans.len() == 1));
}

#[test]
fn questions_that_make_no_sense_are_errors() {
    let (_store, reader) = numbered(1);
    let ask = |question: SearchTraces| reader.search(&question).expect_err("refused");
    assert!(matches!(ask(SearchTraces::new().max_results(0)), SearchError::NoResults));
    assert!(matches!(ask(SearchTraces::new().page_token("abc")), SearchError::PageToken));
    assert!(matches!(ask(SearchTraces::new().order_by("bogus")), SearchError::OrderBy { .. }));
    assert!(matches!(ask(SearchTraces::new().filter("bogus = 'x'")), SearchError::Filter(_)));
}

#[test]
fn a_token_for_another_order_is_refused() {
    let (_store, reader) = numbered(20);
    let token = reader.search(&SearchTraces::new().max_results(1)).expect("finds").next_page_token.expect("more");
    let mut json = String::from_utf8(base64_decode(&token)).expect("text");
    json = json.replace("\"order_by\":[]", "\"order_by\":[\"name\"]");
    let forged = base64_encode(json.as_bytes());
    assert!(matches!(reader.search(&SearchTraces::new().page_token(forged)), Err(SearchError::PageToken)));
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64")
}

fn base64_encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn lists_are_newest_first_and_as_long_as_asked() {
    let (_store, reader) = numbered(1_234);
    let newest = reader.summaries(&ListOptions::newest(3)).expect("reads");
    assert_eq!(newest.len(), 3);
    let all = reader.summaries(&ListOptions::all()).expect("reads");
    assert_eq!(all.len(), 1_234);
    assert!(all.is_sorted_by(|a, b| a.info.request_time_unix_nano >= b.info.request_time_unix_nano));
    assert_eq!(all[..3], newest[..]);
}

#[test]
fn ids_are_found_by_their_first_digits() {
    let (_store, reader) = numbered(300);
    let prefix = format!("{:031x}", 1);
    let (count, first) = reader.ids_with_prefix(&prefix, 3).expect("reads");
    assert_eq!((count, first), (16, (16..=18).map(trace_id).collect()));
    assert_eq!(reader.ids_with_prefix(&format!("{:032X}", 0xab), 3).expect("reads"), (1, vec![trace_id(0xab)]));
    for nothing in ["f", "xyz", "+1", &"0".repeat(33)] {
        assert_eq!(reader.ids_with_prefix(nothing, 3).expect("reads"), (0, vec![]), "{nothing}");
    }
}

#[test]
fn all_live_traces_are_listed_beside_the_newest_others() {
    let (mut store, reader) = numbered(20);
    let mut old = chunk(30, 0, 1..=1);
    old.info.request_time_unix_nano = T0 - 1;
    let mut new = chunk(31, 0, 1..=1);
    new.info.request_time_unix_nano = T0 + 1_000_000_000;
    store.commit(&journal([old, new])).expect("commits");
    let listed = reader.summaries(&ListOptions::newest(2)).expect("reads");
    let ids: Vec<_> = listed.iter().map(|summary| (summary.info.trace_id.to_u128(), summary.live)).collect();
    assert_eq!(ids, [(31, true), (20, false), (19, false), (30, true)]);
}
