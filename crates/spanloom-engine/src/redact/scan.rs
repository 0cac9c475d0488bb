//! Finds what is to be taken out of a text.
//!
//! The search is led by the hits of [`Literals`] and keeps no state of the JSON around them. It needs none: in JSON
//! an unescaped quote after a letter ends a string, and a string before a colon is a key.

use std::ops::Range;

use super::{
    edit::{Edit, Form},
    json_value, keys,
    literals::{Hit, Literals},
    patterns::Patterns,
    quotes,
    rule::Rule,
    unescape::Unescaped,
};

/// How many levels of JSON within JSON strings are unescaped. `\u005c` can stand for any number of them, so there
/// is an end to it.
pub(super) const MAX_DEPTH: u32 = 6;

/// Type names around a value are followed up to this length.
const LONGEST_WRAPPER: usize = 64;

/// What a scan looks for.
#[derive(Debug)]
pub(super) struct Matchers {
    literals: Literals,
    patterns: Patterns,
}

impl Matchers {
    pub(super) fn new() -> Self {
        Self { literals: Literals::new(), patterns: Patterns::new() }
    }

    /// What is to be replaced in a JSON text, in order and without overlap.
    pub(super) fn scan_json(&self, json: &str) -> Vec<Edit> {
        Scan::run(self, json, 0, true)
    }

    /// What is to be replaced in any other text, in order and without overlap.
    pub(super) fn scan_text(&self, text: &str) -> Vec<Edit> {
        Scan::run(self, text, 0, false)
    }
}

struct Scan<'a> {
    matchers: &'a Matchers,
    text: &'a str,
    /// How many levels of escapes `text` is without.
    depth: u32,
    /// Whether every unescaped quote delimits a JSON string.
    is_json: bool,
    /// Everything before it is settled.
    done: usize,
    /// Everything between `done` and here was also searched without its escapes. It is searched as it is all the same:
    /// the backslash in `C:\run` escapes nothing.
    descended: usize,
    /// The closing quote of a sensitive name that escapes hid. Its value comes after all that is within the name.
    hidden_key: Option<usize>,
    /// The first edit that may overlap what is found at this level in text that was descended into.
    next_inner: usize,
    /// No JWT starts before it. Without this a run of `eyJeyJ…` would be searched to its end from each of its parts.
    no_jwt_before: usize,
    /// In order.
    edits: Vec<Edit>,
    /// What was found in text that was descended into, but not by descending. In order.
    late_edits: Vec<Edit>,
}

impl<'a> Scan<'a> {
    fn run(matchers: &'a Matchers, text: &'a str, depth: u32, is_json: bool) -> Vec<Edit> {
        let mut scan = Self {
            matchers,
            text,
            depth,
            is_json,
            done: 0,
            descended: 0,
            hidden_key: None,
            next_inner: 0,
            no_jwt_before: 0,
            edits: Vec::new(),
            late_edits: Vec::new(),
        };
        for hit in matchers.literals.hits(text) {
            scan.value_of_hidden_key(hit.position());
            match hit {
                Hit::Secret { at, rules } if at >= scan.done => scan.secret(at, rules),
                Hit::KeyEnd { quote } if quote >= scan.done => scan.value_of_key(quote),
                Hit::Field { at } if at >= scan.done => scan.value_of_field(at),
                Hit::Escape { backslash } if backslash >= scan.done => scan.descend(backslash),
                Hit::Secret { .. } | Hit::KeyEnd { .. } | Hit::Field { .. } | Hit::Escape { .. } => {}
            }
        }
        scan.value_of_hidden_key(text.len());
        if !scan.late_edits.is_empty() {
            scan.edits.append(&mut scan.late_edits);
            scan.edits.sort_by_key(|edit| edit.range.start);
        }
        scan.edits
    }

    fn secret(&mut self, at: usize, rules: &[Rule]) {
        let Some((rule, mut range)) = rules.iter().find_map(|rule| Some((*rule, self.find(*rule, at)?))) else {
            return;
        };
        if let Some(escape) = quotes::escape_around(self.text, range.start) {
            // In JSON its first letter is none. Elsewhere the backslash may be one, or an escape: both go.
            if self.is_json || escape < self.done {
                return;
            }
            range.start = escape;
        }
        if range.start < self.descended {
            return self.push_late(range, rule);
        }
        // A backslash within or after may hide the rest of the secret, or the name of what comes next.
        let with_next = &self.text.as_bytes()[range.start..self.text.len().min(range.end + 1)];
        if self.depth < MAX_DEPTH && with_next.contains(&b'\\') {
            self.descend(range.start);
            self.push_late(range, rule);
        } else {
            self.push(range, rule, Form::Bare);
        }
    }

