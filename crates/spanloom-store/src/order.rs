//! The order of search results, and where one page ends in it.

use rusqlite::Row;
use rusqlite::types::Value;

use crate::error::SearchError;
use crate::filter::Sql;

/// What results are sorted by. Always ends with the time, newest first, and the id, so that no two traces are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ordering(Vec<Term>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Term {
    column: Column,
    descending: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Time,
    Duration,
    State,
    Name,
    Experiment,
    TraceId,
}

impl Column {
    fn named(name: &str) -> Option<Self> {
        let name = name.strip_prefix("trace.").or_else(|| name.strip_prefix("attributes.")).unwrap_or(name);
        Some(match name {
            "timestamp_ms" | "timestamp" => Self::Time,
            "execution_time_ms" | "execution_time" => Self::Duration,
            "status" => Self::State,
            "name" => Self::Name,
            "experiment_id" => Self::Experiment,
            "request_id" => Self::TraceId,
            _ => return None,
        })
    }

    const fn sql(self) -> &'static str {
        match self {
            Self::Time => "t.request_time_ns",
            Self::Duration => "t.duration_ms",
            Self::State => "t.state",
            Self::Name => "t.name",
            Self::Experiment => "t.experiment",
            Self::TraceId => "t.trace_id",
        }
    }

    /// What has no value comes last, in both directions.
    const fn may_be_missing(self) -> bool {
        matches!(self, Self::Duration | Self::Name)
    }
}

impl Ordering {
    /// Understands keys such as `timestamp_ms DESC`; without a direction the smallest comes first.
    pub(crate) fn parse(keys: &[String]) -> Result<Self, SearchError> {
        let mut terms: Vec<Term> = Vec::new();
        for key in keys {
            let term = Term::parse(key).ok_or_else(|| SearchError::OrderBy(key.clone()))?;
            if terms.iter().any(|other| other.column == term.column) {
                return Err(SearchError::OrderBy(key.clone()));
            }
            terms.push(term);
        }
        for (column, descending) in [(Column::Time, true), (Column::TraceId, false)] {
            if terms.iter().all(|term| term.column != column) {
                terms.push(Term { column, descending });
            }
        }
        Ok(Self(terms))
    }

    /// For `ORDER BY`.
    pub(crate) fn sql(&self) -> String {
        let term = |term: &Term| {
            let (column, direction) = (term.column.sql(), if term.descending { "DESC" } else { "ASC" });
            if term.column.may_be_missing() {
                format!("({column} IS NULL), {column} {direction}")
            } else {
                format!("{column} {direction}")
            }
        };
        self.0.iter().map(term).collect::<Vec<_>>().join(", ")
    }

    /// The columns to select, in the order of [`position`](Self::position).
    pub(crate) fn columns(&self) -> String {
        self.0.iter().map(|term| term.column.sql()).collect::<Vec<_>>().join(", ")
    }

    /// Where a row is in the order; its columns begin at `first`.
    pub(crate) fn position(&self, row: &Row<'_>, first: usize) -> rusqlite::Result<Vec<Value>> {
        (first..first + self.0.len()).map(|index| row.get(index)).collect()
    }

    /// The condition that a row comes after a position; `None` when the position is not one of this order.
    pub(crate) fn after(&self, position: &[Value]) -> Option<Sql> {
        if position.len() != self.0.len() {
            return None;
        }
        let mut sql = Sql::new("(", []);
        // The index is walked by this; the rest only sorts out what is at the same moment.
        if let (Term { column: Column::Time, descending }, value) = (self.0[0], &position[0]) {
            let comparator = if descending { "<=" } else { ">=" };
            sql.push(&format!("t.request_time_ns {comparator} ? AND "), [value.clone()]);
        }
        sql.text.push_str("(FALSE");
        for (depth, (term, value)) in self.0.iter().zip(position).enumerate() {
            let Some(beyond) = term.beyond(value) else { continue };
            sql.text.push_str(" OR (");
            for (equal, value) in self.0.iter().zip(position).take(depth) {
                sql.push(&format!("{} IS ? AND ", equal.column.sql()), [value.clone()]);
            }
            sql.append(beyond);
            sql.text.push(')');
        }
        sql.text.push_str("))");
        Some(sql)
    }
}

impl Term {
    fn parse(key: &str) -> Option<Self> {
        let mut words = key.split_ascii_whitespace();
        let column = Column::named(words.next()?)?;
        let descending = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("ASC") => false,
            Some(word) if word.eq_ignore_ascii_case("DESC") => true,
            Some(_) => return None,
        };
        words.next().is_none().then_some(Self { column, descending })
    }

    /// After this value in this column alone; nothing comes after a missing one.
    fn beyond(self, value: &Value) -> Option<Sql> {
        if *value == Value::Null {
            return None;
        }
        let (column, comparator) = (self.column.sql(), if self.descending { "<" } else { ">" });
        let or_missing = if self.column.may_be_missing() { format!(" OR {column} IS NULL") } else { String::new() };
        Some(Sql::new(format!("({column} {comparator} ?{or_missing})"), [value.clone()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(keys: &[&str], expected: &str) {
        let keys: Vec<_> = keys.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(Ordering::parse(&keys).expect("understood").sql(), expected);
    }

    #[test]
    fn every_order_is_total_and_missing_values_come_last() {
        check(&[], "t.request_time_ns DESC, t.trace_id ASC");
        check(&["timestamp_ms"], "t.request_time_ns ASC, t.trace_id ASC");
        check(&["trace.name desc"], "(t.name IS NULL), t.name DESC, t.request_time_ns DESC, t.trace_id ASC");
    }

    #[test]
    fn keys_that_are_not_understood_are_named() {
        for key in
            ["", "bogus", "timestamp_ms SIDEWAYS", "timestamp_ms, status", "name ASC x", "name; DROP TABLE traces"]
        {
            let error = Ordering::parse(&[key.to_owned()]).expect_err(key);
            assert!(error.to_string().contains(&format!("`{key}`")), "{error}");
        }
        assert!(Ordering::parse(&["name".to_owned(), "name DESC".to_owned()]).is_err());
    }
}
