//! What the body may not borrow without tracing it may not borrow with it, and the error is in the body.
use spanloom::trace;

#[trace]
fn dangling<'a>() -> &'a str {
    let text = String::from("gone");
    &text
}

#[trace]
fn moved_twice(text: String) -> (String, String) {
    (text, text)
}

#[trace]
fn not_mutable(items: Vec<u8>) {
    items.push(1);
}

fn main() {}
