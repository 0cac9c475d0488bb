//! The order of search results as SQL.
//!
//! When a tag or an entry of the metadata is the first key, the answer has two parts: the traces that have it, in the order
//! of the index over labels, and then those that lack it. So a page costs what it shows, not a sort of all traces.

use rusqlite::Row;
use rusqlite::types::Value;
use spanloom_core::TraceId;
use spanloom_core::question::{OrderTerm, SortKey, SortOrder, SortValue};

use crate::labels::Space;
use crate::rows::{id_bytes, id_from_bytes};
use crate::sql::Sql;

/// An order whose keys have names in SQL.
#[derive(Clone, Debug)]
pub(crate) struct SqlOrder<'a> {
    terms: Vec<(&'a OrderTerm, String)>,
    part: Part,
}

/// Which traces are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    All,
    /// Those that have the first key, a label.
    Having,
    /// Those that lack it.
    Lacking,
}

impl<'a> SqlOrder<'a> {
    /// The order as it is walked after this position, or from the beginning.
    pub(crate) fn of(order: &'a SortOrder, at: Option<&[SortValue]>) -> Self {
        let part = match (order.terms().first(), at.and_then(<[_]>::first)) {
            (Some(term), Some(SortValue::Null)) if label(&term.key).is_some() => Part::Lacking,
            (Some(term), _) if label(&term.key).is_some() => Part::Having,
            _ => Part::All,
        };
        let terms = order.terms().iter().enumerate();
        let mut terms: Vec<_> = terms.map(|(index, term)| (term, expression(&term.key, index))).collect();
        if let (Part::Lacking, Some((_, first))) = (part, terms.first_mut()) {
            "NULL".clone_into(first);
        }
        Self { terms, part }
    }

    /// The part that comes after this one.
    pub(crate) fn next(&self) -> Option<Self> {
        let mut next = Self { part: Part::Lacking, ..self.clone() };
        "NULL".clone_into(&mut next.terms.first_mut()?.1);
        (self.part == Part::Having).then_some(next)
    }

    /// The tables that [`source`](Self::source) names, each with a comma behind it: the values of tags and metadata.
    pub(crate) fn tables(&self) -> Sql {
        let mut sql = Sql::default();
        for (index, (space, key)) in self.joined() {
            let table = format!(
                "s{index}(seq, value) AS MATERIALIZED (SELECT x.seq, l.value FROM labels l CROSS JOIN labelled x \
                 ON x.label = l.id WHERE l.space = ? AND l.key = ?), "
            );
            sql.push(&table, [space, key]);
        }
        sql
    }

    /// The labels that are keys, but for the first if it is walked itself.
    fn joined(&self) -> impl Iterator<Item = (usize, (Value, Value))> {
        let labels = self.terms.iter().enumerate().filter_map(|(index, (term, _))| Some((index, label(&term.key)?)));
        labels.skip_while(|(index, _)| *index == 0 && self.part != Part::All)
    }

    /// The traces, as `t`, with what the keys need; ends with a condition.
    pub(crate) fn source(&self) -> Sql {
        let first = self.terms.first().and_then(|(term, _)| label(&term.key)).map(|(space, key)| [space, key]);
        let begin = match self.part {
            Part::Having => {
                "labels s0 CROSS JOIN labelled x0 ON x0.label = s0.id CROSS JOIN traces t ON t.seq = x0.seq"
            }
            Part::All | Part::Lacking => "traces t",
        };
        let joins: String =
            self.joined().map(|(index, _)| format!(" LEFT JOIN s{index} ON s{index}.seq = t.seq")).collect();
        let condition = match self.part {
            Part::All => "TRUE",
            Part::Having => "s0.space = ? AND s0.key = ?",
            Part::Lacking => {
                "t.seq NOT IN (SELECT x.seq FROM labels l CROSS JOIN labelled x ON x.label = l.id \
                 WHERE l.space = ? AND l.key = ?)"
            }
        };
        let values = first.filter(|_| self.part != Part::All);
        Sql::new(format!("FROM {begin}{joins} WHERE {condition}"), values.into_iter().flatten())
    }

    /// The values of the keys, named `k0` and so on, each with a comma before it.
    pub(crate) fn columns(&self) -> String {
        self.terms.iter().enumerate().map(|(index, (_, sql))| format!(", {sql} AS k{index}")).collect()
    }

    /// Only their names, each with a comma before it.
    pub(crate) fn names(&self) -> String {
        (0..self.terms.len()).map(|index| format!(", k{index}")).collect()
    }

    /// For `ORDER BY`, in terms of `traces t`.
    pub(crate) fn by_expressions(&self) -> String {
        self.by(|_, sql| sql.to_owned())
    }

    /// For `ORDER BY`, in terms of [`names`](Self::names).
    pub(crate) fn by_names(&self) -> String {
        self.by(|index, _| format!("k{index}"))
    }

    fn by(&self, column: impl Fn(usize, &str) -> String) -> String {
        let term = |(index, (term, sql)): (usize, &(&OrderTerm, String))| {
            let (column, direction) = (column(index, sql), if term.descending { "DESC" } else { "ASC" });
            if term.key.may_be_missing() && !(index == 0 && self.part == Part::Having) {
                format!("({column} IS NULL), {column} {direction}")
            } else {
                format!("{column} {direction}")
            }
        };
        let terms = self.terms.iter().enumerate().skip(usize::from(self.part == Part::Lacking));
        terms.map(term).collect::<Vec<_>>().join(", ")
    }

