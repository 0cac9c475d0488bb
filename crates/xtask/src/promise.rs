//! What an example promises to print, and whether it does.
//!
//! The promise is the first block marked `text` of its module documentation: whole lines, in order. Other lines may come
//! between them.

/// The lines that the documentation at the top of this source promises.
pub(crate) fn promised(source: &str) -> Vec<String> {
    let documentation = source.lines().map_while(|line| line.strip_prefix("//!"));
    let documentation = documentation.map(|line| line.strip_prefix(' ').unwrap_or(line));
    let block = documentation.skip_while(|line| *line != "```text").skip(1).take_while(|line| *line != "```");
    block.map(|line| line.trim_end().to_owned()).collect()
}

/// What is wrong with this output, if something is.
pub(crate) fn broken(promised: &[String], output: &str) -> Option<String> {
    if promised.is_empty() {
        return Some("its documentation does not say what it prints".to_owned());
    }
    let mut lines = output.lines().map(str::trim_end);
    let missing = promised.iter().find(|line| !lines.any(|printed| printed == line.as_str()));
    missing.map(|line| format!("its documentation promises the line `{line}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "//! Adds.\n//!\n//! ```text\n//! 1 + 1\n//!   = 2\n//! ```\n//!\n//! ```text\n//! no\n//! ```\nfn main() {}";

    #[test]
    fn first_block_of_the_documentation_is_the_promise() {
        assert_eq!(promised(SOURCE), ["1 + 1", "  = 2"]);
        assert!(promised("//! Nothing.\nfn main() {}\n//! ```text\n//! too late").is_empty());
    }

    #[test]
    fn promised_lines_come_in_order() {
        let promised = promised(SOURCE);
        assert_eq!(broken(&promised, "$ run\n1 + 1\nmore\n  = 2 \n"), None);
        assert!(broken(&promised, "  = 2\n1 + 1").is_some_and(|reason| reason.contains("`  = 2`")));
        assert!(broken(&promised, "1 + 1\n = 2").is_some());
        assert!(broken(&[], "anything").is_some());
    }
}
