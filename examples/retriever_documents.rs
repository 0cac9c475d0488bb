//! A retriever: documents in the shape that MLflow's viewer shows.
//!
//! `cargo run -p spanloom-examples --example retriever_documents` prints
//!
//! ```text
//! 2 documents
//! retrieve_documents (RETRIEVER) OK: {"query": "What is ML?"} => [{"page_content": "The content of the docume…
//! Document from "path/to/document.md" (score: 0.95)
//! Document from "path/to/other.md" (score: 0.87)
//! 1 document
//! ```

use shared::show;
use spanloom::{Document, SpanQuery, SpanType};

#[spanloom::trace(span_type = SpanType::Retriever)]
fn retrieve_documents(query: &str) -> usize {
    let documents = vec![
        Document::new("The content of the document...")
            .metadata("doc_uri", "path/to/document.md")
            .metadata("chunk_id", "chunk_001")
            .metadata("relevance_score", 0.95)
            .id("doc_123"),
        Document::new("Another relevant section...")
            .metadata("doc_uri", "path/to/other.md")
            .metadata("relevance_score", 0.87),
    ];
    // 1. What the function sets as outputs stays, whatever it returns.
    if let Some(span) = spanloom::current_span() {
        span.set_outputs(&documents);
    }
    documents.len()
}

// 2. Most often the documents are what is returned, and nothing has to be set.
#[spanloom::trace(span_type = SpanType::Retriever)]
fn nearest(query: &str) -> Vec<Document> {
    vec![Document::new("A single section").metadata("doc_uri", "path/to/one.md")]
}

fn main() -> anyhow::Result<()> {
    let loom = spanloom::Spanloom::builder().in_memory().install()?;
    println!("{} documents", retrieve_documents("What is ML?"));
    let trace = show::last_trace(&loom)?;

    // 3. Retrievers of a trace are found by their type.
    for span in trace.search_spans(SpanQuery::new().span_type(SpanType::Retriever)) {
        for document in span.outputs().unwrap_or_default().as_array().into_iter().flatten() {
            let about = &document["metadata"];
            println!("Document from {} (score: {})", about["doc_uri"], about["relevance_score"]);
        }
    }
    println!("{} document", nearest("What is ML?").len());
    Ok(())
}
