//! Which texts fit a question best: Okapi BM25 over an inverted index.
//!
//! Written here, in a page: the crate there is for it hashes words to 32 bits, so that two words may count as one, and
//! brings a hash crate that is no longer maintained.

use std::collections::HashMap;

/// How soon further occurrences of a word stop counting.
const K1: f64 = 1.2;
/// How much long texts are held back.
const B: f64 = 0.75;

/// An index over texts, which are known by their position.
#[derive(Debug)]
pub(crate) struct Ranking {
    /// For each word: texts that have it, and how often.
    postings: HashMap<String, Vec<(u32, u32)>>,
    lengths: Vec<u32>,
    mean_length: f64,
}

impl Ranking {
    /// An index of texts, each given by its words.
    pub(crate) fn of(texts: impl IntoIterator<Item = Vec<String>>) -> Self {
        let mut postings: HashMap<String, Vec<(u32, u32)>> = HashMap::new();
        let mut lengths: Vec<u32> = Vec::new();
        for (position, words) in (0u32..).zip(texts) {
            lengths.push(u32::try_from(words.len()).unwrap_or(u32::MAX));
            for word in words {
                let places = postings.entry(word).or_default();
                match places.last_mut() {
                    Some((last, count)) if *last == position => *count += 1,
                    _ => places.push((position, 1)),
                }
            }
        }
        let total: f64 = lengths.iter().map(|&length| f64::from(length)).sum();
        let mean_length = (total / lengths.len().max(1) as f64).max(1.0);
        Self { postings, lengths, mean_length }
    }

    /// The texts with any of the words, the best first, with their scores; at most so many.
    pub(crate) fn search(&self, words: &[String], limit: usize) -> Vec<(usize, f64)> {
        let mut scores: HashMap<u32, f64> = HashMap::new();
        for places in words.iter().filter_map(|word| self.postings.get(word)) {
            let rarity = self.rarity(places.len());
            for &(position, count) in places {
                *scores.entry(position).or_default() += rarity * self.weight(position, count);
            }
        }
        let mut found: Vec<_> = scores.into_iter().collect();
        found.sort_by(|(a, score_a), (b, score_b)| score_b.total_cmp(score_a).then(a.cmp(b)));
        found.truncate(limit);
        found.into_iter().map(|(position, score)| (position as usize, score)).collect()
    }

    fn rarity(&self, texts_with_it: usize) -> f64 {
        let (all, with) = (self.lengths.len() as f64, texts_with_it as f64);
        (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
    }

    fn weight(&self, position: u32, count: u32) -> f64 {
        let (count, length) = (f64::from(count), f64::from(self.lengths[position as usize]));
        count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length / self.mean_length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::words::words;

    fn best(texts: &[&str], question: &str) -> Vec<usize> {
        let ranking = Ranking::of(texts.iter().map(|text| words(text).collect()));
        let question: Vec<_> = words(question).collect();
        ranking.search(&question, 10).into_iter().map(|(position, _)| position).collect()
    }

    #[test]
    fn rare_words_short_texts_and_repetition_count() {
        let texts =
            ["store store writes", "store and many other words beside it here", "ring of a thread", "thread thread"];
        assert_eq!(best(&texts, "store"), [0, 1]);
        assert_eq!(best(&texts, "ring thread"), [2, 3]);
        assert_eq!(best(&texts, "absent"), [] as [usize; 0]);
        assert_eq!(best(&[], "store"), [] as [usize; 0]);
    }

    #[test]
    fn scores_are_those_of_the_formula() {
        let ranking = Ranking::of([vec!["a".to_owned(), "b".to_owned()], vec!["b".to_owned(), "c".to_owned()]]);
        let (position, score) = ranking.search(&["a".to_owned()], 1)[0];
        assert_eq!(position, 0);
        assert!((score - std::f64::consts::LN_2).abs() < 1e-12, "ln(1 + 1.5/1.5) times a weight of 1, not {score}");
    }
}
