//! From the flat list of a trace's spans to the lines of a tree.
//!
//! # Invariants
//! - Every span is in exactly one line or counted in exactly one fold, whatever the parent ids say: a span whose parent
//!   is missing stands at the top, and so does one that is its own ancestor.
//! - Nothing recurses, so a chain of a million spans is as safe as a wide tree.

use std::collections::{HashMap, HashSet};

use spanloom::{SpanId, SpanRecord, Trace};

/// Guides deeper than this are cut on the left, so that names stay on the screen.
const DEEPEST_GUIDE: usize = 12;

/// One line of the tree.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Lines that lead here from the parents, and the branch: `│  ├─ `.
    pub(crate) branch: String,
    /// What stands below the name: `│  │  ` .
    pub(crate) below: String,
    /// What is in the line.
    pub(crate) entry: Entry<'a>,
}

/// What a line of the tree shows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entry<'a> {
    /// A span.
    Span(&'a SpanRecord),
    /// The rest of a parent's children: how many spans with all below them, and how many of those failed.
    Fold { spans: usize, failed: usize },
}

/// The tree of a trace, line by line; of each parent at most so many children.
pub(crate) fn outline(trace: &Trace, max_children: usize) -> Vec<Line<'_>> {
    let family = Family::of(trace);
    let mut walk = Walk { family, max_children, seen: HashSet::new(), lines: Vec::new() };
    let tops = std::mem::take(&mut walk.family.tops);
    walk.descend(tops);
    // What a circle of parents keeps from the top.
    for span in &trace.data.spans {
        if !walk.seen.contains(&span.span_id) {
            walk.descend(vec![span]);
        }
    }
    walk.lines
}

/// Who is below whom.
struct Family<'a> {
    tops: Vec<&'a SpanRecord>,
    children: HashMap<SpanId, Vec<&'a SpanRecord>>,
}

impl<'a> Family<'a> {
    fn of(trace: &'a Trace) -> Self {
        let known: HashSet<SpanId> = trace.data.spans.iter().map(|span| span.span_id).collect();
        let mut family = Self { tops: Vec::new(), children: HashMap::new() };
        for span in &trace.data.spans {
            match span.parent_id.filter(|parent| known.contains(parent)) {
                Some(parent) => family.children.entry(parent).or_default().push(span),
                None => family.tops.push(span),
            }
        }
        family
    }

    fn below(&self, span: &SpanRecord) -> &[&'a SpanRecord] {
        self.children.get(&span.span_id).map_or(&[], Vec::as_slice)
    }
}

/// The way through the tree, in the order of the lines.
struct Walk<'a> {
    family: Family<'a>,
    max_children: usize,
    seen: HashSet<SpanId>,
    lines: Vec<Line<'a>>,
}

/// A line that is still to be made: its guides, whether it is the last of its parent, and how deep it is.
struct Planned<'a> {
    entry: Entry<'a>,
    guides: String,
    last: bool,
    depth: usize,
}

impl<'a> Walk<'a> {
    fn descend(&mut self, tops: Vec<&'a SpanRecord>) {
        let mut planned = Vec::new();
        self.plan(&tops, "", 0, &mut planned);
        while let Some(next) = planned.pop() {
            let (branch, guides) = next.guides();
            let mut below = guides.clone();
            if let Entry::Span(span) = next.entry {
                let children = self.family.below(span).to_vec();
                let open = children.iter().any(|child| !self.seen.contains(&child.span_id));
                below.push_str(if open { "│  " } else { "   " });
                self.plan(&children, &guides, next.depth + 1, &mut planned);
            }
            self.lines.push(Line { branch, below, entry: next.entry });
        }
    }

