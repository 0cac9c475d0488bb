//! A question-answering agent that is traced from end to end and needs no model and no network.
//!
//! It plans, looks names up, searches in a pool of threads, ranks in parallel tasks, writes an answer from quoted
//! sentences as a stream, and checks it. The work is real, and so are its failures: a name that no document has, an
//! answer that misses the question.
//!
//! | step | span | runs on |
//! |---|---|---|
//! | [`Agent::answer`] | AGENT, the root | a task |
//! | [`mod@plan`] | CHAIN | the same task |
//! | [`tools`] | TOOL | the same task |
//! | [`mod@retrieve`] | CHAIN, with a RETRIEVER for each query | threads of a pool, through a channel |
//! | [`mod@rerank`] | RERANKER for each query | tasks |
//! | [`mod@write`] | CHAIN, with an LLM for the stream of tokens | the same task |

mod documents;
mod library;
mod passages;
mod plan;
mod questions;
mod ranking;
mod rerank;
mod retrieve;
mod tools;
mod words;
mod write;

use std::io;
use std::sync::Arc;

use serde::Serialize;
use spanloom::{Document, SpanType};

use crate::agent::plan::{Plan, plan};
use crate::agent::retrieve::Retrievers;
use crate::agent::tools::ToolError;

pub(crate) use documents::{DocumentsError, built_in, read_dir};
pub(crate) use library::Library;
pub(crate) use questions::{Asker, Question, questions};

/// Answers questions from a library. Shared by all tasks that ask.
#[derive(Debug)]
pub(crate) struct Agent {
    library: Arc<Library>,
    retrievers: Retrievers,
}

/// What the documents say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// The passages it quotes, by the numbers in the text: document and heading.
    pub(crate) sources: Vec<String>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AgentError {
    #[error("no document has anything about it")]
    NothingFound,
    #[error(transparent)]
    Tool(#[from] ToolError),
}

impl Agent {
    /// An agent with so many threads that search.
    pub(crate) fn start(library: Library, threads: usize) -> io::Result<Self> {
        let library = Arc::new(library);
        let retrievers = Retrievers::start(&library, threads)?;
        Ok(Self { library, retrievers })
    }

    /// Answers one question: one trace, of the session and the user that ask.
    #[spanloom::trace(name = "answer", span_type = SpanType::Agent, skip(asker))]
    pub(crate) async fn answer(&self, question: &str, asker: &Asker) -> Result<Answer, AgentError> {
        spanloom::update_current_trace(|trace| {
            trace.session(&asker.session).user(asker.user).request_preview(question)
        });
        let plan = plan(question);
        let known = plan.terms.iter().filter(|term| tools::look_up_term(&self.library, term).is_ok()).count();
        let mut evidence = self.gather(&plan).await;
        if evidence.is_empty() || known < plan.terms.len() {
            for document in self.gather(&plan.wider()).await {
                if evidence.iter().all(|known| known.id != document.id) {
                    evidence.push(document);
                }
            }
        }
        if evidence.is_empty() {
            return Err(AgentError::NothingFound);
        }
        let text = write::write(question, &evidence).await;
        let answer = Answer { text, sources: evidence.iter().map(source).collect() };
        spanloom::update_current_trace(|trace| trace.response_preview(&answer.text).tag("passages", evidence.len()));
        tools::check_coverage(question, &answer)?;
        Ok(answer)
    }

    /// The passages that fit a plan.
    async fn gather(&self, plan: &Plan) -> Vec<Document> {
        let found = self.retrievers.retrieve(&plan.queries).await;
        rerank::rerank(&plan.queries, found).await
    }
}

/// The document and the heading in it.
fn source(document: &Document) -> String {
    let text = |key| document.metadata.get(key).and_then(|value| value.as_str()).unwrap_or_default();
    format!("{}: {}", text("doc_uri"), text("heading"))
}
