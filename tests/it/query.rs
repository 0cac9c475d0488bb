//! What was recorded is found at once, by id and by question.

use spanloom::{Error, SearchTraces, Spanloom, TraceId, last_active_trace_id, update_current_trace};

use crate::alone::alone;
use crate::universe::{PATIENCE, Universe};

#[spanloom::trace(name = "answer", attributes(part = n))]
fn answer(n: usize) -> usize {
    n + 1
}

#[test]
fn the_last_trace_is_read_right_after_the_function_returned() {
    alone("query::the_last_trace_is_read_right_after_the_function_returned", || {
        assert_eq!(last_active_trace_id(), None);
        let loom = Spanloom::builder().in_memory().install().expect("nothing is installed");
        for n in 0..100 {
            answer(n);
            let id = last_active_trace_id().expect("a root has ended");
            let trace = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
            assert_eq!((&*trace.data.spans[0].name, trace.data.spans[0].outputs()), ("answer", Some((n + 1).into())));
        }
        let elsewhere = std::thread::spawn(|| (answer(7), last_active_trace_id()).1).join().expect("it does not panic");
        assert_eq!(last_active_trace_id(), elsewhere, "the root that ended last, whatever thread asks");
        assert_eq!(loom.shutdown_blocking(PATIENCE).expect("there is a minute for it").stored, 101);
    });
}

#[tokio::test]
async fn async_and_blocking_reads_give_the_same() {
    let universe = Universe::new();
    let trace = universe.trace_of(|root| root.set_inputs(1));
    assert_eq!(universe.fetch(trace.info.trace_id).await, trace);
    let page = universe.search_traces(SearchTraces::new()).await.expect("the question is right");
    assert_eq!(page.traces, [trace]);
    universe.flush(PATIENCE).await.expect("there is a minute for it");
    assert_eq!(universe.shutdown(PATIENCE).await.expect("there is a minute for it").stored, 1);
}

#[test]
fn an_unknown_id_is_no_trace() {
    let universe = Universe::new();
    universe.trace_of(|_| ());
    let unknown: TraceId = "tr-0123456789abcdef0123456789abcdef".parse().expect("of the right form");
    assert_eq!(universe.get_trace_blocking(&unknown).expect("the store can be read"), None);
}

/// Ten traces, `n` from 0 to 9: even ones fail, each has its number as a tag.
fn ten() -> Universe {
    let universe = Universe::with(|builder| builder.experiment("numbers"));
    for n in 0..10 {
        let root = universe.root_span(format!("trace {n}")).at_unix_nanos(1_000_000_000 * (n + 1)).enter();
        update_current_trace(|t| t.tag("n", n).tag("parity", if n % 2 == 0 { "even" } else { "odd" }).user("u"));
        answer(n as usize);
        if n % 2 == 0 {
            root.record_error("even");
        }
    }
    universe
}

/// Checks which of the ten a question finds, in order.
#[track_caller]
fn check(universe: &Universe, search: SearchTraces, expected: &[u64]) {
    let page = universe.search_traces_blocking(search).expect("the question is right");
    let found: Vec<u64> = page.traces.iter().filter_map(|trace| trace.info.tags["n"].parse().ok()).collect();
    assert_eq!(found, expected);
}

