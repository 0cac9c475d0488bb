//! Documents cut into passages: the unit that is ranked, quoted and cited.
//!
//! A passage never crosses a heading, and ends between two paragraphs. Code blocks stay in one piece.

use crate::agent::documents::SourceText;

/// Paragraphs are joined up to about this length.
const TARGET_BYTES: usize = 600;

/// A few paragraphs below one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    /// The document.
    pub(crate) uri: String,
    /// The heading it stands under; empty before the first.
    pub(crate) heading: String,
    /// The paragraphs, with blank lines between them.
    pub(crate) text: String,
}

/// Cuts a document.
pub(crate) fn cut(document: &SourceText) -> Vec<Passage> {
    let mut cutter = Cutter { uri: &document.uri, heading: String::new(), open: String::new(), passages: Vec::new() };
    for block in blocks(&document.text) {
        match heading(&block) {
            Some(heading) => cutter.begin(heading),
            None => cutter.take(&block),
        }
    }
    cutter.close();
    cutter.passages
}

struct Cutter<'a> {
    uri: &'a str,
    heading: String,
    open: String,
    passages: Vec<Passage>,
}

impl Cutter<'_> {
    fn begin(&mut self, heading: &str) {
        self.close();
        self.heading = heading.to_owned();
    }

    fn take(&mut self, block: &str) {
        if !self.open.is_empty() && self.open.len() + block.len() > TARGET_BYTES {
            self.close();
        }
        if !self.open.is_empty() {
            self.open.push_str("\n\n");
        }
        self.open.push_str(block);
    }

    fn close(&mut self) {
        let text = std::mem::take(&mut self.open);
        if !text.is_empty() {
            self.passages.push(Passage { uri: self.uri.to_owned(), heading: self.heading.clone(), text });
        }
    }
}

/// Paragraphs, headings and whole code blocks.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = vec![String::new()];
    let mut in_code = false;
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        let apart = !in_code && (line.trim().is_empty() || heading(line).is_some());
        if apart {
            blocks.extend([line.trim().to_owned(), String::new()]);
        } else if let Some(open) = blocks.last_mut() {
            if !open.is_empty() {
                open.push('\n');
            }
            open.push_str(line.trim_end());
        }
        in_code ^= fence;
    }
    blocks.retain(|block| !block.trim().is_empty());
    blocks
}

fn heading(block: &str) -> Option<&str> {
    let text = block.trim_start_matches('#');
    let level = block.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ') && !block.contains('\n')).then(|| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passages(text: &str) -> Vec<(String, String)> {
        let document = SourceText { uri: "a.md".to_owned(), text: text.to_owned() };
        cut(&document).into_iter().map(|passage| (passage.heading, passage.text)).collect()
    }

    fn pair(heading: &str, text: &str) -> (String, String) {
        (heading.to_owned(), text.to_owned())
    }

    #[test]
    fn passages_end_at_headings_and_join_short_paragraphs() {
        let found = passages("Before.\n# One\nA\nB\n\nC\n## Two ##\n#hashtag\n");
        assert_eq!(found, [pair("", "Before."), pair("One", "A\nB\n\nC"), pair("Two ##", "#hashtag")]);
    }

    #[test]
    fn a_code_block_is_one_piece_whatever_is_in_it() {
        let code = "```sh\n# a comment\n\nls\n```";
        assert_eq!(passages(&format!("# One\n{code}\n")), [pair("One", code)]);
    }

    #[test]
    fn long_paragraphs_become_passages_of_their_own() {
        let long = "word ".repeat(100);
        let found = passages(&format!("# One\n{long}\n\n{long}\n\nshort\n"));
        assert_eq!(found.len(), 2);
        assert!(found[1].1.ends_with("short"));
    }
}
