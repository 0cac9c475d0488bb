//! From text to the words by which it is found.

/// Words that say nothing about what a text is about.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before",
    "but", "by", "can", "come", "could", "did", "do", "does", "each", "else", "for", "from", "had", "has", "have",
    "how", "i", "if", "in", "into", "is", "it", "its", "know", "me", "more", "most", "must", "my", "no", "not", "of",
    "on", "one", "only", "or", "other", "our", "out", "own", "said", "say", "she", "should", "so", "some", "such",
    "than", "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "under",
    "up", "use", "used", "was", "we", "were", "what", "when", "where", "which", "while", "who", "why", "will", "with",
    "without", "would", "you", "your",
];

/// The words of a text: lower case, without stop words and plural endings. Identifiers like `set_inputs` stay whole.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !character.is_alphanumeric() && character != '_')
        .map(|word| word.trim_matches('_').to_lowercase())
        .filter(|word| !word.is_empty() && STOP_WORDS.binary_search(&word.as_str()).is_err())
        .map(singular)
}

/// The sentences of a text, one line each. Items of lists are sentences of their own; tables and code have none.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.starts_with("```")) {
        let mut open = String::new();
        for line in paragraph.lines().map(str::trim).filter(|line| !line.starts_with('|')) {
            let item = item(line);
            if item.is_some() {
                split(&std::mem::take(&mut open), &mut sentences);
            }
            open.push_str(&item.unwrap_or(line).replace("**", ""));
            open.push(' ');
        }
        split(&open, &mut sentences);
    }
    sentences
}

/// The text of an item of a list.
fn item(line: &str) -> Option<&str> {
    let unnumbered = line.strip_prefix("- ").or(line.strip_prefix("* "));
    unnumbered.or_else(|| line.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(". "))
}

fn split(text: &str, sentences: &mut Vec<String>) {
    let mut rest = text.trim();
    while let Some(end) = rest.find(". ") {
        sentences.push(rest[..=end].to_owned());
        rest = rest[end + 2..].trim_start();
    }
    if rest.chars().any(char::is_alphabetic) {
        sentences.push(rest.to_owned());
    }
}

/// Good enough for English: what is cut is cut from question and document alike.
fn singular(word: String) -> String {
    let keeps_it = ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    match word.strip_suffix("ies").or(word.strip_suffix('s')) {
        Some(stem) if word.ends_with("ies") && stem.len() > 2 => format!("{stem}y"),
        Some(stem) if stem.len() > 2 && !keeps_it => stem.to_owned(),
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_plain_and_mean_something() {
        let found: Vec<_> = words("What do the Queries of `set_inputs` cost? Größe: 3 BUSES, status.").collect();
        assert_eq!(found, ["query", "set_input", "cost", "größe", "3", "buse", "status"]);
    }

    #[test]
    fn stop_words_are_sorted_as_the_search_in_them_needs() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn sentences_end_at_full_stops_items_and_paragraphs() {
        let text =
            "One is\nhere. Two v1.2 is.\n\n```\ncode\n```\n\n| a | table |\n\nList:\n- **Three**\n  more\n2. Four";
        assert_eq!(sentences(text), ["One is here.", "Two v1.2 is.", "List:", "Three more", "Four"]);
    }
}