    /// Puts siblings on the stack, the last first.
    fn plan(&mut self, siblings: &[&'a SpanRecord], guides: &str, depth: usize, planned: &mut Vec<Planned<'a>>) {
        let fresh: Vec<_> = siblings.iter().copied().filter(|span| self.seen.insert(span.span_id)).collect();
        // A fold that hides a single span would save nothing.
        let shown = if fresh.len() <= self.max_children.saturating_add(1) { fresh.len() } else { self.max_children };
        let mut entries: Vec<_> = fresh[..shown].iter().map(|span| Entry::Span(span)).collect();
        if shown < fresh.len() {
            entries.push(self.fold(&fresh[shown..]));
        }
        let count = entries.len();
        for (index, entry) in entries.into_iter().enumerate().rev() {
            planned.push(Planned { entry, guides: guides.to_owned(), last: index + 1 == count, depth });
        }
    }

    fn fold(&mut self, hidden: &[&'a SpanRecord]) -> Entry<'a> {
        let (mut spans, mut failed) = (0, 0);
        let mut rest = hidden.to_vec();
        while let Some(span) = rest.pop() {
            spans += 1;
            failed += usize::from(span.status.is_error());
            let children = self.family.below(span);
            rest.extend(children.iter().copied().filter(|child| self.seen.insert(child.span_id)));
        }
        Entry::Fold { spans, failed }
    }
}

impl Planned<'_> {
    /// The branch in front of the name, and the guides of what is below.
    fn guides(&self) -> (String, String) {
        if self.depth == 0 {
            return (String::new(), String::new());
        }
        let (branch, guide) = if self.last { ("╰─ ", "   ") } else { ("├─ ", "│  ") };
        (cut_left(format!("{}{branch}", self.guides)), cut_left(format!("{}{guide}", self.guides)))
    }
}

fn cut_left(guides: String) -> String {
    let too_many = guides.chars().count().saturating_sub(DEEPEST_GUIDE * 3);
    if too_many == 0 {
        return guides;
    }
    let rest: String = guides.chars().skip(too_many + 1).collect();
    format!("⋯{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample::{self, Sample};

    fn text(trace: &Trace, max_children: usize) -> String {
        let lines = outline(trace, max_children).into_iter().map(|line| match line.entry {
            Entry::Span(span) => format!("{}{}\n", line.branch, span.name),
            Entry::Fold { spans, failed } => format!("{}+{spans} ({failed} failed)\n", line.branch),
        });
        lines.collect()
    }

    #[test]
    fn children_stand_below_their_parents_in_the_order_of_the_trace() {
        let trace = Sample::new().span(1, 0, "root").span(2, 1, "a").span(3, 2, "a1").span(4, 1, "b").trace();
        assert_eq!(text(&trace, 10), "root\n├─ a\n│  ╰─ a1\n╰─ b\n");
    }

    #[test]
    fn a_missing_parent_or_a_circle_hides_no_span() {
        let trace =
            Sample::new().span(1, 0, "root").span(2, 99, "orphan").span(3, 4, "c").span(4, 3, "d").span(5, 5, "self");
        assert_eq!(text(&trace.trace(), 10), "root\norphan\nc\n╰─ d\nself\n");
    }

    #[test]
    fn a_fold_counts_what_it_hides_with_all_below() {
        let mut sample = Sample::new().span(1, 0, "root");
        for id in 2..8 {
            sample = sample.span(id, 1, "child").span(id + 10, id, "grandchild").failed();
        }
        let trace = sample.trace();
        let expected = "root\n├─ child\n│  ╰─ grandchild\n├─ child\n│  ╰─ grandchild\n╰─ +8 (4 failed)\n";
        assert_eq!(text(&trace, 2), expected);
        assert_eq!(outline(&trace, usize::MAX).len(), 13);
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_spans_is_drawn_within_bounded_guides() {
        let trace = sample::chain(100_000);
        let lines = outline(&trace, 10);
        assert_eq!(lines.len(), 100_000);
        assert!(lines.iter().all(|line| line.branch.chars().count() <= DEEPEST_GUIDE * 3));
    }
}
