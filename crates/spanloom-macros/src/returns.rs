//! What a function's return type says about when its work is done.

use syn::visit_mut::{VisitMut, visit_type_mut};
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Type, TypeParamBound};

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// A value: the work is done when it is there.
    Value,
    /// Nothing, ever.
    Never,
    /// A future that does the work.
    Future(Holder),
    /// Items that are the work.
    Items(Items),
}

/// An iterator or a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) kind: Kind,
    pub(crate) holder: Holder,
    /// It is the `Ok` of a `Result`.
    pub(crate) in_result: bool,
}

/// What gives the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Iterator,
    Stream,
}

/// How a future, iterator or stream is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// `impl Trait`.
    Bare,
    /// `Box<dyn Trait>`.
    Boxed,
    /// `Pin<Box<dyn Trait>>`.
    Pinned,
}

/// Further traits that a followed value keeps. With any other bound it is a value like any other.
const KEPT: [&str; 7] = ["Send", "Sync", "Clone", "Debug", "FusedIterator", "FusedStream", "Sized"];

impl Returned {
    pub(crate) fn of(output: &ReturnType) -> Self {
        match output {
            ReturnType::Default => Self::Value,
            ReturnType::Type(_, returned) => Self::of_type(plain(returned)),
        }
    }

    fn of_type(returned: &Type) -> Self {
        match returned {
            Type::Never(_) => Self::Never,
            Type::ImplTrait(bounds) => Self::of_bounds(bounds.bounds.iter(), Holder::Bare),
            Type::Path(path) => path.path.segments.last().map_or(Self::Value, Self::of_segment),
            _ => Self::Value,
        }
    }

    fn of_segment(segment: &PathSegment) -> Self {
        match segment.ident.to_string().as_str() {
            "BoxFuture" | "LocalBoxFuture" => Self::Future(Holder::Pinned),
            "BoxStream" | "LocalBoxStream" => Self::items(Kind::Stream, Holder::Pinned),
            "Result" => Self::of_result(segment),
            "Box" => Self::of_object(only_argument(segment), Holder::Boxed),
            "Pin" => match only_argument(segment) {
                Some(Type::Path(inner)) => match inner.path.segments.last() {
                    Some(inner) if inner.ident == "Box" => Self::of_object(only_argument(inner), Holder::Pinned),
                    _ => Self::Value,
                },
                _ => Self::Value,
            },
            _ => Self::Value,
        }
    }

    const fn items(kind: Kind, holder: Holder) -> Self {
        Self::Items(Items { kind, holder, in_result: false })
    }

    /// Also of an alias of `Result` with the error built in.
    fn of_result(segment: &PathSegment) -> Self {
        match first_argument(segment).map(Self::of_type) {
            Some(Self::Items(items)) if !items.in_result => Self::Items(Items { in_result: true, ..items }),
            _ => Self::Value,
        }
    }

    fn of_object(object: Option<&Type>, holder: Holder) -> Self {
        match object {
            Some(Type::TraitObject(object)) => Self::of_bounds(object.bounds.iter(), holder),
            _ => Self::Value,
        }
    }

    fn of_bounds<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>, holder: Holder) -> Self {
        let mut returned = Self::Value;
        let mut unpin = false;
        for bound in bounds {
            let TypeParamBound::Trait(bound) = bound else { continue };
            let Some(name) = bound.path.segments.last().map(|segment| segment.ident.to_string()) else { continue };
            match name.as_str() {
                "Future" => returned = Self::Future(holder),
                "Stream" => returned = Self::items(Kind::Stream, holder),
                "Iterator" | "DoubleEndedIterator" | "ExactSizeIterator" => {
                    returned = Self::items(Kind::Iterator, holder);
                }
                "Unpin" => unpin = true,
                kept if KEPT.contains(&kept) => {}
                _ => return Self::Value,
            }
        }
        returned.if_usable(unpin)
    }

    /// A box alone is a future or stream only if what it holds is `Unpin`, a pinned one is never an iterator.
    fn if_usable(self, unpin: bool) -> Self {
        match self {
            Self::Future(Holder::Boxed) if !unpin => Self::Value,
            Self::Items(Items { kind: Kind::Stream, holder: Holder::Boxed, .. }) if !unpin => Self::Value,
            Self::Items(Items { kind: Kind::Iterator, holder: Holder::Pinned, .. }) => Self::Value,
            usable => usable,
        }
    }
}

