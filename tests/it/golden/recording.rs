//! The recordings, as they are in the files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One recorded program.
pub(super) struct Recording {
    pub(super) name: &'static str,
    json: Value,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sdk")
}

/// The names of all recordings.
pub(super) fn names() -> Vec<String> {
    let files = std::fs::read_dir(directory()).expect("the recordings are in the repository");
    let files = files.map(|file| file.expect("its entries can be read").path());
    let recordings = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    recordings.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

impl Recording {
    /// The recording of this name.
    pub(super) fn load(name: &'static str) -> Self {
        let text = std::fs::read_to_string(directory().join(format!("{name}.json"))).expect("it was recorded");
        Self { name, json: serde_json::from_str(&text).expect("it is JSON") }
    }

    /// Whether its spans ran side by side.
    pub(super) fn is_concurrent(&self) -> bool {
        self.json["concurrent"] == true
    }

    /// What the program saw.
    pub(super) fn observations(&self) -> &Value {
        &self.json["observations"]
    }

    /// The traces as the client exported them.
    pub(super) fn traces(&self) -> Vec<&Value> {
        self.json["traces"].as_array().into_iter().flatten().map(|trace| &trace["exported"]).collect()
    }

    /// In which order spans began and ended, as `start <T1S1>`.
    pub(super) fn timeline(&self) -> Vec<&str> {
        self.json["timeline"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Times that the program gave itself: all that are left.
    pub(super) fn explicit_times(&self) -> BTreeSet<u64> {
        let mut times = BTreeSet::new();
        for trace in self.traces() {
            for span in trace["data"]["spans"].as_array().into_iter().flatten() {
                let events = span["events"].as_array().into_iter().flatten().map(|event| &event["time_unix_nano"]);
                let own = [&span["start_time_unix_nano"], &span["end_time_unix_nano"]];
                times.extend(events.chain(own).filter_map(Value::as_u64).filter(|time| *time != 0));
            }
        }
        times
    }
}
