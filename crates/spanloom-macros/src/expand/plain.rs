//! Functions and async functions that give a value.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{quote, quote_spanned};
use syn::Result;
use syn::spanned::Spanned as _;

use super::record::{Target, details, opening, outcome, own};
use crate::attr::Options;
use crate::function::Function;
use crate::returns::{self, Returned};

pub(super) fn body(function: &Function, options: &Options, returned: Returned) -> Result<TokenStream> {
    let call = own("call");
    let (opening, details) = (opening(function, options), details(function, options, Target::Call, true)?);
    let run = if function.signature.asyncness.is_some() {
        followed(&body_future(function))
    } else {
        let body = body_closure(function);
        quote!(::spanloom::__private::Call::run(&#call, #body))
    };
    let end = end(function, options, returned, &run);
    Ok(quote! {
        let #call = #opening.start();
        #details
        #end
    })
}

/// An expression that awaits a future within the call.
pub(super) fn followed(future: &TokenStream) -> TokenStream {
    let call = own("call");
    quote!(::spanloom::__private::Call::follow(&#call, #future).await)
}

/// The body as a closure that takes everything with it and says what it returns.
///
/// It stands where the body stands: of a closure from an expansion the compiler would not name the variables.
pub(super) fn body_closure(function: &Function) -> TokenStream {
    let body = &function.body;
    let start = quote_spanned!(body.span()=> move ||);
    let output = returns::annotation(&function.signature.output).map(|ty| quote!(-> #ty));
    quote!(#start #output #body)
}

/// The body as a future. An `async` block cannot say what it gives, a `return` that is never reached does.
pub(super) fn body_future(function: &Function) -> TokenStream {
    let output = &function.signature.output;
    let typed = returns::annotation(output)
        .map(|ty| quote_spanned!(output.span()=> if false { return ::spanloom::__private::unreached::<#ty>(); }));
    let body = begun_with(&typed.unwrap_or_default(), &function.body);
    let start = quote_spanned!(body.span()=> async move);
    quote!(#start #body)
}

/// The body with a statement before its first.
fn begun_with(first: &TokenStream, body: &Group) -> Group {
    let rest = body.stream();
    let mut begun = Group::new(Delimiter::Brace, quote!(#first #rest));
    begun.set_span(body.span());
    begun
}

/// The body's result, recorded and returned. Where the return type leaves something open, a `return` that is never reached
/// settles it before anything is recorded: what is captured depends on the type.
fn end(function: &Function, options: &Options, returned: Returned, run: &TokenStream) -> TokenStream {
    if returned == Returned::Never {
        return quote!(match #run {});
    }
    let value = own("returned");
    let settled = returns::is_opaque(&function.signature.output).then(|| quote!(if false { return #value; }));
    let outcome = outcome(options, &quote!(&#value));
    quote! {
        let #value = #run;
        #settled
        #outcome
        #value
    }
}
