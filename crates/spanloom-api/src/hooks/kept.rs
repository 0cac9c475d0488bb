//! What is kept of the items for the outputs: nothing, copies, or what an incremental reducer has made of them.

use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::chunks::{LIST_BYTES, SHORT_LIST_BYTES};
use super::failure::Failure;
use crate::reducer::Reducer;

/// What is kept of the items. Code of the user's that panics over it ends it, and nothing else.
#[derive(Debug)]
pub struct Kept<K> {
    state: Option<K>,
    failure: Option<Failure>,
    list_bytes: usize,
}

impl Kept<()> {
    /// Nothing but their texts.
    pub fn texts() -> Self {
        Self { state: Some(()), failure: None, list_bytes: LIST_BYTES }
    }
}

impl<V> Kept<Vec<V>> {
    /// Copies.
    pub fn copies() -> Self {
        Self { state: Some(Vec::new()), failure: None, list_bytes: LIST_BYTES }
    }
}

impl<T, R> Kept<Reducing<T, R>> {
    /// What a reducer, or a function that is a value, makes of them.
    pub fn reducing<M, E: IntoReducer<T, M, Reducer = R>>(reducer: E) -> Self {
        let state = Reducing { reducer: reducer.into_reducer(), types: PhantomData };
        Self { state: Some(state), failure: None, list_bytes: E::LIST_BYTES }
    }
}

impl<K> Kept<K> {
    /// Takes note of an item.
    pub fn keep(&mut self, note: impl FnOnce(&mut K)) {
        let Some(state) = self.state.as_mut() else { return };
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| note(state))) {
            self.failure = Some(Failure::of_panic(&*payload));
            self.state = None;
        }
    }

    /// Makes the outputs of what was kept; of nothing that failed.
    pub(super) fn reduce(self, reduce: impl FnOnce(K) -> Reduced) -> Reduced {
        match (self.state, self.failure) {
            (Some(state), None) => catch_unwind(AssertUnwindSafe(|| reduce(state)))
                .unwrap_or_else(|payload| Reduced::Failed(Failure::of_panic(&*payload))),
            (_, failure) => failure.map_or(Reduced::List, Reduced::Failed),
        }
    }

    /// How long the list of the items' texts may get.
    pub(super) const fn list_bytes(&self) -> usize {
        self.list_bytes
    }

    /// Nothing, from which nothing follows.
    pub(super) const fn gone() -> Self {
        Self { state: None, failure: None, list_bytes: 0 }
    }
}

/// What is recorded of all items.
#[derive(Debug)]
pub enum Reduced {
    /// This; JSON null means no outputs.
    Outputs(spanloom_core::JsonText),
    /// The list of them.
    List,
    /// The list of them, because the reducer failed.
    Failed(Failure),
    /// Nothing.
    Nothing,
}

/// Records all items as their list.
pub fn list((): ()) -> Reduced {
    Reduced::List
}

/// Records nothing of all items.
pub fn nothing((): ()) -> Reduced {
    Reduced::Nothing
}

/// Calls a reducer, so that its parameter is known to be the items.
pub fn reduce<V, T>(reducer: impl FnOnce(Vec<V>) -> T, kept: Vec<V>) -> T {
    reducer(kept)
}

/// A reducer of items of type `T` at work.
#[derive(Debug)]
pub struct Reducing<T, R> {
    reducer: R,
    types: PhantomData<fn(&T)>,
}

impl<T, R: Reducer<T>> Reducing<T, R> {
    /// Takes note of an item.
    pub fn item(&mut self, item: &T) {
        self.reducer.item(item);
    }

    /// The outputs.
    pub fn finish(self) -> R::Output {
        self.reducer.finish()
    }
}

/// What may stand behind `output_reducer` as an expression. `M` keeps the two kinds apart.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot reduce items of type `{T}`",
    label = "not a reducer of `{T}`",
    note = "a reducer is a function or closure of a `Vec` of the items, `spanloom::fold(..)`, or a type that implements `spanloom::Reducer`"
)]
pub trait IntoReducer<T, M> {
    /// The reducer.
    type Reducer: Reducer<T>;
    /// How long the list beside it may get.
    const LIST_BYTES: usize;

    /// The reducer.
    fn into_reducer(self) -> Self::Reducer;
}

/// Marks what takes one item after the other.
#[derive(Debug)]
pub struct ByItem;

impl<T, R: Reducer<T>> IntoReducer<T, ByItem> for R {
    type Reducer = R;
    const LIST_BYTES: usize = SHORT_LIST_BYTES;

    fn into_reducer(self) -> R {
        self
    }
}

/// Marks what takes all of them.
#[derive(Debug)]
pub struct Whole<O>(PhantomData<fn() -> O>);

impl<T: Clone, O, F: FnOnce(Vec<T>) -> O> IntoReducer<T, Whole<O>> for F {
    type Reducer = Copies<T, F>;
    const LIST_BYTES: usize = LIST_BYTES;

    fn into_reducer(self) -> Copies<T, F> {
        Copies { items: Vec::new(), reduce: self }
    }
}

/// Copies of the items, for a function of all of them.
#[derive(Debug)]
pub struct Copies<T, F> {
    items: Vec<T>,
    reduce: F,
}

impl<T: Clone, O, F: FnOnce(Vec<T>) -> O> Reducer<T> for Copies<T, F> {
    type Output = O;

    fn item(&mut self, item: &T) {
        self.items.push(item.clone());
    }

    fn finish(self) -> O {
        (self.reduce)(self.items)
    }
}
