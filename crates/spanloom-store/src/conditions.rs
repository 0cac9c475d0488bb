//! From clauses to SQL.
//!
//! # Promise
//! No trace that a clause fits is left out. A trace may pass that does not fit it: columns and labels hold the beginning
//! of a long text only. Whoever reads the trace decides.

use rusqlite::types::Value;
use spanloom_core::TraceId;
use spanloom_core::attribute_key as reserved;
use spanloom_core::filter::{Clause, Filter, Key, NumberOrder, SpanKey, Test};

use crate::labels::{SEARCHED_BYTES, Space, UNINDEXED_METADATA, searched};
use crate::sql::{Sql, marks};
use crate::{functions, milliseconds};

/// A text of this many bytes or more may be the beginning of a longer one: a character has up to four.
const MAYBE_CUT_BYTES: usize = SEARCHED_BYTES - 3;

/// Selects the traces that have such a valid assessment, and whether a trace must be among them.
pub(crate) fn assessment_condition(clause: &Clause) -> Option<(Sql, bool)> {
    let Key::Assessment(kind, name) = &clause.key else { return None };
    let named = [Value::Text(kind.as_str().to_owned()), Value::Text(searched(name).to_owned())];
    let mut sql =
        Sql::new("SELECT a.trace_id FROM assessments a WHERE a.kind = ? AND a.name = ? AND a.valid <> 0", named);
    match &clause.test {
        Test::IsNull | Test::IsNotNull => {}
        Test::Number(order, number) => {
            sql.push(&format!(" AND a.value_number {} ?", order.sql()), [Value::Real(*number)]);
        }
        test => {
            sql.text.push_str(" AND ");
            sql.append(text_condition("a.value_text", test));
        }
    }
    Some((sql, clause.test != Test::IsNull))
}

/// What is asked of the labels of a trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabelCondition {
    /// On `labels`.
    pub(crate) sql: Sql,
    /// Whether the trace must have such a label, or must not.
    pub(crate) present: bool,
    /// Whether only a failed span of that kind counts.
    pub(crate) errors_only: bool,
    /// Whether the labels of open traces are not up to date: such a trace passes in any case.
    pub(crate) open_pass: bool,
}

/// The condition on the columns of `traces t`; `None` where there is none.
pub(crate) fn column_condition(clause: &Clause) -> Option<Sql> {
    Some(match (&clause.key, &clause.test) {
        (Key::Status, Test::Equals(state)) => status(state),
        (Key::Status, test) => text_condition("t.state", test),
        (Key::Name, test) => likely(text_condition("t.name", test)),
        (Key::ClientRequestId, test) => text_condition("t.client_request_id", test),
        // The text has one form, that of an id's `Display`.
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

/// What a filter asks of labels: each clause for itself, but all about spans together, since they speak of one span.
pub(crate) fn label_conditions(filter: &Filter) -> Vec<LabelCondition> {
    filter.clauses().iter().filter_map(label_condition).chain(span_condition(filter)).collect()
}

fn label_condition(clause: &Clause) -> Option<LabelCondition> {
    let (space, key) = match &clause.key {
        Key::Metadata(key) if UNINDEXED_METADATA.contains(&key.as_str()) => return None,
        Key::Tag(key) => (Space::Tag, key.as_str()),
        Key::Metadata(key) => (Space::Metadata, key.as_str()),
        Key::RunId => (Space::Metadata, reserved::SOURCE_RUN),
        Key::Prompt => (Space::Tag, reserved::LINKED_PROMPTS),
        Key::Name => return name_condition(&clause.test),
        _ => return None,
    };
    let mut sql = of_space(space);
    sql.push(" AND key = ?", [Value::Text(key.to_owned())]);
    let is_about_value = !matches!(clause.test, Test::IsNull | Test::IsNotNull) && clause.key != Key::Prompt;
    if is_about_value {
        sql.text.push_str(" AND ");
        sql.append(text_condition("value", &clause.test));
    }
    Some(LabelCondition { sql, present: clause.test != Test::IsNull, errors_only: false, open_pass: false })
}

/// Rare names are found by their label; the column alone would need a walk over all traces.
fn name_condition(test: &Test) -> Option<LabelCondition> {
    if !matches!(test, Test::Equals(_) | Test::Matches(_) | Test::In(_)) {
        return None;
    }
    let mut sql = of_space(Space::Name);
    sql.text.push_str(" AND ");
    sql.append(text_condition("key", test));
    Some(LabelCondition { sql, present: true, errors_only: false, open_pass: false })
}

fn span_condition(filter: &Filter) -> Option<LabelCondition> {
    let mut sql = of_space(Space::SpanKind);
    let (mut asks, mut errors_only) = (false, false);
    for (key, test) in filter.span_clauses() {
        let column = match key {
            SpanKey::Name => "key",
            SpanKey::Type => "value",
            SpanKey::Status if *test == Test::Equals("ERROR".to_owned()) => {
                (asks, errors_only) = (true, true);
                continue;
            }
            _ => continue,
        };
        asks = true;
        sql.text.push_str(" AND ");
        sql.append(text_condition(column, test));
    }
    asks.then_some(LabelCondition { sql, present: true, errors_only, open_pass: true })
}

fn of_space(space: Space) -> Sql {
    Sql::new("space = ?", [Value::Integer(space as i64)])
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

/// On a column that may hold the beginning of a text only.
fn text_condition(column: &str, test: &Test) -> Sql {
    let text = |text: &String| Value::Text(searched(text).to_owned());
    let is_long = |text: &String| text.len() >= MAYBE_CUT_BYTES;
    let (mut sql, cut_passes) = match test {
        Test::Equals(value) => (Sql::new(format!("{column} = ?"), [text(value)]), false),
        Test::Differs(value) => (Sql::new(format!("{column} <> ?"), [text(value)]), is_long(value)),
        Test::In(values) => {
            (Sql::new(format!("{column} IN ({})", marks(values.len())), values.iter().map(text)), false)
        }
        Test::NotIn(values) => {
            let sql = Sql::new(format!("{column} NOT IN ({})", marks(values.len())), values.iter().map(text));
            (sql, values.iter().any(is_long))
        }
        Test::Matches(pattern) => {
            let function = functions::name(pattern.kind());
            (Sql::new(format!("{function}(?, {column})"), [Value::Text(pattern.text().to_owned())]), true)
        }
        Test::IsNull => (Sql::new(format!("{column} IS NULL"), []), false),
        Test::IsNotNull => (Sql::new(format!("{column} IS NOT NULL"), []), false),
        Test::Number(order, value) => (Sql::new(format!("{column} {} ?", order.sql()), [Value::Real(*value)]), false),
    };
    if cut_passes {
        sql.text = format!("({} OR octet_length({column}) >= {MAYBE_CUT_BYTES})", sql.text);
    }
    sql
}

fn time(order: NumberOrder, ms: f64) -> Sql {
    let (from, to) = milliseconds::range_ns(order, ms);
    let mut sql = Sql::new("(TRUE", []);
    if let Some(from) = from {
        sql.push(" AND t.request_time_ns >= ?", [Value::Integer(from)]);
    }
    if let Some(to) = to {
        sql.push(" AND t.request_time_ns < ?", [Value::Integer(to)]);
    }
    sql.text.push(')');
    if order == NumberOrder::NotEqual {
        sql.text.insert_str(0, "NOT ");
    }
    sql
}

/// A text that is no id equals none.
fn id_value(id: &str) -> Value {
    id.parse::<TraceId>().map_or(Value::Null, |id| Value::Blob(crate::rows::id_bytes(id).to_vec()))
}
