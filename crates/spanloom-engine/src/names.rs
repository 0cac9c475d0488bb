//! Texts that are part of the program, by number.
//!
//! Span names and attribute keys are mostly literals. A trace's log holds their number, four bytes, whatever their
//! length, and the writer looks them up when it seals.

use std::sync::{Arc, PoisonError, RwLock};

use rustc_hash::FxHashMap;

/// The registry's side: gives numbers.
#[derive(Debug)]
pub(crate) struct Interner {
    numbers: FxHashMap<(usize, usize), u32>,
    recent: [(usize, usize, u32); RECENT],
    names: Names,
}

const RECENT: usize = 64;

/// The reader's side: gives texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Arc<RwLock<Vec<&'static str>>>);

impl Interner {
    pub(crate) fn new(names: Names) -> Self {
        Self { numbers: FxHashMap::default(), recent: [(0, 0, 0); RECENT], names }
    }

    /// The number of a text; the same text at another address may have another.
    #[inline]
    pub(crate) fn number(&mut self, text: &'static str) -> u32 {
        let at = (text.as_ptr() as usize, text.len());
        let slot = (at.0 >> 3 ^ at.1) % RECENT;
        let (address, len, number) = self.recent[slot];
        if (address, len) == at && address != 0 {
            return number;
        }
        let number = *self.numbers.entry(at).or_insert_with(|| self.names.add(text));
        self.recent[slot] = (at.0, at.1, number);
        number
    }
}

impl Interner {
    /// The text of a number.
    pub(crate) fn text(&self, number: u32) -> &'static str {
        self.names.get(number)
    }
}

impl Names {
    fn add(&self, text: &'static str) -> u32 {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        names.push(text);
        u32::try_from(names.len() - 1).expect("a program has fewer than four thousand million literals")
    }

    /// The text of a number; empty for one that was never given.
    pub(crate) fn get(&self, number: u32) -> &'static str {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(number as usize).copied().unwrap_or("")
    }
}

/// A reader's copy, which saves the lock.
#[derive(Debug)]
pub(crate) struct NameCache {
    copy: Vec<&'static str>,
    names: Names,
}

impl NameCache {
    pub(crate) fn new(names: Names) -> Self {
        Self { copy: Vec::new(), names }
    }

    /// Takes in the names that came since.
    pub(crate) fn refresh(&mut self) {
        let names = self.names.0.read().unwrap_or_else(PoisonError::into_inner);
        self.copy.extend_from_slice(&names[self.copy.len()..]);
    }

    /// The text of a number that was given before the last refresh.
    pub(crate) fn get(&self, number: u32) -> &'static str {
        self.copy.get(number as usize).copied().unwrap_or_else(|| self.names.get(number))
    }
}
