//! `LIKE` that minds the case: SQLite's own does not, its `GLOB` does.

/// Each wildcard may try every place in the text.
const MAX_WILDCARDS: usize = 20;

/// Whether a pattern may be used.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    if pattern.matches('%').count() > MAX_WILDCARDS {
        return Err(format!("this pattern has more than {MAX_WILDCARDS} `%`"));
    }
    Ok(())
}

/// The `GLOB` pattern that fits the same texts as a `LIKE` pattern, which has no escape character.
pub(super) fn to_glob(like: &str) -> String {
    let mut glob = String::with_capacity(like.len() + 8);
    for c in like.chars() {
        match c {
            '%' => glob.push('*'),
            '_' => glob.push('?'),
            '*' | '?' | '[' => {
                glob.push('[');
                glob.push(c);
                glob.push(']');
            }
            c => glob.push(c),
        }
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_translated_and_those_of_glob_are_literal() {
        assert_eq!(to_glob("a%b_c"), "a*b?c");
        assert_eq!(to_glob("[*]? \\%"), "[[][*]][?] \\*");
    }
}
