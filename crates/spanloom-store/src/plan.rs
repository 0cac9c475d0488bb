//! How the clauses of a search are put together.
//!
//! SQLite knows nothing of how common a label is, so it is looked at before: the rarest label gives the traces to look
//! at, when there are few; else traces are walked in their order, and each is asked for its labels, which costs one
//! look-up in the index and ends as soon as the page is full.

use rusqlite::{Connection, params_from_iter};

use crate::filter::{Clause, Filter, Key, Sql, Test, column_condition, label_condition, marks};

/// A label with fewer traces than this is looked up, and the result sorted, rather than walking the traces in order.
const RARE: usize = 5_000;
/// With more labels than this, asking each trace for one of them costs more than collecting their traces once.
const FEW_LABELS: usize = 64;

/// One requirement on labels.
#[derive(Debug)]
struct Requirement {
    /// Numbers of the labels, any of which will do; cut off beyond [`FEW_LABELS`].
    labels: Vec<i64>,
    /// Finds the numbers.
    condition: Sql,
    present: bool,
    errors_only: bool,
    /// Counted up to [`RARE`].
    traces: usize,
}

/// The conditions of a filter as SQL; `None` when nothing can fit.
pub(crate) fn conditions(connection: &Connection, filter: &Filter) -> rusqlite::Result<Option<Vec<Sql>>> {
    let mut conditions: Vec<Sql> = filter.clauses.iter().filter_map(column_condition).collect();
    let mut requirements = Vec::new();
    for (clauses, present) in label_groups(filter) {
        let requirement = Requirement::find(connection, &clauses, present)?;
        if requirement.present && requirement.labels.is_empty() {
            return Ok(None);
        }
        requirements.push(requirement);
    }
    let rarest =
        requirements.iter().enumerate().filter(|(_, r)| r.present && r.traces < RARE).min_by_key(|(_, r)| r.traces);
    let driver = rarest.map(|(index, _)| index);
    for (index, requirement) in requirements.into_iter().enumerate() {
        if requirement.labels.is_empty() {
            continue;
        }
        conditions.push(if driver == Some(index) { requirement.collected() } else { requirement.asked() });
    }
    Ok(Some(conditions))
}

/// The clauses that are asked of labels, and whether there must be such a label or must not. All `span.` clauses speak
/// of the same kind of span; each other one stands for itself.
fn label_groups(filter: &Filter) -> Vec<(Vec<&Clause>, bool)> {
    let mut groups = Vec::new();
    let spans: Vec<&Clause> = filter.clauses.iter().filter(|clause| clause.key.is_span()).collect();
    if !spans.is_empty() {
        groups.push((spans, true));
    }
    for clause in &filter.clauses {
        match (&clause.key, &clause.test) {
            (Key::Tag(_) | Key::Metadata(_), test) => groups.push((vec![clause], *test != Test::IsNull)),
            (Key::Name, Test::Equals(_) | Test::Like(_) | Test::ILike(_) | Test::In(_)) => {
                groups.push((vec![clause], true))
            }
            _ => {}
        }
    }
    groups
}

impl Requirement {
    fn find(connection: &Connection, clauses: &[&Clause], present: bool) -> rusqlite::Result<Self> {
        let condition = label_condition(clauses);
        let errors_only = clauses.iter().any(|clause| clause.key == Key::SpanStatus);
        let labels = connection
            .prepare_cached(&format!("SELECT id FROM labels WHERE {} LIMIT {}", condition.text, FEW_LABELS + 1))?
            .query_map(params_from_iter(&condition.values), |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        let mut found = Self { labels, condition, present, errors_only, traces: RARE };
        if !found.labels.is_empty() {
            let Sql { text, values } = found.traces();
            let counted = format!("SELECT count(*) FROM ({text} LIMIT {RARE})");
            let traces = connection
                .prepare_cached(&counted)?
                .query_row(params_from_iter(&values), |row| row.get::<_, i64>(0))?;
            found.traces = usize::try_from(traces).unwrap_or(RARE);
        }
        Ok(found)
    }

    /// Selects the traces that have one of the labels.
    fn traces(&self) -> Sql {
        let Sql { text, values } = self.any_label();
        let errors = if self.errors_only { " AND error <> 0" } else { "" };
        Sql::new(format!("SELECT seq FROM labelled WHERE label IN ({text}){errors}"), values)
    }

    fn any_label(&self) -> Sql {
        if self.labels.len() <= FEW_LABELS {
            Sql::new(marks(self.labels.len()), self.labels.iter().map(|label| (*label).into()))
        } else {
            Sql::new(format!("SELECT id FROM labels WHERE {}", self.condition.text), self.condition.values.clone())
        }
    }

    /// The traces are collected first.
    fn collected(&self) -> Sql {
        let Sql { text, values } = self.traces();
        Sql::new(format!("t.seq {}IN ({text})", if self.present { "" } else { "NOT " }), values)
    }

    /// Each trace is asked. As a value, not with EXISTS, which SQLite may turn around into a join.
    fn asked(&self) -> Sql {
        if self.labels.len() > FEW_LABELS {
            return self.collected();
        }
        let Sql { text, values } = self.traces();
        let outcome = if self.present { "IS NOT NULL" } else { "IS NULL" };
        Sql::new(format!("({text} AND seq = t.seq LIMIT 1) {outcome}"), values)
    }
}
