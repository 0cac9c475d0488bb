//! The index for tags, metadata and kinds of spans.
//!
//! Each distinct label has one row; what a trace has is a pair of two small numbers. Most labels are the same in most
//! traces (`env = prod`, the program's name, the names of spans), so this is a fraction of the size of repeating them,
//! and a pattern is compared once per distinct value instead of once per trace.
//!
//! # Invariants
//! - Whoever removes rows of `labels` raises the epoch in the same transaction; a cache of another epoch is forgotten.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, OptionalExtension, params};
use spanloom_core::attribute_key as key;
/// Distinct in nearly every trace, long, and of little use as a search term.
pub(crate) use spanloom_core::question::UNINDEXED_METADATA;

use crate::head::Head;

/// Values are searched by their first bytes; keys and names are shorter than that by the engine's limits.
pub(crate) use spanloom_core::question::{INDEXED_BYTES as SEARCHED_BYTES, indexed as searched};
const CACHED_LABELS: usize = 1 << 16;

/// What a label is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Space {
    Tag = 0,
    Metadata = 1,
    /// Key: the span's name, value: its type.
    SpanKind = 2,
    /// Key: the trace's name. The column is what a name is compared with; this finds rare ones.
    Name = 3,
}

/// One thing by which traces are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label<'a> {
    space: Space,
    key: &'a str,
    value: &'a str,
    error: bool,
}

/// A label that a trace has, by number, and whether a span of that kind failed.
pub(crate) type Labelled = (i64, bool);

/// All labels of a trace.
pub(crate) fn labels_of(head: &Head) -> impl Iterator<Item = Label<'_>> {
    let of_map = |space, map| {
        std::collections::BTreeMap::iter(map)
            .map(move |(key, value): (&String, &String)| Label::new(space, key, value, false))
    };
    let kinds = head.span_kinds.iter().map(|(name, kind, error)| Label::new(Space::SpanKind, name, kind, *error));
    of_map(Space::Tag, &head.info.tags)
        .filter(|label| label.key != key::TRACE_NAME)
        .chain(of_map(Space::Metadata, &head.info.trace_metadata).filter(|l| !UNINDEXED_METADATA.contains(&l.key)))
        .chain(kinds)
        .chain(head.name().map(|name| Label::new(Space::Name, name, "", false)))
}

impl<'a> Label<'a> {
    pub(crate) fn new(space: Space, key: &'a str, value: &'a str, error: bool) -> Self {
        Self { space, key: searched(key), value: searched(value), error }
    }
}

/// Numbers of labels, remembered. Forget it when a transaction that used it fails.
#[derive(Debug, Default)]
pub(crate) struct LabelCache {
    epoch: i64,
    ids: HashMap<Box<[u8]>, i64>,
    name: Vec<u8>,
}

impl LabelCache {
    /// Must be called in each transaction before the first [`number`](Self::number).
    pub(crate) fn begin(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = "SELECT value FROM counters WHERE name = 'label_epoch'";
        let epoch = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        if epoch != self.epoch || self.ids.len() >= CACHED_LABELS {
            self.ids.clear();
            self.epoch = epoch;
        }
        Ok(())
    }

    pub(crate) fn forget(&mut self) {
        self.ids.clear();
    }

    /// The numbers of labels, which get one if they have none.
    pub(crate) fn numbers<'a>(
        &mut self,
        connection: &Connection,
        labels: impl Iterator<Item = Label<'a>>,
    ) -> rusqlite::Result<Vec<Labelled>> {
        let mut numbers = Vec::new();
        for label in labels {
            numbers.push((self.number(connection, &label)?, label.error));
        }
        // Two values may be the same in the part that is searched.
        numbers.sort_unstable_by_key(|(number, error)| (*number, !*error));
        numbers.dedup_by_key(|(number, _)| *number);
        Ok(numbers)
    }

    fn number(&mut self, connection: &Connection, label: &Label<'_>) -> rusqlite::Result<i64> {
        self.name.clear();
        self.name.push(label.space as u8);
        self.name.extend_from_slice(&label.key.len().to_le_bytes());
        self.name.extend_from_slice(label.key.as_bytes());
        self.name.extend_from_slice(label.value.as_bytes());
        if let Some(number) = self.ids.get(&self.name[..]) {
            return Ok(*number);
        }
        let number = find_or_add(connection, label)?;
        self.ids.insert(self.name.as_slice().into(), number);
        Ok(number)
    }
}

fn find_or_add(connection: &Connection, label: &Label<'_>) -> rusqlite::Result<i64> {
    let named = params![label.space as u8, label.key, label.value];
    let added = connection
        .prepare_cached(
            "INSERT INTO labels (space, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING RETURNING id",
        )?
        .query_row(named, |row| row.get(0))
        .optional()?;
    match added {
        Some(id) => Ok(id),
        None => connection
            .prepare_cached("SELECT id FROM labels WHERE space = ?1 AND key = ?2 AND value = ?3")?
            .query_row(named, |row| row.get(0)),
    }
}

/// Removes those of these labels that no trace has any more.
pub(crate) fn remove_unused(
    connection: &Connection,
    cache: &mut LabelCache,
    labels: &BTreeSet<i64>,
) -> rusqlite::Result<()> {
    let mut delete = connection
        .prepare_cached("DELETE FROM labels WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM labelled WHERE label = ?1)")?;
    let mut removed = BTreeSet::new();
    for label in labels {
        if delete.execute([label])? > 0 {
            removed.insert(*label);
        }
    }
    if !removed.is_empty() {
        let sql = "UPDATE counters SET value = value + 1 WHERE name = 'label_epoch' RETURNING value";
        cache.epoch = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        cache.ids.retain(|_, id| !removed.contains(id));
    }
    Ok(())
}

/// Gives a trace these labels.
pub(crate) fn attach(connection: &Connection, seq: i64, labels: &[Labelled]) -> rusqlite::Result<()> {
    let mut insert =
        connection.prepare_cached("INSERT OR REPLACE INTO labelled (label, seq, error) VALUES (?1, ?2, ?3)")?;
    for (label, error) in labels {
        insert.execute(params![label, seq, error])?;
    }
    Ok(())
}

/// Takes these labels from a trace.
pub(crate) fn detach(connection: &Connection, seq: i64, labels: &[Labelled]) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM labelled WHERE label = ?1 AND seq = ?2")?;
    for (label, _) in labels {
        delete.execute(params![label, seq])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use spanloom_core::{TraceId, TraceInfo};

    use super::*;

    #[test]
    fn long_values_are_cut_between_characters_and_useless_metadata_is_left_out() {
        let mut info = TraceInfo::new(TraceId::from_u128(1).expect("not zero"), 0);
        info.tags.insert("long".to_owned(), "ß".repeat(SEARCHED_BYTES));
        info.tags.insert(key::TRACE_NAME.to_owned(), "name".to_owned());
        info.trace_metadata.insert(key::TRACE_INPUTS.to_owned(), "{}".to_owned());
        let head = Head { info, span_count: 0, span_kinds: Vec::new(), chunks: None };
        let labels: Vec<_> = labels_of(&head).collect();
        let long = "ß".repeat(SEARCHED_BYTES / 2);
        let expected = [Label::new(Space::Tag, "long", &long, false), Label::new(Space::Name, "name", "", false)];
        assert_eq!(labels, expected);
    }
}
