//! Searching, in a pool of plain threads behind a channel: what a handle of a span is for.
//!
//! The task that asks sends its span along with the query; the thread that answers enters it, so that its own spans
//! become children of that span, in the right trace. No context is copied, and no runtime is needed in the pool.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};
use spanloom::{Document, Span, SpanType};
use tokio::sync::oneshot;

use crate::agent::library::Library;

/// Passages that one search gives.
const PASSAGES_PER_QUERY: usize = 8;

/// A pool of threads that search. Dropping it waits for them to finish what was sent.
#[derive(Debug)]
pub(crate) struct Retrievers {
    /// `None` once the pool is being dropped. Unbounded, as the questions in flight are bounded.
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

/// One query on its way to a thread.
#[derive(Debug)]
struct Job {
    query: String,
    asked_in: Option<Span>,
    reply: oneshot::Sender<Vec<Document>>,
}

impl Retrievers {
    /// Starts the threads.
    pub(crate) fn start(library: &Arc<Library>, threads: usize) -> io::Result<Self> {
        let (jobs, queue) = unbounded();
        let start = |number| {
            let (library, queue) = (Arc::clone(library), queue.clone());
            thread::Builder::new().name(format!("retriever-{number}")).spawn(move || work(&library, &queue))
        };
        let threads = (0..threads).map(start).collect::<io::Result<_>>()?;
        Ok(Self { jobs: Some(jobs), threads })
    }

    /// Searches for all queries at once, each on whatever thread is free.
    #[spanloom::trace(span_type = SpanType::Chain, outputs = false)]
    pub(crate) async fn retrieve(&self, queries: &[String]) -> Vec<Vec<Document>> {
        let asked_in = spanloom::current_span();
        let replies: Vec<_> = queries.iter().map(|query| self.send(query.clone(), asked_in.clone())).collect();
        let mut found = Vec::with_capacity(replies.len());
        for reply in replies {
            found.push(reply.await.unwrap_or_default());
        }
        found
    }

    fn send(&self, query: String, asked_in: Option<Span>) -> oneshot::Receiver<Vec<Document>> {
        let (reply, answer) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            jobs.send(Job { query, asked_in, reply }).expect("the threads listen until the sender is dropped");
        }
        answer
    }
}

impl Drop for Retrievers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A search that panicked has said so on stderr, and its query got no documents.
            let _ = thread.join();
        }
    }
}

/// What a thread of the pool does.
fn work(library: &Library, queue: &Receiver<Job>) {
    for Job { query, asked_in, reply } in queue {
        let active = asked_in.as_ref().map(Span::enter);
        let found = search(library, &query);
        drop(active);
        // Whoever asked may have gone.
        let _ = reply.send(found);
    }
}

#[spanloom::trace(span_type = SpanType::Retriever, skip(library), attributes(limit = PASSAGES_PER_QUERY))]
fn search(library: &Library, query: &str) -> Vec<Document> {
    library.search(query, PASSAGES_PER_QUERY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::documents::SourceText;

    #[test]
    fn every_query_gets_its_own_documents() {
        let text = "# Ring\nA ring belongs to a thread.\n# Store\nA store is a file.\n".to_owned();
        let library = Arc::new(Library::of(&[SourceText { uri: "a.md".to_owned(), text }]));
        let retrievers = Retrievers::start(&library, 2).expect("threads start");
        let queries = ["ring", "absent", "file"].map(str::to_owned);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let found = runtime.block_on(retrievers.retrieve(&queries));
        let counts: Vec<_> = found.iter().map(Vec::len).collect();
        assert_eq!(counts, [1, 0, 1]);
        assert_eq!(found[2][0].metadata["heading"], "Store");
    }
}
