//! What the agent knows: the passages of all documents, searchable.

use std::collections::{BTreeSet, HashMap};

use spanloom::Document;

use crate::agent::documents::SourceText;
use crate::agent::passages::{self, Passage};
use crate::agent::ranking::Ranking;
use crate::agent::words::words;

/// A heading counts as much as so many mentions in the text below it.
const HEADING_WEIGHT: usize = 2;

/// The passages of all documents, searchable. Read by many threads at once.
#[derive(Debug)]
pub(crate) struct Library {
    documents: usize,
    passages: Vec<Passage>,
    ranking: Ranking,
    /// Terms in code marks, and the passage that has each first.
    terms: HashMap<String, usize>,
}

impl Library {
    pub(crate) fn of(documents: &[SourceText]) -> Self {
        let passages: Vec<Passage> = documents.iter().flat_map(passages::cut).collect();
        let ranking = Ranking::of(passages.iter().map(indexed_words));
        let mut terms = HashMap::new();
        for (position, passage) in passages.iter().enumerate() {
            for term in terms_of(&passage.text) {
                terms.entry(term.to_owned()).or_insert(position);
            }
        }
        Self { documents: documents.len(), passages, ranking, terms }
    }

    pub(crate) fn document_count(&self) -> usize {
        self.documents
    }

    pub(crate) fn passage_count(&self) -> usize {
        self.passages.len()
    }

    /// The passages that fit best, as documents with their scores.
    pub(crate) fn search(&self, query: &str, limit: usize) -> Vec<Document> {
        let query: Vec<_> = words(query).collect();
        self.ranking.search(&query, limit).into_iter().map(|(position, score)| self.document(position, score)).collect()
    }

    /// The first passage that mentions a term in code marks, exactly so.
    pub(crate) fn defining(&self, term: &str) -> Option<&Passage> {
        self.terms.get(term).map(|&position| &self.passages[position])
    }

    /// Headings that occur, each once, in alphabetical order.
    pub(crate) fn headings(&self) -> Vec<&str> {
        let headings: BTreeSet<_> = self.passages.iter().map(|passage| passage.heading.as_str()).collect();
        headings.into_iter().filter(|heading| !heading.is_empty()).collect()
    }

    /// Names of things in the text: terms in code marks that are one identifier, in alphabetical order.
    pub(crate) fn identifiers(&self) -> Vec<&str> {
        let plain = |term: &&str| {
            term.len() > 2
                && term.starts_with(|c: char| c.is_ascii_alphabetic())
                && term.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let found: BTreeSet<_> = self.terms.keys().map(String::as_str).filter(plain).collect();
        found.into_iter().collect()
    }

    fn document(&self, position: usize, score: f64) -> Document {
        let passage = &self.passages[position];
        Document::new(passage.text.clone())
            .id(format!("passage-{position}"))
            .metadata("doc_uri", &passage.uri)
            .metadata("heading", &passage.heading)
            .metadata("score", (score * 1_000.0).round() / 1_000.0)
    }
}

fn indexed_words(passage: &Passage) -> Vec<String> {
    let mut indexed: Vec<_> = words(&passage.text).collect();
    for _ in 0..HEADING_WEIGHT {
        indexed.extend(words(&passage.heading));
    }
    indexed
}

/// Texts in code marks.
pub(crate) fn terms_of(text: &str) -> impl Iterator<Item = &str> {
    let within_line = |line| str::split(line, '`').skip(1).step_by(2);
    text.lines().filter(|line| !line.starts_with("```")).flat_map(within_line).filter(|term| !term.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library() -> Library {
        let text = "# Flush\nCall `flush` before the end.\n# Store\nOne file, `traces.db`, holds all. It may grow.\n";
        Library::of(&[SourceText { uri: "a.md".to_owned(), text: text.to_owned() }])
    }

    #[test]
    fn what_is_found_says_where_it_stands() {
        let found = library().search("which file is the store?", 5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].metadata["heading"], "Store");
        assert_eq!(found[0].metadata["doc_uri"], "a.md");
        assert!(found[0].metadata["score"].as_f64().expect("a number") > 0.0);
    }

    #[test]
    fn terms_headings_and_identifiers_are_known() {
        let library = library();
        assert_eq!(library.defining("flush").expect("it is there").heading, "Flush");
        assert!(library.defining("flus").is_none());
        assert_eq!(library.headings(), ["Flush", "Store"]);
        assert_eq!(library.identifiers(), ["flush"]);
    }
}