/// The return type as an annotation inside the function, where `impl Trait` cannot stand: `_` in its place.
/// `None` when nothing would be left to say.
pub(crate) fn annotation(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, returned) = output else { return Some(syn::parse_quote!(())) };
    let mut returned = plain(returned).clone();
    if let Type::Never(_) = returned {
        return Some(syn::parse_quote!(::core::convert::Infallible));
    }
    Erase::default().visit_type_mut(&mut returned);
    (!matches!(returned, Type::Infer(_))).then_some(returned)
}

/// Whether the return type says `impl Trait` anywhere: then an annotation leaves something open.
pub(crate) fn is_opaque(output: &ReturnType) -> bool {
    let ReturnType::Type(_, returned) = output else { return false };
    let mut erase = Erase::default();
    erase.visit_type_mut(&mut returned.as_ref().clone());
    erase.found
}

/// What an `impl Trait<Name = Type>` says of its `Item` or `Output`, as an annotation; also within a `Result`.
pub(crate) fn given(output: &ReturnType, name: &str) -> Option<Type> {
    let ReturnType::Type(_, returned) = output else { return None };
    let bounds = match plain(returned) {
        Type::ImplTrait(returned) => &returned.bounds,
        Type::Path(path) => match first_argument(path.path.segments.last()?) {
            Some(Type::ImplTrait(held)) => &held.bounds,
            _ => return None,
        },
        _ => return None,
    };
    let mut given = associated(bounds.iter(), name)?.clone();
    Erase::default().visit_type_mut(&mut given);
    Some(given)
}

/// What the future in the box that `async_trait` writes gives, when that is items: which, and the type.
pub(crate) fn boxed_items(output: &ReturnType) -> Option<(Items, &Type)> {
    let ReturnType::Type(_, returned) = output else { return None };
    let Type::Path(pin) = plain(returned) else { return None };
    let Some(Type::Path(holder)) = only_argument(pin.path.segments.last()?) else { return None };
    let Some(Type::TraitObject(object)) = only_argument(holder.path.segments.last()?) else { return None };
    let given = associated(object.bounds.iter(), "Output")?;
    match Returned::of_type(plain(given)) {
        Returned::Items(items) => Some((items, given)),
        _ => None,
    }
}

fn associated<'a>(mut bounds: impl Iterator<Item = &'a TypeParamBound>, name: &str) -> Option<&'a Type> {
    bounds.find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(given) if given.ident == name => Some(&given.ty),
            _ => None,
        })
    })
}

#[derive(Default)]
struct Erase {
    found: bool,
}

impl VisitMut for Erase {
    fn visit_type_mut(&mut self, node: &mut Type) {
        if matches!(node, Type::ImplTrait(_)) {
            self.found = true;
            *node = syn::parse_quote!(_);
        } else {
            visit_type_mut(self, node);
        }
    }
}

/// The type without the invisible groups that macros put around it.
fn plain(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        }
    }
}

fn only_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    if arguments.args.len() == 1 { first_argument(segment) } else { None }
}