    /// Adds what was found in text that was descended into, up to the first thing that was found by descending.
    fn push_late(&mut self, mut range: Range<usize>, rule: Rule) {
        while self.edits.get(self.next_inner).is_some_and(|edit| edit.range.end <= range.start) {
            self.next_inner += 1;
        }
        if let Some(inner) = self.edits.get(self.next_inner) {
            range.end = range.end.min(inner.range.start);
        }
        if range.start < range.end {
            self.done = self.done.max(range.end);
            self.late_edits.push(Edit { range, rule, form: Form::Bare });
        }
    }

    fn find(&mut self, rule: Rule, at: usize) -> Option<Range<usize>> {
        if rule == Rule::Jwt && at < self.no_jwt_before {
            return None;
        }
        let found = self.matchers.patterns.find(rule, self.text, at, self.done);
        if rule == Rule::Jwt && found.is_none() {
            let run = self.text.as_bytes()[at..].iter();
            self.no_jwt_before =
                at + run.take_while(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte)).count();
        }
        found
    }

    fn value_of_hidden_key(&mut self, before: usize) {
        if let Some(quote) = self.hidden_key.take_if(|quote| *quote < before)
            && quote >= self.done
        {
            self.value_of_key(quote);
        }
    }

    /// Takes out the value of a sensitive key whose closing quote is here, if it is a key.
    fn value_of_key(&mut self, quote: usize) {
        let colon = json_value::skip_white_space(self.text, quote + 1);
        if self.text.as_bytes().get(colon) != Some(&b':') {
            return;
        }
        self.value_at(json_value::skip_white_space(self.text, colon + 1));
    }

    /// Takes out the string in `name: "…"`, also in `name: Some("…")`, as `Debug` writes it.
    fn value_of_field(&mut self, at: usize) {
        let start = after_wrappers(self.text, at);
        match self.text.as_bytes()[start..] {
            [b'\\', ..] => self.descend(start),
            // In JSON this quote ends a string, and so it does before what separates strings.
            [b'"', next, ..] if !self.is_json && !b",:]}) \n".contains(&next) => self.value_at(start),
            _ => {}
        }
    }

    fn value_at(&mut self, start: usize) {
        let Some(extent) = json_value::extent(&self.text[start..]) else { return };
        let range = start..start + extent.length;
        if !is_harmless(&self.text[range.clone()]) {
            let form = if extent.is_valid { Form::JsonString { depth: self.depth } } else { Form::Bare };
            self.push(range, Rule::Key, form);
        }
    }

    /// Searches the string around a position without its escapes.
    fn descend(&mut self, at: usize) {
        if self.depth == MAX_DEPTH || at < self.descended {
            return;
        }
        let start = quotes::last_unescaped(self.text, self.done, at).map_or(self.done, |quote| quote + 1);
        let end = quotes::next_unescaped(self.text, at).unwrap_or(self.text.len());
        let inside = Unescaped::new(&self.text[start..end]);
        self.descended = end;
        if inside.is_unchanged() {
            return;
        }
        self.edits.extend(Scan::run(self.matchers, &inside.text, self.depth + 1, false).into_iter().map(|edit| Edit {
            range: start + inside.raw_position(edit.range.start)..start + inside.raw_position(edit.range.end),
            ..edit
        }));
        if end < self.text.len() && keys::is_sensitive(&inside.text) {
            self.hidden_key = Some(end);
        }
    }

    fn push(&mut self, range: Range<usize>, rule: Rule, form: Form) {
        self.done = range.end;
        self.edits.push(Edit { range, rule, form });
    }
}

/// The position after any `Name(` that starts here.
fn after_wrappers(text: &str, at: usize) -> usize {
    let mut at = at;
    loop {
        let start = json_value::skip_white_space(text, at);
        let name =
            text.as_bytes()[start..].iter().take(LONGEST_WRAPPER).take_while(|byte| byte.is_ascii_alphanumeric());
        let end = start + name.count();
        if text.as_bytes().get(end) != Some(&b'(') {
            return start;
        }
        at = end + 1;
    }
}

/// Whether the value of a sensitive key tells nothing: there is none, or it was taken out already.
pub(super) fn is_harmless(value: &str) -> bool {
    matches!(value, "null" | "\"\"") || Rule::is_marker(value)
}
