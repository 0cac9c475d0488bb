//! A build without the feature `store`: what needs one says so, what needs none works.

use std::time::Duration;

use spanloom::{SearchTraces, Spanloom};

const DEADLINE: Duration = Duration::from_secs(5);

pub(crate) fn check() {
    for builder in [Spanloom::builder(), Spanloom::builder().in_memory(), Spanloom::builder().store("unused.db")] {
        let error = builder.start().expect_err("there is no store to open");
        assert!(error.to_string().contains("`store`"), "{error}");
    }
    let loom = Spanloom::builder().no_store().start().expect("an engine needs no store");
    let root = loom.root_span("root").start();
    assert!(root.is_recording());
    assert!(
        !spanloom::start_span("elsewhere").is_recording(),
        "an engine that is not installed gets its own spans only"
    );
    drop(root);
    loom.flush_blocking(DEADLINE).expect("there is nothing to wait for");
    let page = loom.search_traces_blocking(SearchTraces::new()).expect("live traces are searched");
    assert!(page.traces.is_empty(), "a completed trace is kept nowhere");
    loom.shutdown_blocking(DEADLINE).expect("there is nothing to wait for");
}