    /// Where a row is in the order; its columns begin at `first`.
    pub(crate) fn position(&self, row: &Row<'_>, first: usize) -> rusqlite::Result<Vec<SortValue>> {
        (first..first + self.terms.len()).map(|index| row.get(index).map(from_sql)).collect()
    }

    /// The condition that a row comes after a position.
    pub(crate) fn after(&self, position: &[SortValue]) -> Sql {
        if self.part == Part::Lacking && position.first() != Some(&SortValue::Null) {
            return Sql::new("TRUE", []);
        }
        let values: Vec<Value> =
            self.terms.iter().zip(position).map(|((term, _), value)| to_sql(&term.key, value)).collect();
        let mut sql = Sql::new("(", []);
        // The index is walked by this; the rest only sorts out what has the same value.
        if let [(OrderTerm { key, descending }, column), ..] = &self.terms[..]
            && (*key == SortKey::Time || self.part == Part::Having)
        {
            let comparator = if *descending { "<=" } else { ">=" };
            sql.push(&format!("{column} {comparator} ? AND "), values.first().cloned());
        }
        sql.text.push_str("(FALSE");
        for (depth, ((term, column), value)) in self.terms.iter().zip(&values).enumerate() {
            let Some(beyond) = beyond(term, column, value) else { continue };
            sql.text.push_str(" OR (");
            for ((_, equal), value) in self.terms.iter().zip(&values).take(depth) {
                sql.push(&format!("{equal} IS ? AND "), [value.clone()]);
            }
            sql.append(beyond);
            sql.text.push(')');
        }
        sql.text.push_str("))");
        sql
    }
}

fn expression(key: &SortKey, index: usize) -> String {
    match key {
        SortKey::Time => "t.request_time_ns".to_owned(),
        SortKey::Duration => "t.duration_ms".to_owned(),
        SortKey::End => "(t.request_time_ns / 1000000 + coalesce(t.duration_ms, 0))".to_owned(),
        SortKey::State => "t.state".to_owned(),
        SortKey::Name => "t.name".to_owned(),
        SortKey::Experiment => "t.experiment".to_owned(),
        SortKey::TraceId => "t.trace_id".to_owned(),
        SortKey::Tag(_) | SortKey::Metadata(_) => format!("s{index}.value"),
    }
}

/// The space and key of the labels that hold it.
fn label(key: &SortKey) -> Option<(Value, Value)> {
    let (space, key) = match key {
        SortKey::Tag(key) => (Space::Tag, key),
        SortKey::Metadata(key) => (Space::Metadata, key),
        _ => return None,
    };
    Some((Value::Integer(space as i64), Value::Text(key.clone())))
}

/// After this value in this column alone; nothing comes after a missing one.
fn beyond(term: &OrderTerm, column: &str, value: &Value) -> Option<Sql> {
    if *value == Value::Null {
        return None;
    }
    let comparator = if term.descending { "<" } else { ">" };
    let or_missing = if term.key.may_be_missing() { format!(" OR {column} IS NULL") } else { String::new() };
    Some(Sql::new(format!("({column} {comparator} ?{or_missing})"), [value.clone()]))
}

/// Ids are bytes in SQL and digits in a token.
fn from_sql(value: Value) -> SortValue {
    match value {
        Value::Null | Value::Real(_) => SortValue::Null,
        Value::Integer(number) => SortValue::Integer(number),
        Value::Text(text) => SortValue::Text(text),
        Value::Blob(bytes) => id_from_bytes(&bytes).map_or(SortValue::Null, |id| SortValue::Text(id.to_hex())),
    }
}

fn to_sql(key: &SortKey, value: &SortValue) -> Value {
    match value {
        SortValue::Null => Value::Null,
        SortValue::Integer(number) => Value::Integer(*number),
        SortValue::Text(text) if *key == SortKey::TraceId => {
            text.parse().map_or(Value::Null, |id: TraceId| Value::Blob(id_bytes(id).to_vec()))
        }
        SortValue::Text(text) => Value::Text(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(keys: &[&str], expected: &str) {
        let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        let order = SortOrder::parse(&keys).expect("understood");
        assert_eq!(SqlOrder::of(&order, None).by_expressions(), expected);
    }

    #[test]
    fn missing_values_come_last_in_both_directions() {
        check(&[], "t.request_time_ns DESC, t.trace_id ASC");
        check(&["timestamp_ms"], "t.request_time_ns ASC, t.trace_id ASC");
        check(&["trace.name desc"], "(t.name IS NULL), t.name DESC, t.request_time_ns DESC, t.trace_id ASC");
        check(
            &["status", "tags.env"],
            "t.state ASC, (s1.value IS NULL), s1.value ASC, t.request_time_ns DESC, t.trace_id ASC",
        );
    }

    #[test]
    fn a_label_that_comes_first_is_walked_in_two_parts() {
        check(&["tags.env"], "s0.value ASC, t.request_time_ns DESC, t.trace_id ASC");
        let order = SortOrder::parse(&["tags.env DESC".to_owned()]).expect("understood");
        let lacking = SqlOrder::of(&order, None).next().expect("a second part");
        assert_eq!(lacking.by_expressions(), "t.request_time_ns DESC, t.trace_id ASC");
        assert!(lacking.next().is_none());
    }
}
