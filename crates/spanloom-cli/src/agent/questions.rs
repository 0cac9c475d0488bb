//! What the agent is asked: a list about this project, then questions made from headings and names in the documents.
//!
//! Some have no answer in the documents, on purpose: they ask for names that do not occur, as people do.

use crate::agent::library::Library;

/// Asked first, when the agent answers from this project's documentation.
const ABOUT_THIS_PROJECT: &[&str] = &[
    "What is a store, and what does a reader see of it while another process writes?",
    "How are the tests run, and what does the last line of the output say?",
    "What happens to a trace when its process is killed?",
    "Which rules hold for comments and for names?",
    "What does `unsafe_rings` switch on?",
    "Where does a span go when its handle is dropped on another thread?",
    "What must a crate of this workspace not do?",
    "How is a span ended, and what is recorded of an error?",
    "Which exit codes does the command line have, and what goes to stderr?",
    "Does `spanloom_kafka` deliver traces to a broker?",
    "How can a change be reviewed, and what belongs into a commit?",
    "What does `cargo xtask test` do?",
];

/// What a user asks about one heading, two headings, a name, or both.
const FORMS: usize = 6;
/// Questions that one user asks in one session.
const SESSION_LENGTH: usize = 4;
const USERS: [&str; 5] = ["user-1", "user-2", "user-3", "user-4", "user-5"];

/// One question, and who asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) asker: Asker,
}

/// Who asks, and in which conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) session: String,
    pub(crate) user: &'static str,
}

/// As many questions as are wanted, the same ones every time.
pub(crate) fn questions(library: &Library, about_this_project: bool, count: usize) -> Vec<Question> {
    let fixed = if about_this_project { ABOUT_THIS_PROJECT } else { &[] };
    let made = Maker::of(library);
    let texts = fixed.iter().map(|text| (*text).to_owned()).chain((0..).map(|number| made.question(number)));
    texts.take(count).enumerate().map(|(number, text)| asked(number, text)).collect()
}

fn asked(number: usize, text: String) -> Question {
    let session = number / SESSION_LENGTH;
    let asker = Asker { session: format!("session-{:04}", session + 1), user: USERS[session % USERS.len()] };
    Question { text, asker }
}

/// Makes questions from what occurs in the documents.
struct Maker<'a> {
    topics: Vec<&'a str>,
    names: Vec<&'a str>,
}

impl<'a> Maker<'a> {
    fn of(library: &'a Library) -> Self {
        let mut topics = library.headings();
        if topics.is_empty() {
            topics.push("this");
        }
        let mut names = library.identifiers();
        if names.is_empty() {
            names.push("main");
        }
        Self { topics, names }
    }

    fn question(&self, number: usize) -> String {
        let round = number / FORMS;
        let (topic, topics) = (pick(&self.topics, round, 0), some(&self.topics, round));
        let (name, names) = (pick(&self.names, round, 0), pick(&self.names, round, 1));
        match number % FORMS {
            0 => format!("What is said about {topics}?"),
            1 => format!("What is `{name}`, and what does {topic} say of it?"),
            2 => format!("How does {topic} relate to {}?", pick(&self.topics, round, 1)),
            3 => format!("What is said about {topics}, and what has `{name}` to do with it?"),
            4 => format!("Which rules hold for {topic} and for {}?", pick(&self.topics, round, 2)),
            _ => format!("What does `{name}_{names}` do?"),
        }
    }
}

/// One of these for each round. A later one of the same round comes from another place each time all had their turn, so
/// that pairs repeat late.
fn pick<'a>(all: &[&'a str], round: usize, later: usize) -> &'a str {
    let turn = round / all.len();
    all[(round + later * (turn + 1)) % all.len()]
}

/// One of these, and another when all had their turn.
fn some(all: &[&str], round: usize) -> String {
    let first = pick(all, round, 0);
    if round < all.len() { first.to_owned() } else { format!("{first} and {}", pick(all, round, 1)) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::agent::documents::SourceText;

    fn library(text: &str) -> Library {
        Library::of(&[SourceText { uri: "a.md".to_owned(), text: text.to_owned() }])
    }

    #[test]
    fn a_thousand_questions_are_mostly_different() {
        let text: String = (0..30).map(|n| format!("# Part {n}\nAbout `name{n}`.\n")).collect();
        let asked = questions(&library(&text), true, 1_000);
        let different: HashSet<_> = asked.iter().map(|question| &question.text).collect();
        assert_eq!(asked.len(), 1_000);
        assert!(different.len() > 500, "{} different questions", different.len());
        assert_eq!(asked[0].text, ABOUT_THIS_PROJECT[0]);
        assert_eq!(
            (asked[3].asker.session.as_str(), asked[4].asker.session.as_str()),
            ("session-0001", "session-0002")
        );
    }

    #[test]
    fn documents_without_headings_and_names_still_give_questions() {
        assert_eq!(questions(&library("plain"), false, 7)[0].text, "What is said about this?");
    }
}
