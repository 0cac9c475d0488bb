//! Writing the answer: sentences of the evidence that say most about the question, token by token as a stream.

use std::collections::HashSet;
use std::pin::pin;

use futures_util::stream::{self, Stream, StreamExt};
use spanloom::{Document, SpanType, TokenUsage};

use crate::agent::words::{sentences, words};

/// Sentences of an answer.
const SENTENCES: usize = 3;
/// The attribute in which MLflow keeps the token counts of one call.
const TOKEN_USAGE: &str = "mlflow.chat.tokenUsage";

/// Writes the answer to its end. Tokens are counted as words here.
#[spanloom::trace(span_type = SpanType::Chain, skip(evidence), attributes(passages = evidence.len()))]
pub(crate) async fn write(question: &str, evidence: &[Document]) -> String {
    let read: usize = evidence.iter().map(|document| document.page_content.split_whitespace().count()).sum();
    let mut tokens = pin!(compose(question.to_owned(), evidence.to_vec()));
    let (mut answer, mut written) = (String::new(), 0);
    while let Some(token) = tokens.next().await {
        answer.push_str(&token);
        written += 1;
        if token.ends_with("] ") {
            // Other agents run on this thread too.
            tokio::task::yield_now().await;
        }
    }
    if let Some(span) = spanloom::current_span() {
        span.set_attribute(TOKEN_USAGE, TokenUsage::new(read as u64, written));
    }
    answer.trim_end().to_owned()
}

/// The tokens of the answer. Sentences are chosen when the stream gets to them.
#[spanloom::trace(span_type = SpanType::Llm, skip(evidence), output_reducer = |tokens: Vec<String>| tokens.concat())]
fn compose(question: String, evidence: Vec<Document>) -> impl Stream<Item = String> + Send {
    let asked: HashSet<_> = words(&question).collect();
    let mut said = HashSet::new();
    let chosen = (0..SENTENCES).map_while(move |number| next_sentence(number == 0, &asked, &evidence, &mut said));
    stream::iter(chosen.flat_map(|sentence| {
        let tokens: Vec<_> = sentence.split_whitespace().map(|token| format!("{token} ")).collect();
        tokens
    }))
}

/// The sentence that says most of what was asked and not said yet, with the number of its source.
fn next_sentence(
    first: bool,
    asked: &HashSet<String>,
    evidence: &[Document],
    said: &mut HashSet<String>,
) -> Option<String> {
    // Where only the heading fits, the first sentence below it has to do.
    let least = if first { None } else { Some(0) };
    let mut best: Option<(usize, String)> = None;
    for (number, document) in (1..).zip(evidence) {
        for sentence in sentences(&document.page_content) {
            let new = words(&sentence).filter(|word| asked.contains(word) && !said.contains(word));
            let gain = new.collect::<HashSet<_>>().len();
            if Some(gain) > best.as_ref().map_or(least, |(most, _)| Some(*most)) {
                best = Some((gain, format!("{sentence} [{number}]")));
            }
        }
    }
    let (_, sentence) = best?;
    said.extend(words(&sentence));
    Some(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_quotes_the_sentences_that_say_what_was_asked() {
        let evidence = [
            Document::new("A ring belongs to a thread. It is bounded."),
            Document::new("A store is one file. Rings are drained by the registry."),
        ];
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let answer = runtime.block_on(write("Which thread drains the ring, and where is the store?", &evidence));
        assert_eq!(answer, "A ring belongs to a thread. [1] A store is one file. [2]");
        assert_eq!(runtime.block_on(write("Why?", &evidence)), "A ring belongs to a thread. [1]");
        assert_eq!(runtime.block_on(write("Why?", &[])), "");
    }
}
