use spanloom::trace;

#[trace(output_reducer = |items: Vec<u8>| items.len())]
fn not_items() -> Vec<u8> {
    vec![]
}

#[trace(output_reducer = |items: Vec<u8>| items.len(), outputs = false)]
fn no_outputs() -> impl Iterator<Item = u8> {
    0..2
}

struct NotClone;

#[trace(output_reducer = count)]
fn not_clone() -> impl Iterator<Item = NotClone> {
    std::iter::once(NotClone)
}

fn count(items: Vec<NotClone>) -> usize {
    items.len()
}

#[trace(output_reducer = |items: Vec<String>| items.len())]
fn other_items() -> impl Iterator<Item = u8> {
    0..2
}

#[trace(output_reducer = 1 + 2)]
fn not_a_reducer() -> impl Iterator<Item = u8> {
    0..2
}

#[trace(output_reducer = spanloom::fold(0, |sum, item: &String| sum + item.len()))]
fn folds_other_items() -> impl Iterator<Item = u8> {
    0..2
}

fn main() {}
