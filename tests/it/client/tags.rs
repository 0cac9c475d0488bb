//! Tags by the id of their trace.

use spanloom::{Assessment, EndTrace, Error, SearchTraces, StartTrace, TraceId, last_active_trace_id};
use spanloom_testing::TestSink;

use super::stored;
use crate::alone::alone;
use crate::universe::{PATIENCE, Universe, eventually};

#[test]
fn tags_of_a_live_trace_are_set_and_deleted() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root").tag("a", 1).tag("b", 1)).expect("begins");
    let id = root.trace_id();
    client.set_trace_tag(id, "a", 2).expect("is there");
    client.set_trace_tag(id, "c", "new").expect("is there");
    client.delete_trace_tag(id, "b").expect("is there");
    let missing = client.delete_trace_tag(id, "b");
    assert!(matches!(missing, Err(Error::UnknownTag { trace, ref key }) if trace == id && key == "b"), "{missing:?}");
    client.end_trace(EndTrace::new(id)).expect("ends");
    let tags = stored(&universe, &root).info.tags;
    assert_eq!((&*tags["a"], &*tags["c"], tags.get("b")), ("2", "new", None));
}

#[test]
fn tags_of_a_stored_trace_are_set_deleted_searched_and_told_to_every_sink() {
    let (sink, received) = TestSink::new("test");
    let universe = Universe::with(|builder| builder.sink(sink));
    let client = universe.client();
    let ended = universe.trace_of(|root| root.set_inputs(1));
    let id = ended.info.trace_id;
    client.set_trace_tag(id, "fruit", "apple").expect("is there");
    let find = |filter: &str| {
        let page = universe.search_traces_blocking(SearchTraces::new().filter(filter)).expect("the question is right");
        page.traces.len()
    };
    assert_eq!((universe.trace(id).info.tags["fruit"].as_str(), find("tags.fruit = 'apple'")), ("apple", 1));
    assert_eq!(universe.trace(id).data, ended.data);
    universe.log_assessment_blocking(Assessment::feedback("good", true).trace_id(id)).expect("is there");
    client.set_trace_tag(id, "fruit", "pear").expect("is there");
    client.set_trace_tag(id, "fruit", "apple").expect("is there");
    assert_eq!(universe.trace(id).info.assessments.len(), 1, "what was judged of it stays");
    eventually("the sink hears of it", || {
        received.traces().iter().any(|trace| trace.info.tags.contains_key("fruit")).then_some(())
    });
    client.delete_trace_tag(id, "fruit").expect("is there");
    assert_eq!((universe.trace(id).info.tags.get("fruit"), find("tags.fruit = 'apple'")), (None, 0));
    let missing = client.delete_trace_tag(id, "fruit");
    assert!(matches!(missing, Err(Error::UnknownTag { .. })), "{missing:?}");
    let unknown = TraceId::derived_from("no trace has this id");
    assert!(matches!(client.set_trace_tag(unknown, "k", "v"), Err(Error::UnknownTrace(id)) if id == unknown));
    assert!(matches!(client.delete_trace_tag(unknown, "k"), Err(Error::UnknownTrace(id)) if id == unknown));
    assert_eq!(universe.settled().spans.stored, 1);
}

/// Whether a trace is live or stored at that moment makes no difference.
#[test]
fn a_tag_that_is_set_while_the_trace_completes_is_not_lost() {
    let universe = Universe::new();
    let client = universe.client();
    for n in 0..200 {
        let root = client.start_trace(StartTrace::new("root")).expect("begins");
        client.end_trace(EndTrace::new(root.trace_id())).expect("ends");
        client.set_trace_tag(root.trace_id(), "n", n).expect("is there");
        assert_eq!(universe.trace(root.trace_id()).info.tags["n"], n.to_string());
    }
}

#[test]
fn secrets_in_tags_are_taken_out() {
    let universe = Universe::new();
    let client = universe.client();
    let secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
    let id = universe.trace_of(|root| client.set_trace_tag(root.trace_id(), "live", secret).expect("is there"));
    client.set_trace_tag(id.info.trace_id, "stored", secret).expect("is there");
    let tags = universe.trace(id.info.trace_id).info.tags;
    assert!(!tags["live"].contains("abcdefghij") && !tags["stored"].contains("abcdefghij"), "{tags:?}");
}

#[test]
fn tags_that_say_where_a_trace_is_kept_are_refused_and_counted() {
    let universe = Universe::new();
    let client = universe.client();
    let root = client.start_trace(StartTrace::new("root").tag("mlflow.artifactLocation", "elsewhere")).expect("begins");
    for key in ["mlflow.user", "mlflow.artifactLocation", "mlflow.trace.spansLocation"] {
        client.set_trace_tag(root.trace_id(), key, "other").expect("is no error");
    }
    client.delete_trace_tag(root.trace_id(), "mlflow.traceName").expect("is there");
    client.set_trace_tag(root.trace_id(), "mlflow.traceName", "renamed").expect("is there");
    client.end_trace(EndTrace::new(root.trace_id())).expect("ends");
    let tags = stored(&universe, &root).info.tags;
    assert_eq!(tags.keys().collect::<Vec<_>>(), ["mlflow.traceName"]);
    assert_eq!(tags["mlflow.traceName"], "renamed");
    assert_eq!(universe.health().expect("it is not disabled").refused_tags, 3);
}

#[test]
fn a_trace_of_the_client_is_the_last_active_one_when_its_root_has_ended() {
    alone("client::tags::a_trace_of_the_client_is_the_last_active_one_when_its_root_has_ended", || {
        let universe = Universe::new();
        let client = universe.client();
        let first = client.start_trace(StartTrace::new("root")).expect("begins");
        let second = client.start_trace(StartTrace::new("root")).expect("begins");
        assert_eq!(last_active_trace_id(), None);
        client.end_trace(EndTrace::new(first.trace_id())).expect("ends");
        client.end_trace(EndTrace::new(second.trace_id())).expect("ends");
        universe.flush_blocking(PATIENCE).expect("there is a minute for it");
        let id = second.trace_id();
        drop((second, first));
        universe.flush_blocking(PATIENCE).expect("there is a minute for it");
        assert_eq!(last_active_trace_id(), Some(id), "neither drops nor what is kept inside count");
    });
}
