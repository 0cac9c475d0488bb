//! Functions that give an iterator or a stream.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, Result};

use super::plain::{body_closure, body_future, followed};
use super::record::{Target, details, failure, json, opening, own, split};
use super::{held, settled};
use crate::attr::Options;
use crate::function::Function;
use crate::returns::{Items, Kind};

/// The span starts with the first pull, in an `async fn` when its future is first polled.
pub(super) fn body(function: &Function, options: &Options, items: Items) -> Result<TokenStream> {
    if function.signature.asyncness.is_some() {
        return statements(function, options, items, Target::Call, &followed(&body_future(function)));
    }
    let (opening, body) = (Target::Opening.variable(), body_closure(function));
    let made = quote!(::spanloom::__private::Opening::build(&mut #opening, #body));
    statements(function, options, items, Target::Opening, &made)
}

/// Statements that follow the items which the expression `made` gives.
pub(super) fn statements(
    function: &Function,
    options: &Options,
    items: Items,
    target: Target,
    made: &TokenStream,
) -> Result<TokenStream> {
    let (source, kept) = (target.variable(), own("kept"));
    let (opening, details) = (opening(function, options), details(function, options, target, false)?);
    let begin = match target {
        Target::Call => quote!(let #source = #opening.start();),
        Target::Opening => quote!(let mut #source = #opening;),
    };
    let (keep, followed) = (keeping(options), following(function, options, items, &source, made));
    Ok(quote! {
        #begin
        #details
        let #kept = #keep;
        #followed
    })
}

/// The items, followed; of a `Result` its `Ok`.
fn following(function: &Function, options: &Options, items: Items, source: &Ident, made: &TokenStream) -> TokenStream {
    let (inner, kept, error) = (own("items"), own("kept"), own("error"));
    let (settle, follow) = match items.kind {
        Kind::Iterator => ("iterator_of", "follow_iterator"),
        Kind::Stream => ("stream_of", "follow_stream"),
    };
    let (follow, observe, reduce) = (Ident::new(follow, Span::call_site()), observe(options), reduce(options));
    let followed = quote!(::spanloom::__private::#follow(#source, #inner, #kept, #observe, #reduce));
    let followed = held(items.holder, &followed);
    if !items.in_result {
        let made = settled(function, settle, "Item", made);
        return quote!(let #inner = #made; #followed);
    }
    let (settled, failure) = (settled(function, settle, "Item", &quote!(#inner)), failure(&quote!(&#error)));
    quote! {
        match #made {
            ::core::result::Result::Ok(#inner) => {
                let #inner = #settled;
                ::core::result::Result::Ok(#followed)
            }
            ::core::result::Result::Err(#error) => {
                {
                    use ::spanloom::__private::ladder::*;
                    ::spanloom::__private::refuse(#source, || #failure);
                }
                ::core::result::Result::Err(#error)
            }
        }
    }
}

/// How a reducer is written.
enum Reducer<'a> {
    /// A function of all items: a path or a closure, which is told its parameter where it is called.
    Function(&'a Expr),
    /// Any other expression: it is evaluated at the call, and its type says what it is.
    Value(&'a Expr),
}

impl<'a> Reducer<'a> {
    fn of(options: &'a Options) -> Option<Self> {
        options.output_reducer.as_ref().map(|reducer| match reducer {
            Expr::Closure(_) | Expr::Path(_) => Self::Function(reducer),
            _ => Self::Value(reducer),
        })
    }
}

/// What is kept of the items.
fn keeping(options: &Options) -> TokenStream {
    match Reducer::of(options) {
        None => quote!(::spanloom::__private::Kept::texts()),
        Some(Reducer::Function(_)) => quote!(::spanloom::__private::Kept::copies()),
        Some(Reducer::Value(reducer)) => {
            let reducing = quote_spanned!(reducer.span()=> ::spanloom::__private::Kept::reducing);
            quote!(#reducing(#reducer))
        }
    }
}

/// What is recorded of each item, and kept of it.
fn observe(options: &Options) -> TokenStream {
    let (kept, item, value, error) = (own("kept"), own("item"), own("value"), own("error"));
    let (parts, failure, json) = (split(&quote!(#item)), failure(&quote!(#error)), json(&quote!(#value)));
    let note = Reducer::of(options).map(|reducer| match reducer {
        Reducer::Function(reducer) => {
            let clone = quote_spanned!(reducer.span()=> ::core::clone::Clone::clone(#value));
            quote!(::spanloom::__private::Vec::push(#kept, #clone))
        }
        Reducer::Value(reducer) => {
            quote_spanned!(reducer.span()=> ::spanloom::__private::Reducing::item(#kept, #value))
        }
    });
    let keep = note.map(|note| quote!(::spanloom::__private::Kept::keep(#kept, |#kept| #note);));
    let chunk = if options.no_outputs {
        quote!(let _ = #value; ::spanloom::__private::Observed::Unrecorded)
    } else {
        quote!(::spanloom::__private::Observed::Chunk(#json))
    };
    quote! {
        |#kept: &mut ::spanloom::__private::Kept<_>, #item: &_| {
            use ::spanloom::__private::ladder::*;
            let _ = &#kept;
            match #parts {
                ::core::result::Result::Ok(#value) => { #keep #chunk }
                ::core::result::Result::Err(#error) => ::spanloom::__private::Observed::Failed(#failure),
            }
        }
    }
}

/// What is recorded of all of them.
fn reduce(options: &Options) -> TokenStream {
    let kept = own("kept");
    match Reducer::of(options) {
        None if options.no_outputs => quote!(::spanloom::__private::nothing),
        None => quote!(::spanloom::__private::list),
        Some(Reducer::Function(reducer)) => reduced(&quote!(::spanloom::__private::reduce(#reducer, #kept))),
        Some(Reducer::Value(_)) => reduced(&quote!(::spanloom::__private::Reducing::finish(#kept))),
    }
}

fn reduced(by: &TokenStream) -> TokenStream {
    let (kept, reduced, value, error) = (own("kept"), own("reduced"), own("value"), own("error"));
    let (parts, json, failure) = (split(&quote!(&#reduced)), json(&quote!(#value)), failure(&quote!(#error)));
    quote! {
        |#kept| {
            use ::spanloom::__private::ladder::*;
            let #reduced = #by;
            match #parts {
                ::core::result::Result::Ok(#value) => ::spanloom::__private::Reduced::Outputs(#json),
                ::core::result::Result::Err(#error) => ::spanloom::__private::Reduced::Failed(#failure),
            }
        }
    }
}
