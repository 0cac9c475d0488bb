//! What differs from MLflow's recordings on purpose.
//!
//! Every row is needed by its recording, and stands in `docs/reference/differences.md` in the same words.

use super::compare::Found;
use super::table;

/// One deviation. In `at`, `theirs` and `ours` a `*` stands for anything.
#[derive(Debug)]
pub(super) struct Difference {
    /// Name of the recording.
    pub(super) fixture: &'static str,
    /// Where: `T1S2.attributes.model`.
    pub(super) at: &'static str,
    /// MLflow's value, as JSON, or `absent`.
    pub(super) theirs: &'static str,
    /// Ours.
    pub(super) ours: &'static str,
    /// Why it is so.
    pub(super) why: &'static str,
}

pub(super) const DIFFERENCES: &[Difference] = &[
    Difference {
        fixture: "15-streaming-openai-reducer-literal",
        at: "observations.Choice_exported",
        theirs: "false",
        ours: "absent",
        why: "what made the reducer fail is a matter of Python's imports; ours panics",
    },
    Difference {
        fixture: "31-client-basic-lifecycle",
        at: "observations.request_id_is_trace_id",
        theirs: "true",
        ours: "absent",
        why: "a deprecated name of an argument",
    },
    Difference {
        fixture: "35-client-safe-context-manager",
        at: "observations.no_parent",
        theirs: r#""MlflowException""#,
        ours: "absent",
        why: "a parent is a part of `StartSpan::new`: without one it does not compile",
    },
    Difference {
        fixture: "38-client-forgotten-span",
        at: "observations.readable_before_child_end",
        theirs: "null",
        ours: r#""IN_PROGRESS""#,
        why: "live traces can be read",
    },
    Difference {
        fixture: "46-query-completed-trace",
        at: "observations.bad_name",
        theirs: r#""MlflowException""#,
        ours: "absent",
        why: "a name of another type does not compile",
    },
    Difference {
        fixture: "46-query-completed-trace",
        at: "observations.bad_type",
        theirs: r#""MlflowException""#,
        ours: "absent",
        why: "a span type of another type does not compile",
    },
    Difference {
        fixture: "46-query-completed-trace",
        at: "observations.row_columns",
        theirs: "*",
        ours: "absent",
        why: "there are no data frames; the fields of `TraceInfo` and `SpanRecord` are the columns",
    },
];

/// What was found and stands in no row, and rows of this recording that nothing needs: a line each.
pub(super) fn unexplained(fixture: &str, found: &[Found]) -> Vec<String> {
    let rows = || DIFFERENCES.iter().filter(|row| row.fixture == fixture);
    let new = found.iter().filter(|found| !rows().any(|row| row.explains(found))).map(Found::to_string);
    let stale = rows().filter(|row| !found.iter().any(|found| row.explains(found)));
    new.chain(stale.map(|row| format!("  a row of `differences.rs` that nothing needs: {row:?}"))).collect()
}

impl Difference {
    fn explains(&self, found: &Found) -> bool {
        fits(self.at, &found.at) && fits(self.theirs, &found.theirs) && fits(self.ours, &found.ours)
    }
}

/// Whether a text has this form.
fn fits(form: &str, text: &str) -> bool {
    let Some((head, rest)) = form.split_once('*') else { return form == text };
    let Some(left) = text.strip_prefix(head) else { return false };
    (0..=left.len()).filter(|at| left.is_char_boundary(*at)).any(|at| fits(rest, &left[at..]))
}

#[test]
fn rows_and_documentation_say_the_same() {
    let documented = table::rows("docs/reference/differences.md", "Recordings");
    let ours: Vec<_> = DIFFERENCES.iter().map(|row| [row.fixture, row.at, row.theirs, row.ours, row.why]).collect();
    let ours: Vec<Vec<String>> = ours.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
    for row in &ours {
        assert!(documented.contains(row), "not in the documentation: {row:?}");
    }
    for row in &documented {
        assert!(ours.contains(row), "only in the documentation: {row:?}");
    }
}

#[test]
fn a_star_stands_for_anything() {
    assert!(fits("T*S*.attributes.model", "T1S22.attributes.model"));
    assert!(fits("*", "") && fits("a*", "a") && fits("*b*", "abc"));
    assert!(!fits("T*S*.attributes.model", "T1S2.attributes.model.x") && !fits("a*c", "ab"));
}
