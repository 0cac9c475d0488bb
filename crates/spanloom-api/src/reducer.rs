//! What makes one value of the items of an iterator or a stream, while they come.

use std::fmt;
use std::marker::PhantomData;

/// Makes the outputs of a traced iterator or stream out of its items, one after the other, without keeping them.
///
/// A value of such a type stands behind `output_reducer` of `#[trace]`; [`fold`] gives one for a closure. It sees each item by
/// reference, so items need not be `Clone`; of `Result` items it sees the `Ok` values.
///
/// ```
/// /// The share of lines that are not empty.
/// #[derive(Default)]
/// struct Filled {
///     lines: u32,
///     filled: u32,
/// }
///
/// impl spanloom_api::Reducer<String> for Filled {
///     type Output = f64;
///
///     fn item(&mut self, line: &String) {
///         self.lines += 1;
///         self.filled += u32::from(!line.is_empty());
///     }
///
///     fn finish(self) -> f64 {
///         f64::from(self.filled) / f64::from(self.lines.max(1))
///     }
/// }
/// ```
pub trait Reducer<T> {
    /// What is recorded as outputs. `None` (JSON null) means that there are none.
    type Output;

    /// Takes note of an item.
    fn item(&mut self, item: &T);

    /// The outputs. Not called when the items end with an error, or are not asked for to the end.
    fn finish(self) -> Self::Output;
}

/// A [`Reducer`] that folds each item into a value, beginning with `init`. The closure says which items it takes.
///
/// ```
/// # use spanloom_api::Reducer as _;
/// let mut characters = spanloom_api::fold(0, |sum, part: &String| sum + part.chars().count());
/// characters.item(&"née".to_owned());
/// assert_eq!(characters.finish(), 3);
/// ```
pub fn fold<A, T, F>(init: A, step: F) -> Fold<A, T, F>
where
    F: FnMut(A, &T) -> A,
{
    Fold { value: Some(init), step, items: PhantomData }
}

/// What [`fold`] gives.
pub struct Fold<A, T, F> {
    /// `None` after a step that panicked.
    value: Option<A>,
    step: F,
    items: PhantomData<fn(&T)>,
}

impl<A, T, F: FnMut(A, &T) -> A> Fold<A, T, F> {
    /// Makes the outputs of what was folded: `fold((0, 0), …).then(|(sum, count)| sum / count)`.
    pub fn then<B, G: FnOnce(A) -> B>(self, finish: G) -> Then<Self, G> {
        Then { reducer: self, finish }
    }
}

impl<A, T, F: FnMut(A, &T) -> A> Reducer<T> for Fold<A, T, F> {
    type Output = A;

    fn item(&mut self, item: &T) {
        if let Some(value) = self.value.take() {
            self.value = Some((self.step)(value, item));
        }
    }

    /// # Panics
    /// When a step has panicked before.
    fn finish(self) -> A {
        self.value.expect("no step has panicked")
    }
}

/// What [`Fold::then`] gives.
pub struct Then<R, G> {
    reducer: R,
    finish: G,
}

impl<T, B, R: Reducer<T>, G: FnOnce(R::Output) -> B> Reducer<T> for Then<R, G> {
    type Output = B;

    fn item(&mut self, item: &T) {
        self.reducer.item(item);
    }

    fn finish(self) -> B {
        (self.finish)(self.reducer.finish())
    }
}

impl<A: fmt::Debug, T, F> fmt::Debug for Fold<A, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fold").field("value", &self.value).finish_non_exhaustive()
    }
}

impl<R: fmt::Debug, G> fmt::Debug for Then<R, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then").field("reducer", &self.reducer).finish_non_exhaustive()
    }
}