#[test]
fn filters_find_what_fits_newest_first() {
    let universe = ten();
    let filter = |text: &str| SearchTraces::new().filter(text);
    check(&universe, SearchTraces::new(), &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    check(&universe, filter("trace.status = 'ERROR'"), &[8, 6, 4, 2, 0]);
    check(&universe, filter("status = 'OK' AND tags.n RLIKE '^[13]$'"), &[3, 1]);
    check(&universe, filter("name LIKE 'trace _' AND tags.parity != 'odd' AND timestamp_ms >= 7000"), &[8, 6]);
    check(&universe, filter("metadata.`mlflow.trace.user` = 'u' AND tags.n = '5'"), &[5]);
    check(&universe, filter("span.name = 'answer' AND tags.n = '4'"), &[4]);
    check(&universe, filter("span.name = 'question'"), &[]);
    check(&universe, SearchTraces::new().experiment("numbers").max_results(1), &[9]);
    check(&universe, SearchTraces::new().experiment("letters"), &[]);
}

#[test]
fn results_come_in_the_order_that_was_asked_for() {
    let universe = ten();
    check(&universe, SearchTraces::new().order_by("timestamp_ms ASC").max_results(3), &[0, 1, 2]);
    check(&universe, SearchTraces::new().order_by("name DESC").max_results(2), &[9, 8]);
    check(&universe, SearchTraces::new().order_by("status ASC").order_by("timestamp_ms ASC").max_results(2), &[0, 2]);
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let universe = ten();
    let mut search = SearchTraces::new().order_by("timestamp_ms ASC").filter("tags.n != '3'").max_results(4);
    let mut sizes = Vec::new();
    let mut found = Vec::new();
    loop {
        let page = universe.search_traces_blocking(search).expect("the question is right");
        sizes.push(page.traces.len());
        found.extend(page.traces.iter().map(|trace| trace.info.tags["n"].clone()));
        let Some(token) = page.next_page_token else { break };
        search = SearchTraces::new().page_token(token);
    }
    assert_eq!(found.concat(), "012456789");
    assert_eq!(sizes, [4, 4, 1]);
}

#[test]
fn spans_can_be_left_out_of_a_page() {
    let page = ten().search_traces_blocking(SearchTraces::new().include_spans(false)).expect("the question is right");
    assert!(page.traces.len() == 10 && page.traces.iter().all(|trace| trace.data.spans.is_empty()));
}

/// Checks that a question is refused, and what the error says.
#[track_caller]
fn check_refused(search: SearchTraces, expected: &str) {
    let error = Universe::new().search_traces_blocking(search).expect_err("it is wrong");
    assert!(matches!(error, Error::Search(_)), "{error:?}");
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_wrong_question_is_a_typed_error_that_says_where() {
    check_refused(SearchTraces::new().filter("trace.status == 'OK'"), "filter, character 15");
    check_refused(SearchTraces::new().filter("tags.fruit = 'apple' OR 1"), "filter, character 22");
    check_refused(SearchTraces::new().order_by("colour"), "`colour`");
    check_refused(SearchTraces::new().page_token("made up"), "page token");
    check_refused(SearchTraces::new().max_results(0), "max_results");
}

#[test]
fn without_a_store_only_live_traces_are_read() {
    let universe = Universe::with(|builder| builder.no_store());
    let root = universe.root_span("root").start();
    let id = root.trace_id();
    assert_eq!(universe.trace(id).data.spans.len(), 1);
    drop(root);
    assert_eq!(universe.get_trace_blocking(&id).expect("there is nothing to read"), None);
    assert_eq!(universe.all_traces(), []);
}

#[tokio::test]
async fn without_a_store_live_traces_are_searched_in_memory() {
    let universe = Universe::with(|builder| builder.no_store().experiment("numbers"));
    let roots: Vec<_> = (0..5)
        .map(|n| {
            let root = universe.root_span(format!("trace {n}")).at_unix_nanos(1_000_000_000 * (n + 1)).enter();
            update_current_trace(|t| t.tag("n", n));
            let child = root.child("child").span_type("TOOL").start();
            child.set_inputs(format!("question {n}"));
            child
        })
        .collect();
    check(&universe, SearchTraces::new(), &[4, 3, 2, 1, 0]);
    let search = SearchTraces::new().filter("span.type = 'TOOL' AND trace.text LIKE '%question 3%'");
    check(&universe, search, &[3]);
    check(&universe, SearchTraces::new().filter("status = 'OK'"), &[]);
    check(&universe, SearchTraces::new().experiment("letters"), &[]);
    let page = universe.search_traces(SearchTraces::new().order_by("name").max_results(2)).await.expect("right");
    let rest = SearchTraces::new().page_token(page.next_page_token.expect("three are left")).max_results(5);
    check(&universe, rest, &[2, 3, 4]);
    drop(roots);
    let error = universe.search_traces_blocking(SearchTraces::new().filter("bogus")).expect_err("it is wrong");
    assert!(matches!(error, Error::Search(_)), "{error:?}");
}

#[test]
fn a_run_and_a_model_are_asked_for_beside_the_filter() {
    let universe = Universe::new();
    for n in 0..3 {
        let _root = universe.root_span("root").enter();
        update_current_trace(|t| t.tag("n", n).metadata("mlflow.sourceRun", n % 2).metadata("mlflow.modelId", n / 2));
    }
    check(&universe, SearchTraces::new().run_id("0").order_by("timestamp_ms"), &[0, 2]);
    check(&universe, SearchTraces::new().run_id("0").model_id("0"), &[0]);
    let page = universe.search_traces_blocking(SearchTraces::new().run_id("0").max_results(1)).expect("right");
    assert_eq!(page.traces[0].info.tags["n"], "2");
    check(&universe, SearchTraces::new().page_token(page.next_page_token.expect("one is left")), &[0]);
}

#[test]
fn what_was_said_is_found_in_live_and_in_completed_traces() {
    let universe = Universe::new();
    let live = universe.root_span("live").start();
    live.set_inputs("a \"needle\" in a haystack");
    let done = universe.trace_of(|root| root.set_outputs("another needle"));
    let find = |filter: &str| {
        let page = universe.search_traces_blocking(SearchTraces::new().filter(filter)).expect("the filter is right");
        page.traces.iter().map(|trace| trace.info.trace_id).collect::<Vec<_>>()
    };
    assert_eq!(find("trace.text LIKE '%needle%'").len(), 2);
    assert_eq!(find("trace.text ILIKE '%\"NEEDLE\"%'"), [live.trace_id()]);
    assert_eq!(find("trace.text LIKE '%needle%' AND status = 'OK'"), [done.info.trace_id]);
}

#[test]
fn a_trace_that_completes_between_two_pages_comes_once() {
    let universe = Universe::new();
    let open: Vec<_> = (0..4).map(|n| universe.root_span(format!("trace {n}")).start()).collect();
    let mut search = SearchTraces::new().order_by("status ASC").max_results(1);
    let mut found = std::collections::BTreeSet::new();
    for root in &open {
        let page = universe.search_traces_blocking(search).expect("the question is right");
        assert!(page.traces.iter().all(|trace| found.insert(trace.info.trace_id)), "it was in a page before");
        root.end();
        let Some(token) = page.next_page_token else { break };
        search = SearchTraces::new().page_token(token);
    }
    assert!(!found.is_empty());
}
