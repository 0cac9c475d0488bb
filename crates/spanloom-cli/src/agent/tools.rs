//! The tools of the agent. They fail when the documents do not have what was asked for; the agent then does without.

use serde::Serialize;
use spanloom::SpanType;

use crate::agent::Answer;
use crate::agent::library::Library;
use crate::agent::words::{sentences, words};

/// An answer must speak of this share of what was asked.
const LEAST_COVERAGE: f64 = 0.5;

/// Why a tool gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ToolError {
    #[error("no document mentions `{0}`")]
    UnknownTerm(String),
    #[error("the answer says nothing about {0}")]
    NotCovered(String),
}

/// Where a name occurs first, and in which words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Mention {
    pub(crate) doc_uri: String,
    pub(crate) heading: String,
    pub(crate) sentence: String,
}

/// How much of a question an answer speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Coverage {
    pub(crate) covered: usize,
    pub(crate) asked: usize,
    pub(crate) missing: Vec<String>,
}

/// Looks a name up, exactly as it is written.
#[spanloom::trace(span_type = SpanType::Tool, skip(library))]
pub(crate) fn look_up_term(library: &Library, term: &str) -> Result<Mention, ToolError> {
    let passage = library.defining(term).ok_or_else(|| ToolError::UnknownTerm(term.to_owned()))?;
    let marked = format!("`{term}`");
    let sentence = sentences(&passage.text).into_iter().find(|sentence| sentence.contains(&marked)).unwrap_or_default();
    Ok(Mention { doc_uri: passage.uri.clone(), heading: passage.heading.clone(), sentence })
}

/// Checks that an answer, with the headings it is from, speaks of what was asked.
#[spanloom::trace(span_type = SpanType::Tool)]
pub(crate) fn check_coverage(question: &str, answer: &Answer) -> Result<Coverage, ToolError> {
    let said: Vec<_> =
        answer.sources.iter().map(String::as_str).chain([answer.text.as_str()]).flat_map(words).collect();
    let mut asked: Vec<_> = words(question).collect();
    asked.sort();
    asked.dedup();
    let missing: Vec<_> = asked.iter().filter(|word| !said.contains(word)).cloned().collect();
    let covered = asked.len() - missing.len();
    if (covered as f64) < LEAST_COVERAGE * asked.len() as f64 {
        let names: Vec<_> = missing.iter().map(|word| format!("`{word}`")).collect();
        return Err(ToolError::NotCovered(names.join(", ")));
    }
    Ok(Coverage { covered, asked: asked.len(), missing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::documents::SourceText;

    #[test]
    fn a_name_that_does_not_occur_is_an_error_that_names_it() {
        let text = "# Flush\nWait. Call `flush` first.\n".to_owned();
        let library = Library::of(&[SourceText { uri: "a.md".to_owned(), text }]);
        assert_eq!(look_up_term(&library, "flush").expect("it occurs").sentence, "Call `flush` first.");
        assert_eq!(look_up_term(&library, "flush_all"), Err(ToolError::UnknownTerm("flush_all".to_owned())));
    }

    #[test]
    fn an_answer_must_speak_of_half_of_what_was_asked() {
        let answer = Answer { text: "A ring.".to_owned(), sources: vec!["a.md: Lanes".to_owned()] };
        let coverage = check_coverage("Which ring has a thread?", &answer).expect("half of it");
        assert_eq!((coverage.covered, coverage.asked, coverage.missing), (1, 2, vec!["thread".to_owned()]));
        assert!(check_coverage("Which lanes and threads?", &answer).is_ok());
        let error = check_coverage("Which ring has a thread, a store?", &answer).expect_err("a third of it");
        assert_eq!(error.to_string(), "the answer says nothing about `store`, `thread`");
    }
}
