//! Names of spans with a number where several of a trace have the same.
//!
//! Spans `step`, `other`, `step` are shown as `step_1`, `other`, `step_2`: a name that occurs once stays as it is, of one
//! that occurs more often every span gets a number, from 1, in the order of the spans. A number is passed over when the
//! name with it is that of another span.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The number of each name, in their order; `None` for one that occurs once.
pub fn numbers<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Option<u64>> {
    let names: Vec<&str> = names.into_iter().collect();
    let mut counts: HashMap<&str, u64> = HashMap::new();
    for name in &names {
        *counts.entry(name).or_default() += 1;
    }
    if counts.len() == names.len() {
        return vec![None; names.len()];
    }
    let given: HashSet<&str> = counts.keys().copied().collect();
    let mut last: HashMap<&str, u64> = HashMap::new();
    let number = |name: &&'a str| {
        (counts[name] > 1).then(|| {
            let last = last.entry(name).or_default();
            loop {
                *last += 1;
                if !given.contains(&*numbered(name, Some(*last))) {
                    return *last;
                }
            }
        })
    };
    names.iter().map(number).collect()
}

/// The name with its number.
pub fn numbered(name: &str, number: Option<u64>) -> Cow<'_, str> {
    match number {
        None => Cow::Borrowed(name),
        Some(number) => Cow::Owned(format!("{name}_{number}")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown<'a>(names: &[&'a str]) -> Vec<Cow<'a, str>> {
        names.iter().zip(numbers(names.iter().copied())).map(|(name, number)| numbered(name, number)).collect()
    }

    #[test]
    fn repeated_names_get_numbers_from_1_and_others_stay() {
        assert_eq!(shown(&["root", "step", "other", "step"]), ["root", "step_1", "other", "step_2"]);
        assert_eq!(shown(&["a", "b"]), ["a", "b"]);
        assert_eq!(shown(&[]), [""; 0]);
        assert_eq!(shown(&["", ""]), ["_1", "_2"]);
    }

    #[test]
    fn a_number_that_gives_another_span_s_name_is_passed_over() {
        assert_eq!(shown(&["step", "step_1", "step"]), ["step_2", "step_1", "step_3"]);
    }

    proptest! {
        #[test]
        fn no_two_spans_are_shown_alike(names in prop::collection::vec("[ab]{0,2}(_[12])?", 0..40)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let all = shown(&names);
            let distinct: HashSet<&str> = all.iter().map(|name| &**name).collect();
            prop_assert_eq!(distinct.len(), all.len());
            prop_assert!(all.iter().zip(&names).all(|(shown, name)| shown.starts_with(name)));
        }
    }
}
