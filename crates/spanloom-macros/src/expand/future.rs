//! Functions that are not `async` and give a future: those written by hand, and those that `async_trait` rewrote.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Block, Expr, ExprAsync, Result, Stmt};

use super::plain::{body_closure, followed};
use super::record::{Target, details, opening, outcome, own};
use super::{held, settled, stream};
use crate::attr::Options;
use crate::function::Function;
use crate::returns::{self, Holder};

/// The span starts with the call and ends when the future does.
pub(super) fn body(function: &Function, options: &Options, holder: Holder) -> Result<TokenStream> {
    let (call, future, value) = (own("call"), own("future"), own("returned"));
    let (opening, details) = (opening(function, options), details(function, options, Target::Call, true)?);
    let body = body_closure(function);
    let settled = settled(function, "future_of", "Output", &quote!(::spanloom::__private::Call::run(&#call, #body)));
    let outcome = outcome(options, &quote!(#value));
    let attached = held(
        holder,
        &quote! {
            ::spanloom::__private::Call::attach(
                #call,
                #future,
                |#call: &::spanloom::__private::Call, #value: &_| { #outcome }
            )
        },
    );
    Ok(quote! {
        let #call = #opening.start();
        #details
        let #future = #settled;
        #attached
    })
}

/// As an `async fn`: the span starts when the future is first polled. `None` when the body is not the one box that
/// `async_trait` writes.
pub(super) fn async_trait(function: &Function, options: &Options) -> Result<Option<TokenStream>> {
    let Ok(body) = syn::parse2::<Block>(function.body.to_token_stream()) else { return Ok(None) };
    let Some((pin, block)) = boxed_block(&body) else { return Ok(None) };
    if let Some((items, ty)) = returns::boxed_items(&function.signature.output) {
        let (value, made) = (own("returned"), followed(&block.to_token_stream()));
        let body = stream::statements(function, options, items, Target::Call, &made)?;
        // An `async` block cannot say what it gives, and what is followed must become the box that was promised.
        return Ok(Some(quote!(#pin(async move { let #value: #ty = { #body }; #value }))));
    }
    let (call, value) = (own("call"), own("returned"));
    let (opening, details) = (opening(function, options), details(function, options, Target::Call, true)?);
    let (run, outcome) = (followed(&block.to_token_stream()), outcome(options, &quote!(&#value)));
    Ok(Some(quote! {
        #pin(async move {
            let #call = #opening.start();
            #details
            let #value = #run;
            #outcome
            #value
        })
    }))
}

/// The parts of `{ Box::pin(async move { .. }) }`.
fn boxed_block(body: &Block) -> Option<(&Expr, &ExprAsync)> {
    let [Stmt::Expr(Expr::Call(pin), None)] = body.stmts.as_slice() else { return None };
    let Expr::Path(path) = &*pin.func else { return None };
    let is_pin = path.path.segments.last()?.ident == "pin";
    match pin.args.first()? {
        Expr::Async(block) if is_pin && pin.args.len() == 1 && block.capture.is_some() => Some((&pin.func, block)),
        _ => None,
    }
}
