//! Functions of 0 to 8 arguments.

use serde::Serialize;
use spanloom_core::JsonText;

use crate::hooks::{Inputs, Receiver as _};

/// The arguments of a wrapped function, as a tuple of 0 to 8. Each is `Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded as the arguments of a call",
    note = "a wrapped function takes 0 to 8 arguments, each of which implements `serde::Serialize`"
)]
pub trait Arguments: Sized {
    /// A function of these: `Box<dyn Fn(A, B) -> R + Send + Sync>` for `(A, B)`.
    type Boxed<R>;

    /// From a function of the tuple.
    fn boxed<R>(f: impl Fn(Self) -> R + Send + Sync + 'static) -> Self::Boxed<R>;

    #[doc(hidden)]
    fn record(&self, names: &[JsonText], inputs: &mut Inputs);
}

/// A function or closure of these arguments: what may be wrapped.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be wrapped",
    note = "a function or closure is wanted that takes 0 to 8 arguments, is `Send + Sync + 'static`, and can be called more than once",
    note = "of a closure the types of its arguments must be written: `|path: String| ..`"
)]
pub trait Callable<A>: Send + Sync + 'static {
    /// What it gives.
    type Output;

    /// Calls it.
    fn call(&self, arguments: A) -> Self::Output;
}

macro_rules! arities {
    ($(($($place:literal $name:ident $argument:ident),*))*) => {$(
        impl<$($name: Serialize),*> Arguments for ($($name,)*) {
            type Boxed<R> = Box<dyn Fn($($name),*) -> R + Send + Sync>;

            fn boxed<R>(f: impl Fn(Self) -> R + Send + Sync + 'static) -> Self::Boxed<R> {
                Box::new(move |$($argument: $name),*| f(($($argument,)*)))
            }

            fn record(&self, _names: &[JsonText], _inputs: &mut Inputs) {
                let ($($argument,)*) = self;
                $(match _names.get($place) {
                    Some(name) => _inputs.quoted(name).plain($argument),
                    None => _inputs.named(concat!("arg", $place)).plain($argument),
                })*
            }
        }

        // `FnOnce` first: it tells the arity of a closure whose kind is not known yet.
        impl<F, R, $($name),*> Callable<($($name,)*)> for F
        where
            F: FnOnce($($name),*) -> R,
            F: Fn($($name),*) -> R + Send + Sync + 'static,
        {
            type Output = R;

            fn call(&self, ($($argument,)*): ($($name,)*)) -> R {
                self($($argument),*)
            }
        }
    )*};
}

arities! {
    ()
    (0 A a)
    (0 A a, 1 B b)
    (0 A a, 1 B b, 2 C c)
    (0 A a, 1 B b, 2 C c, 3 D d)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e, 5 G g)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e, 5 G g, 6 H h)
    (0 A a, 1 B b, 2 C c, 3 D d, 4 E e, 5 G g, 6 H h, 7 I i)
}
