//! Default redaction: secrets are taken out of a value before it is stored, shown or sent.
//!
//! Two things make a text a secret: the name it stands under (`api_key`, `Authorization`, …: [`keys`]) and the form
//! it has (`sk-…`, a JWT, a private key, …: [`patterns`]). Either way it is replaced by `[redacted:<rule>]` and counted
//! under its [`Rule`]; nothing of it is kept, not even a hash.
//!
//! # How a value is searched
//! ```text
//! text ─► literals (one pass of an automaton) ─► no hit: borrowed as it is
//!              │ hit
//!              ├─ start of a secret ──► its expression, anchored there ─► edit
//!              ├─ end of a key name ──► extent of the JSON value ───────► edit
//!              └─ hidden by escapes ──► unescape that string, search it the same way, map the edits back
//! ```
//! No value is parsed into a tree or written anew: bytes that are no secret come out as they went in.
//!
//! # Invariants
//! - A JSON text stays one: no edit crosses the quotes of the string it lies in, except that of a whole value.
//! - Redacting twice gives what redacting once gave, and counts nothing the second time.
//! - Time is linear in the length of the text, whatever it holds; nesting costs no stack.
//!
//! # The program's own rules
//! [`custom`] runs after the others: further names, and patterns over each string by itself.
//!
//! # What it does not see
//! Secrets of unknown form under harmless names, a secret that is split over several strings or attributes, and
//! quoting deeper than [`scan::MAX_DEPTH`] levels of JSON within JSON strings (there the forms are still searched).

mod counts;
mod custom;
mod edit;
mod json_value;
mod keys;
mod literals;
mod patterns;
mod pem;
mod quotes;
mod redactor;
mod rule;
mod scan;
mod settings;
mod unescape;

#[cfg(test)]
mod tests;

pub(crate) use counts::RedactionCounts;
pub(crate) use redactor::Redactor;
pub use settings::{InvalidPattern, Redaction};
