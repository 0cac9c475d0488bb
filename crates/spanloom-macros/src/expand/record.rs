//! What is written about a call: how its span opens, what goes in, what comes out.
//!
//! Methods are called by their path: a trait of the user's that is implemented for every type cannot come between.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::{LitStr, Result};

use crate::attr::Options;
use crate::function::Function;
use crate::inputs;

/// What the details of a call are written to.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// The span has started.
    Call,
    /// It will, later. What is written then is kept, and the function's name is not: MLflow has none on streams.
    Opening,
}

impl Target {
    /// The variable that holds it.
    pub(super) fn variable(self) -> Ident {
        match self {
            Self::Call => own("call"),
            Self::Opening => own("opening"),
        }
    }

    fn method(self, name: &str, argument: Option<&TokenStream>) -> TokenStream {
        let (variable, name) = (self.variable(), Ident::new(name, Span::call_site()));
        let argument = argument.into_iter();
        match self {
            Self::Call => quote!(::spanloom::__private::Call::#name(&#variable #(, #argument)*)),
            Self::Opening => quote!(::spanloom::__private::Opening::#name(&mut #variable #(, #argument)*)),
        }
    }
}

/// A variable of the expansion, which the body cannot see.
pub(super) fn own(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// An expression for how the span opens.
pub(super) fn opening(function: &Function, options: &Options) -> TokenStream {
    let own_name = function_name(function);
    let name = options.name.as_ref().map_or_else(|| quote!(#own_name), |name| quote!(#name));
    let span_type = options.span_type.iter();
    let ratio = options.sampling_ratio.iter();
    quote! {
        ::spanloom::__private::Opening::new(#name)
            #(.span_type(#span_type))*
            #(.sampling_ratio(#ratio))*
    }
}

/// Statements that write what is known when the call begins.
pub(super) fn details(function: &Function, options: &Options, target: Target, with_name: bool) -> Result<TokenStream> {
    let is_recording = target.method("is_recording", None);
    let attributes = options.attributes.iter().map(|attribute| {
        let (key, value) = (&attribute.key, &attribute.value);
        give(&quote!(&(#value)), &target.method("attribute", Some(&quote!(#key))))
    });
    let set = |name, value: &TokenStream| target.method(name, Some(value));
    let description = options.description.iter().map(|text| set("description", &quote!(#text)));
    let level = options.log_level.iter().map(|level| set("log_level", &quote!(#level)));
    let name = with_name.then(|| function_name(function)).map(|name| set("function_name", &quote!(#name)));
    let name = name.into_iter();
    let inputs = inputs(function, options, target)?;
    Ok(quote! {
        if #is_recording {
            use ::spanloom::__private::ladder::*;
            #(#attributes;)*
            #(#description;)*
            #(#level;)*
            #(#name;)*
            #inputs
        }
    })
}

fn inputs(function: &Function, options: &Options, target: Target) -> Result<TokenStream> {
    let inputs = inputs::recorded(&function.signature, options)?;
    if options.no_inputs {
        return Ok(TokenStream::new());
    }
    let all = own("inputs");
    let entries = inputs.iter().map(|input| {
        let (ident, cfgs, name) = (&input.ident, &input.cfgs, input.name());
        let give = give(&quote!(&#ident), &quote!(::spanloom::__private::Inputs::named(&mut #all, #name)));
        quote!(#(#cfgs)* #give;)
    });
    let written = target.method("inputs", Some(&quote!(#all)));
    Ok(quote! {
        let mut #all = ::spanloom::__private::Inputs::new();
        #(#entries)*
        #written;
    })
}

/// Statements that write what came of the call, given a reference to what it returned.
pub(super) fn outcome(options: &Options, returned: &TokenStream) -> TokenStream {
    let (value, error) = (own("value"), own("error"));
    let call = Target::Call;
    let (is_recording, outputs) = (call.method("is_recording", None), call.method("outputs", None));
    let written = if options.no_outputs { quote!(let _ = #value) } else { give(&quote!(#value), &outputs) };
    let failure = failure(&quote!(#error));
    let failed = call.method("failed", Some(&quote!(&#failure)));
    let parts = split(returned);
    quote! {
        if #is_recording {
            use ::spanloom::__private::ladder::*;
            match #parts {
                ::core::result::Result::Ok(#value) => { #written; }
                ::core::result::Result::Err(#error) => { #failed; }
            }
        }
    }
}

/// Gives what a reference points to, as JSON, to a receiver. Where it stands, the ladder's traits are in scope.
pub(super) fn give(reference: &TokenStream, receiver: &TokenStream) -> TokenStream {
    quote!((&&&&&::spanloom::__private::Value(#reference)).spanloom_give(#receiver))
}

/// The JSON text of what a reference points to. Where it stands, the ladder's traits are in scope.
pub(super) fn json(reference: &TokenStream) -> TokenStream {
    let text = own("text");
    let give = give(reference, &quote!(#text));
    quote!(::spanloom::__private::json(|#text| #give))
}

/// The value or the error of what a reference points to. Where it stands, the ladder's traits are in scope.
pub(super) fn split(reference: &TokenStream) -> TokenStream {
    quote!((&&::spanloom::__private::Returned(#reference)).spanloom_split())
}

/// What a reference to an error says. Where it stands, the ladder's traits are in scope.
pub(super) fn failure(error: &TokenStream) -> TokenStream {
    quote!((&&&&::spanloom::__private::Raised(#error)).spanloom_failure())
}

fn function_name(function: &Function) -> LitStr {
    let ident = &function.signature.ident;
    LitStr::new(&ident.unraw().to_string(), ident.span())
}