fn first_argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(argument)) => Some(plain(argument)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Holder::{Bare, Boxed, Pinned};
    use super::Returned::{Future, Never, Value};
    use super::*;

    fn iterator(holder: Holder) -> Returned {
        Returned::items(Kind::Iterator, holder)
    }

    fn stream(holder: Holder) -> Returned {
        Returned::items(Kind::Stream, holder)
    }

    fn in_result(returned: Returned) -> Returned {
        let Returned::Items(items) = returned else { panic!("no items") };
        Returned::Items(Items { in_result: true, ..items })
    }

    #[track_caller]
    fn check(output: &str, expected: Returned) {
        assert_eq!(Returned::of(&syn::parse_str(output).expect("a return type")), expected, "{output}");
    }

    #[test]
    fn iterators_streams_and_futures_are_found_by_what_the_type_says() {
        check("-> impl Iterator<Item = u8> + Send + 'a", iterator(Bare));
        check("-> impl DoubleEndedIterator<Item = u8>", iterator(Bare));
        check("-> Box<dyn Iterator<Item = u8> + '_>", iterator(Boxed));
        check("-> impl futures::Stream<Item = u8> + use<'a, T>", stream(Bare));
        check("-> Pin<Box<dyn Stream<Item = u8> + Send>>", stream(Pinned));
        check("-> Box<dyn Stream<Item = u8> + Unpin>", stream(Boxed));
        check("-> Box<dyn Future<Output = u8> + Unpin>", Future(Boxed));
        check("-> BoxStream<'static, u8>", stream(Pinned));
        check("-> ::std::pin::Pin<Box<dyn ::core::future::Future<Output = u8> + Send + 'async_trait>>", Future(Pinned));
        check("-> BoxFuture<'_, u8>", Future(Pinned));
        check("-> impl Future<Output = u8>", Future(Bare));
    }

    #[test]
    fn items_are_found_in_a_result() {
        check("-> Result<impl Stream<Item = u8> + use<>, E>", in_result(stream(Bare)));
        check("-> std::io::Result<Box<dyn Iterator<Item = u8>>>", in_result(iterator(Boxed)));
        check("-> Result<BoxStream<'_, u8>>", in_result(stream(Pinned)));
        let boxed = "-> Pin<Box<dyn Future<Output = Result<BoxStream<'static, u8>, E>> + Send + 'async_trait>>";
        let output = syn::parse_str(boxed).expect("a return type");
        let found = boxed_items(&output).map(|(items, _)| Returned::Items(items));
        assert_eq!(found, Some(in_result(stream(Pinned))));
    }

    #[test]
    fn everything_else_is_a_value() {
        for output in [
            "",
            "-> u8",
            "-> Result<Vec<u8>, E>",
            "-> Result<impl Future<Output = u8>, E>",
            "-> Result<Result<impl Iterator<Item = u8>, E>, E>",
            "-> Result<Box<dyn Stream<Item = u8>>, E>",
            "-> Option<Box<dyn Iterator<Item = u8>>>",
            "-> impl Iterator<Item = u8> + MyTrait",
            "-> impl Fn(u8) -> u8",
            "-> Box<dyn Fn()>",
            "-> Pin<Box<u8>>",
            "-> std::vec::IntoIter<u8>",
            "-> Box<dyn Future<Output = u8>>",
            "-> Box<dyn Stream<Item = u8>>",
            "-> Pin<Box<dyn Iterator<Item = u8>>>",
        ] {
            check(output, Value);
        }
        check("-> !", Never);
    }

    #[test]
    fn the_annotation_has_no_impl_trait() {
        let written = |output| {
            annotation(&syn::parse_str(output).expect("a return type")).map(|ty| quote::quote!(#ty).to_string())
        };
        assert_eq!(written("-> impl Display"), None);
        assert_eq!(written("-> Result<impl Display, E>").as_deref(), Some("Result < _ , E >"));
        assert_eq!(written("").as_deref(), Some("()"));
    }

    #[test]
    fn what_a_followed_value_gives_is_read_from_its_bounds() {
        let written = |output, name| {
            given(&syn::parse_str(output).expect("a return type"), name).map(|ty| quote::quote!(#ty).to_string())
        };
        assert_eq!(written("-> impl Send + Iterator<Item = &u8>", "Item").as_deref(), Some("& u8"));
        assert_eq!(written("-> impl Future<Output = Option<impl Display>>", "Output").as_deref(), Some("Option < _ >"));
        assert_eq!(written("-> io::Result<impl Stream<Item = u8>>", "Item").as_deref(), Some("u8"));
        assert_eq!(written("-> Box<dyn Iterator<Item = u8>>", "Item"), None);
        assert_eq!(written("-> impl Iterator", "Item"), None);
    }
}
