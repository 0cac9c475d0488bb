//! A second, closer look at what was found: one task per query, in parallel, each in a span of its own.

use std::collections::HashSet;

use serde_json::json;
use spanloom::{Document, InSpan, SpanType};

use crate::agent::words::words;

/// Passages that the answer is written from.
const EVIDENCE: usize = 4;
/// How much each view of a passage counts.
const COVERAGE_WEIGHT: f64 = 0.6;
const PROXIMITY_WEIGHT: f64 = 0.25;
const HEADING_WEIGHT: f64 = 0.15;
/// What fits less than this fits by chance.
const LEAST_RELEVANCE: f64 = 0.15;

/// A passage and how well it fits, 0 to 1.
type Ranked = (Document, f64);

/// The passages that fit any of the queries best, the best first, each once.
pub(crate) async fn rerank(queries: &[String], found: Vec<Vec<Document>>) -> Vec<Document> {
    let tasks: Vec<_> = queries
        .iter()
        .cloned()
        .zip(found)
        .map(|(query, documents)| {
            let span = spanloom::span("rerank").span_type(SpanType::Reranker).start();
            span.set_inputs(json!({"query": query, "documents": ids(&documents)}));
            tokio::spawn(async move { rank(&query, documents) }.in_span(span))
        })
        .collect();
    let mut ranked: Vec<Ranked> = Vec::new();
    for task in tasks {
        ranked.extend(task.await.unwrap_or_default());
    }
    ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let mut seen = HashSet::new();
    ranked.retain(|(document, _)| seen.insert(document.id.clone()));
    ranked.truncate(EVIDENCE);
    ranked.into_iter().map(|(document, _)| document).collect()
}

/// Scores the documents of one query, and records that in the current span.
fn rank(query: &str, documents: Vec<Document>) -> Vec<Ranked> {
    let query: HashSet<_> = words(query).collect();
    let mut ranked: Vec<Ranked> = documents
        .into_iter()
        .map(|document| {
            let relevance = relevance(&query, &document);
            (document.metadata("relevance", (relevance * 1_000.0).round() / 1_000.0), relevance)
        })
        .collect();
    ranked.retain(|(_, relevance)| *relevance >= LEAST_RELEVANCE);
    ranked.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    if let Some(span) = spanloom::current_span() {
        span.set_outputs(ranked.iter().map(|(document, _)| document).collect::<Vec<_>>());
    }
    ranked
}

fn relevance(query: &HashSet<String>, document: &Document) -> f64 {
    let text: Vec<_> = words(&document.page_content).collect();
    let places: Vec<usize> = (0..text.len()).filter(|&place| query.contains(&text[place])).collect();
    let heading: HashSet<_> =
        document.metadata.get("heading").and_then(|h| h.as_str()).into_iter().flat_map(words).collect();
    let in_text: HashSet<_> = places.iter().map(|&place| &text[place]).collect();
    let covered = query.iter().filter(|word| in_text.contains(word) || heading.contains(*word)).count();
    let in_heading = query.intersection(&heading).count();
    let asked = query.len().max(1) as f64;
    let coverage = covered as f64 / asked;
    COVERAGE_WEIGHT * coverage
        + PROXIMITY_WEIGHT * proximity(&text, &places) * coverage
        + HEADING_WEIGHT * in_heading as f64 / asked
}

/// 1 when all different words that were asked for stand next to each other, less the further they are apart.
fn proximity(text: &[String], places: &[usize]) -> f64 {
    let different = places.iter().map(|&place| &text[place]).collect::<HashSet<_>>().len();
    let narrowest = (0..places.len()).filter_map(|from| {
        let mut seen = HashSet::new();
        let to = places[from..].iter().find(|&&place| {
            seen.insert(&text[place]);
            seen.len() == different
        })?;
        Some(to - places[from] + 1)
    });
    narrowest.min().map_or(0.0, |columns| different as f64 / columns as f64)
}

fn ids(documents: &[Document]) -> Vec<&str> {
    documents.iter().filter_map(|document| document.id.as_deref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(query: &str, texts: &[&str]) -> Vec<String> {
        let documents = texts.iter().map(|text| Document::new(*text).metadata("heading", "")).collect();
        rank(query, documents).into_iter().map(|(document, _)| document.page_content).collect()
    }

    #[test]
    fn passages_with_more_of_the_words_closer_together_come_first() {
        let texts = ["ring here, then much else about stores, threads", "thread ring", "nothing of it", "ring alone"];
        assert_eq!(order("the ring of a thread", &texts), [texts[1], texts[0], texts[3]]);
    }

    #[test]
    fn a_passage_that_two_queries_find_is_taken_once() {
        let document = Document::new("ring and store").metadata("heading", "").id("passage-0");
        let queries = ["ring", "store"].map(str::to_owned);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let found = runtime.block_on(rerank(&queries, vec![vec![document.clone()], vec![document]]));
        assert_eq!(found.len(), 1);
    }
}
