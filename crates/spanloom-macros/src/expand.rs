//! The traced function.
//!
//! ```text
//! plain       start · details · run(body) · outcome
//! async       start · details · follow(body).await · outcome
//! future      start · details · run(body) → attached: outcome when it completes
//! items       later · details · build(body) → followed: starts at the first pull
//! async items start · details · follow(body).await → followed: one span until the last item
//! ```
//! *details* are attributes and inputs, *outcome* is outputs or the error.

mod future;
mod plain;
mod record;
mod stream;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Error, Result};

use crate::attr::Options;
use crate::function::Function;
use crate::returns::{self, Holder, Returned};

/// The traced function; on a wrong use the function as it was, and the error.
pub(crate) fn trace(options: TokenStream, item: TokenStream) -> TokenStream {
    expand(options, item.clone()).unwrap_or_else(|error| {
        let error = error.into_compile_error();
        quote!(#error #item)
    })
}

fn expand(options: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function: Function = syn::parse2(item)?;
    let options: Options = syn::parse2(options)?;
    let returned = Returned::of(&function.signature.output);
    refuse_reducer_without_items(&function, &options, returned)?;
    let body = body(&function, &options, returned)?;
    let Function { attributes, visibility, signature, .. } = &function;
    Ok(quote!(#(#attributes)* #visibility #signature { #body }))
}

fn body(function: &Function, options: &Options, returned: Returned) -> Result<TokenStream> {
    match returned {
        Returned::Items(items) => stream::body(function, options, items),
        Returned::Future(holder) if function.signature.asyncness.is_none() => {
            let rewritten = if function.is_from_async_trait() { future::async_trait(function, options)? } else { None };
            rewritten.map_or_else(|| future::body(function, options, holder), Ok)
        }
        Returned::Future(_) | Returned::Value | Returned::Never => plain::body(function, options, returned),
    }
}

/// An expression in the box that the return type asks for.
fn held(holder: Holder, value: &TokenStream) -> TokenStream {
    match holder {
        Holder::Bare => value.clone(),
        Holder::Boxed => quote!(::spanloom::__private::Box::new(#value)),
        Holder::Pinned => quote!(::spanloom::__private::Box::pin(#value)),
    }
}

/// What `made` gives, held to what an `impl Trait` says of it before anything is recorded: what is captured depends on
/// the type. `by` is the function that does, `name` what it settles.
fn settled(function: &Function, by: &str, name: &str, made: &TokenStream) -> TokenStream {
    let by = Ident::new(by, Span::call_site());
    match returns::given(&function.signature.output, name) {
        Some(given) => quote!(::spanloom::__private::#by::<#given, _>(#made)),
        None => made.clone(),
    }
}

fn refuse_reducer_without_items(function: &Function, options: &Options, returned: Returned) -> Result<()> {
    let Some(reducer) = &options.output_reducer else { return Ok(()) };
    if options.no_outputs {
        return Err(Error::new_spanned(reducer, "`output_reducer` has no use with `outputs = false`"));
    }
    let boxed = || function.is_from_async_trait() && returns::boxed_items(&function.signature.output).is_some();
    if matches!(returned, Returned::Items(_)) || boxed() {
        return Ok(());
    }
    let why = "`output_reducer` needs a return type that says `impl Iterator`, `impl Stream`, `Box<dyn Iterator>`, \
               `Pin<Box<dyn Stream>>` or `BoxStream`, or a `Result` of one of them";
    Err(Error::new_spanned(reducer, why))
}

#[cfg(test)]
mod tests;
