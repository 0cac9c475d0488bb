//! The `#[trace]` attribute of Spanloom, re-exported by the crate `spanloom`.
//!
//! Parsing and generation are apart: `attr.rs` reads the options, `function.rs` the annotated function, `returns.rs`
//! what its return type says, and `expand.rs` writes the traced function. Everything that can be an ordinary function
//! is one, in `spanloom::__private`; the expansion only decides what is captured, where the types are known.
//!
//! # Invariants
//! - The signature, its attributes and the tokens of the body stay as written: errors in the body point into the body.
//! - The expansion names nothing by a relative path, and its own variables cannot be seen by the body.
//! - A function that compiles without the attribute compiles with it, `const fn` excepted.

mod attr;
mod expand;
mod function;
mod inputs;
mod returns;

use proc_macro::TokenStream;

#[doc = include_str!("doc_trace.md")]
#[proc_macro_attribute]
pub fn trace(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::trace(options.into(), item.into()).into()
}
