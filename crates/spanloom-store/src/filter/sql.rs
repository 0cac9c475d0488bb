//! From clauses to SQL. What the user wrote is always bound, never part of the text.

use rusqlite::types::Value;
use spanloom_core::TraceId;

use super::ast::{Clause, Key, Order, Test};
use super::{number, pattern};
use crate::labels::Space;
use crate::rows::id_bytes;

/// A piece of SQL and what is bound to its `?`s, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

impl Sql {
    pub(crate) fn new(text: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Self {
        Self { text: text.into(), values: values.into_iter().collect() }
    }

    /// Adds text with what is bound to it.
    pub(crate) fn push(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(text);
        self.values.extend(values);
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.push(&other.text, other.values);
    }
}

/// The condition on the columns of `traces t`; `None` for what is asked of labels.
pub(crate) fn column_condition(clause: &Clause) -> Option<Sql> {
    Some(match (&clause.key, &clause.test) {
        (Key::Status, Test::Equals(state)) => status(state),
        (Key::Status, test) => text_condition("t.state", test),
        (Key::Name, test) => likely(text_condition("t.name", test)),
        (Key::ClientRequestId, test) => text_condition("t.client_request_id", test),
        (Key::RequestId, Test::Equals(id)) => Sql::new("t.trace_id = ?", [id_value(id)]),
        (Key::RequestId, test) => text_condition("('tr-' || lower(hex(t.trace_id)))", test),
        (Key::TimestampMs, Test::Number(order, ms)) => time(*order, *ms),
        (Key::ExecutionTimeMs, Test::Number(order, ms)) => {
            Sql::new(format!("t.duration_ms {} ?", order.sql()), [Value::Real(*ms)])
        }
        (Key::EndTimeMs, Test::Number(order, ms)) => Sql::new(
            format!("(t.request_time_ns / 1000000 + coalesce(t.duration_ms, 0)) {} ?", order.sql()),
            [Value::Real(*ms)],
        ),
        _ => return None,
    })
}

/// The condition on `labels`, for one tag or metadata clause or for all `span.` clauses together; whether the trace
/// must have such a label is up to the caller. `errors` is added where only failed spans count.
pub(crate) fn label_condition(clauses: &[&Clause]) -> Sql {
    let mut sql = Sql::default();
    for clause in clauses {
        let (space, key) = match &clause.key {
            Key::Tag(key) => (Space::Tag, Some(key)),
            Key::Metadata(key) => (Space::Metadata, Some(key)),
            Key::Name => (Space::Name, None),
            _ => (Space::SpanKind, None),
        };
        if sql.text.is_empty() {
            sql.push("space = ?", [Value::Integer(space as i64)]);
        }
        if let Some(key) = key {
            sql.push(" AND key = ?", [Value::Text(key.clone())]);
        }
        let column = if matches!(clause.key, Key::SpanName | Key::Name) { "key" } else { "value" };
        let asks_nothing = matches!(clause.test, Test::IsNull | Test::IsNotNull) || clause.key == Key::SpanStatus;
        if !asks_nothing {
            sql.text.push_str(" AND ");
            sql.append(text_condition(column, &clause.test));
        }
    }
    sql
}

/// A column without an index: rare values are found by their label, so SQLite should not expect few rows here and
/// leave the order of time for it.
fn likely(condition: Sql) -> Sql {
    Sql::new(format!("likely({})", condition.text), condition.values)
}

/// The states of stored traces are written out, so that the index for the unusual ones is used.
fn status(state: &str) -> Sql {
    match state {
        "ERROR" => Sql::new("(t.state <> 'OK' AND t.state = 'ERROR')", []),
        "IN_PROGRESS" => Sql::new("(t.state <> 'OK' AND t.state = 'IN_PROGRESS')", []),
        other => Sql::new("t.state = ?", [Value::Text(other.to_owned())]),
    }
}

fn text_condition(column: &str, test: &Test) -> Sql {
    let text = |text: &String| Value::Text(text.clone());
    match test {
        Test::Equals(value) => Sql::new(format!("{column} = ?"), [text(value)]),
        Test::Differs(value) => Sql::new(format!("{column} <> ?"), [text(value)]),
        Test::Like(like) => Sql::new(format!("{column} GLOB ?"), [Value::Text(pattern::to_glob(like))]),
        Test::ILike(like) => Sql::new(format!("{column} LIKE ?"), [text(like)]),
        Test::In(values) => Sql::new(format!("{column} IN ({})", marks(values.len())), values.iter().map(text)),
        Test::NotIn(values) => Sql::new(format!("{column} NOT IN ({})", marks(values.len())), values.iter().map(text)),
        Test::IsNull => Sql::new(format!("{column} IS NULL"), []),
        Test::IsNotNull => Sql::new(format!("{column} IS NOT NULL"), []),
        Test::Number(order, value) => Sql::new(format!("{column} {} ?", order.sql()), [Value::Real(*value)]),
    }
}

fn time(order: Order, ms: f64) -> Sql {
    let (from, to) = number::range_ns(order, ms);
    let mut sql = Sql::new("(TRUE", []);
    if let Some(from) = from {
        sql.push(" AND t.request_time_ns >= ?", [Value::Integer(from)]);
    }
    if let Some(to) = to {
        sql.push(" AND t.request_time_ns < ?", [Value::Integer(to)]);
    }
    sql.text.push(')');
    if order == Order::NotEqual {
        sql.text.insert_str(0, "NOT ");
    }
    sql
}

/// A text that is no id equals none.
fn id_value(id: &str) -> Value {
    id.parse::<TraceId>().map_or(Value::Null, |id| Value::Blob(id_bytes(id).to_vec()))
}

/// `?, ?, ?`
pub(crate) fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}
