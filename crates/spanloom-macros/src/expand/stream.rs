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
use crate::returns::Holder;

/// What gives the items.
#[derive(Clone, Copy)]
pub(super) enum Items {
    Iterator,
    Stream,
}

/// The span starts with the first pull, in an `async fn` when its future is first polled.
pub(super) fn body(function: &Function, options: &Options, items: Items, holder: Holder) -> Result<TokenStream> {
    let is_async = function.signature.asyncness.is_some();
    let target = if is_async { Target::Call } else { Target::Opening };
    let (source, inner) = (target.variable(), own("items"));
    let (opening, details) = (opening(function, options), details(function, options, target, false)?);
    let (begin, made) = if is_async {
        (quote!(let #source = #opening.start();), followed(&body_future(function)))
    } else {
        let body = body_closure(function);
        (quote!(let mut #source = #opening;), quote!(::spanloom::__private::build(#body)))
    };
    let (settle, follow) = match items {
        Items::Iterator => ("iterator_of", "follow_iterator"),
        Items::Stream => ("stream_of", "follow_stream"),
    };
    let made = settled(function, settle, "Item", &made);
    let (follow, observe, reduce) = (Ident::new(follow, Span::call_site()), observe(options), reduce(options));
    let followed = held(holder, &quote!(::spanloom::__private::#follow(#source, #inner, #observe, #reduce)));
    Ok(quote! {
        #begin
        #details
        let #inner = #made;
        #followed
    })
}

/// What is recorded of each item; a copy is kept when there is a reducer.
fn observe(options: &Options) -> TokenStream {
    let (kept, item, value, error) = (own("kept"), own("item"), own("value"), own("error"));
    let (parts, failure, json) = (split(&quote!(#item)), failure(&error), json(&quote!(#value)));
    let keep = options.output_reducer.as_ref().map(|reducer| {
        let clone = quote_spanned!(reducer.span()=> ::core::clone::Clone::clone(#value));
        quote!(::spanloom::__private::Vec::push(#kept, #clone);)
    });
    let chunk = if options.no_outputs {
        quote!(let _ = #value; ::spanloom::__private::Observed::Unrecorded)
    } else {
        quote!(::spanloom::__private::Observed::Chunk(#json))
    };
    quote! {
        |#kept: &mut ::spanloom::__private::Vec<_>, #item: &_| {
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
    match &options.output_reducer {
        Some(reducer) => reduced(reducer),
        None if options.no_outputs => quote!(::spanloom::__private::nothing),
        None => quote!(::spanloom::__private::list),
    }
}

fn reduced(reducer: &Expr) -> TokenStream {
    let (kept, reduced, value) = (own("kept"), own("reduced"), own("value"));
    let (parts, json) = (split(&quote!(&#reduced)), json(&quote!(#value)));
    quote! {
        |#kept: ::spanloom::__private::Vec<_>| {
            use ::spanloom::__private::ladder::*;
            let #reduced = ::spanloom::__private::reduce(#reducer, #kept);
            match #parts {
                ::core::result::Result::Ok(#value) => ::spanloom::__private::Reduced::Outputs(#json),
                ::core::result::Result::Err(_) => ::spanloom::__private::Reduced::List,
            }
        }
    }
}
