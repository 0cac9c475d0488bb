//! A server that is not there, and then is.

use std::time::Duration;

use spanloom::Spanloom;

use crate::mlflow::{Server, free_port, new_experiment};

#[test]
fn what_was_recorded_while_the_server_was_away_arrives_once_it_is_back() {
    let dir = tempfile::tempdir().unwrap();
    let (port, experiment) = (free_port(), new_experiment("outage"));
    let builder = || {
        Spanloom::builder()
            .store(dir.path().join("traces.db"))
            .mlflow(format!("http://127.0.0.1:{port}"))
            .experiment(&experiment)
    };
    let record = |loom: &Spanloom, from: u32| {
        for n in from..from + 5 {
            loom.root_span(format!("trace {n}")).start().child("child").start().end();
        }
    };
    let loom = builder().start().unwrap();
    record(&loom, 0);
    let report = loom.shutdown_blocking(Duration::from_secs(3)).unwrap();
    assert_eq!((report.stored, report.delivered, report.left), (10, 0, 10), "{report:?}");

    let server = Server::start_on(port, tempfile::tempdir().unwrap());
    server.wait_until_it_answers();
    let loom = builder().start().unwrap();
    record(&loom, 5);
    let report = loom.shutdown_blocking(Duration::from_secs(120)).unwrap();
    assert_eq!(report.left, 0, "{report:?}");
    let read = server.read_back(&experiment);
    let mut names: Vec<_> = read.iter().map(|t| t["info"]["tags"]["mlflow.traceName"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, (0..10).map(|n| format!("trace {n}")).collect::<Vec<_>>());
    assert!(read.iter().all(|trace| trace["data"]["spans"].as_array().unwrap().len() == 2));
}
