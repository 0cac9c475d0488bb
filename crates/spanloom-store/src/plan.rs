//! How the clauses of a search are put together.
//!
//! SQLite knows nothing of how common a label is, so it is looked at before: the rarest label gives the traces to look
//! at, when there are few; else traces are walked in their order, and each is asked for its labels, which costs one
//! look-up in the index and ends as soon as the page is full.

use rusqlite::{Connection, params_from_iter};
use spanloom_core::filter::Filter;

use crate::conditions::{LabelCondition, assessment_condition, column_condition, label_conditions};
use crate::sql::{Sql, marks};

/// A label with fewer traces than this is looked up, and the result sorted, rather than walking the traces in order.
const RARE: usize = 5_000;
/// With more labels than this, asking each trace for one of them costs more than collecting their traces once.
const FEW_LABELS: usize = 64;

/// One requirement on labels.
#[derive(Debug)]
struct Requirement {
    /// Numbers of the labels, any of which will do; cut off beyond [`FEW_LABELS`].
    labels: Vec<i64>,
    condition: LabelCondition,
    /// Counted up to [`RARE`].
    traces: usize,
}

/// The conditions of a filter as SQL; `None` when nothing can fit.
pub(crate) fn conditions(connection: &Connection, filter: &Filter) -> rusqlite::Result<Option<Vec<Sql>>> {
    let mut conditions: Vec<Sql> = filter.clauses().iter().filter_map(column_condition).collect();
    for (traces, present) in filter.clauses().iter().filter_map(assessment_condition) {
        conditions.push(assessed(connection, traces, present)?);
    }
    let mut requirements = Vec::new();
    for condition in label_conditions(filter) {
        let requirement = Requirement::find(connection, condition)?;
        if requirement.condition.present && requirement.labels.is_empty() && !requirement.condition.open_pass {
            return Ok(None);
        }
        requirements.push(requirement);
    }
    let rarest = requirements
        .iter()
        .enumerate()
        .filter(|(_, r)| r.condition.present && r.traces < RARE)
        .min_by_key(|(_, r)| r.traces);
    let driver = rarest.map(|(index, _)| index);
    for (index, requirement) in requirements.into_iter().enumerate() {
        if requirement.labels.is_empty() && !requirement.condition.present {
            continue;
        }
        conditions.push(if driver == Some(index) { requirement.collected() } else { requirement.asked() });
    }
    Ok(Some(conditions))
}

/// Few assessments give the traces to look at; else each trace is asked.
fn assessed(connection: &Connection, traces: Sql, present: bool) -> rusqlite::Result<Sql> {
    let Sql { text, values } = traces;
    let count: i64 = connection
        .prepare_cached(&format!("SELECT count(*) FROM ({text} LIMIT {RARE})"))?
        .query_row(params_from_iter(&values), |row| row.get(0))?;
    let is_rare = usize::try_from(count).is_ok_and(|count| count < RARE);
    Ok(match (is_rare, present) {
        (true, true) => Sql::new(format!("t.trace_id IN ({text})"), values),
        (_, true) => Sql::new(format!("({text} AND a.trace_id = t.trace_id LIMIT 1) IS NOT NULL"), values),
        (_, false) => Sql::new(format!("({text} AND a.trace_id = t.trace_id LIMIT 1) IS NULL"), values),
    })
}

impl Requirement {
    fn find(connection: &Connection, condition: LabelCondition) -> rusqlite::Result<Self> {
        let labels = connection
            .prepare_cached(&format!("SELECT id FROM labels WHERE {} LIMIT {}", condition.sql.text, FEW_LABELS + 1))?
            .query_map(params_from_iter(&condition.sql.values), |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        let mut found = Self { labels, condition, traces: RARE };
        let Sql { text, values } = found.traces();
        let counted = format!("SELECT count(*) FROM ({text} LIMIT {RARE})");
        let traces =
            connection.prepare_cached(&counted)?.query_row(params_from_iter(&values), |row| row.get::<_, i64>(0))?;
        found.traces = usize::try_from(traces).unwrap_or(RARE);
        Ok(found)
    }

    /// Selects the traces that pass.
    fn traces(&self) -> Sql {
        let mut sql = self.labelled();
        if self.condition.open_pass {
            sql.text.push_str(" UNION ALL SELECT seq FROM live");
        }
        sql
    }

    /// Selects the traces that have one of the labels.
    fn labelled(&self) -> Sql {
        let Sql { text, values } = self.any_label();
        let errors = if self.condition.errors_only { " AND error <> 0" } else { "" };
        Sql::new(format!("SELECT seq FROM labelled WHERE label IN ({text}){errors}"), values)
    }

    fn any_label(&self) -> Sql {
        if self.labels.len() <= FEW_LABELS {
            Sql::new(marks(self.labels.len()), self.labels.iter().map(|label| (*label).into()))
        } else {
            let LabelCondition { sql, .. } = &self.condition;
            Sql::new(format!("SELECT id FROM labels WHERE {}", sql.text), sql.values.clone())
        }
    }

    /// The traces are collected first.
    fn collected(&self) -> Sql {
        let Sql { text, values } = self.traces();
        Sql::new(format!("t.seq {}IN ({text})", if self.condition.present { "" } else { "NOT " }), values)
    }

    /// Each trace is asked. As a value, not with EXISTS, which SQLite may turn around into a join.
    fn asked(&self) -> Sql {
        if self.labels.len() > FEW_LABELS {
            return self.collected();
        }
        let Sql { text, values } = self.labelled();
        let outcome = if self.condition.present { "IS NOT NULL" } else { "IS NULL" };
        let open = if self.condition.open_pass { "t.writer <> 0 OR " } else { "" };
        Sql::new(format!("({open}({text} AND seq = t.seq LIMIT 1) {outcome})"), values)
    }
}
