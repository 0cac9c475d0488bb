//! The annotated function, read no further than needed: its body stays a token tree.

use proc_macro2::{Delimiter, Group};
use syn::parse::{Parse, ParseStream};
use syn::{AttrStyle, Attribute, Error, GenericParam, Result, Signature, Visibility, braced, token};

/// A function with a body.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature: Signature =
            input.parse().map_err(|error| Error::new(error.span(), "`#[trace]` goes on a function"))?;
        if let Some(keyword) = &signature.constness {
            let why =
                "a `const fn` cannot be traced: it may run at compile time; put `#[trace]` on a `fn` that calls it";
            return Err(Error::new(keyword.span, why));
        }
        if !input.peek(token::Brace) {
            return Err(Error::new(signature.ident.span(), "`#[trace]` needs a function with a body"));
        }
        let content;
        let braces = braced!(content in input);
        attributes.extend(content.call(Attribute::parse_inner)?.into_iter().map(outer));
        let mut body = Group::new(Delimiter::Brace, content.parse()?);
        body.set_span(braces.span.join());
        Ok(Self { attributes, visibility, signature, body })
    }
}

/// What stands inside a function's braces about the function may stand before it as well, where it is out of the way.
fn outer(attribute: Attribute) -> Attribute {
    Attribute { style: AttrStyle::Outer, ..attribute }
}

impl Function {
    /// Whether `async_trait` has already turned this `async fn` into one that boxes a future.
    pub(crate) fn is_from_async_trait(&self) -> bool {
        self.signature
            .generics
            .params
            .iter()
            .any(|param| matches!(param, GenericParam::Lifetime(lifetime) if lifetime.lifetime.ident == "async_trait"))
    }
}
