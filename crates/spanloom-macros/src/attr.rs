//! The options of `#[trace(...)]`.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprLit, Ident, Lit, LitBool, LitStr, Result, Token, parenthesized, token};

const OPTIONS: &str = "`name`, `span_type`, `attributes(..)`, `skip(..)`, `skip_all`, `inputs`, `outputs`, \
                       `output_reducer`, `log_level` (or `level`), `description`, `sampling_ratio`";

/// What the user asked for.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Expr>,
    pub(crate) span_type: Option<Expr>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) skip: Vec<Ident>,
    pub(crate) skip_all: bool,
    pub(crate) no_inputs: bool,
    pub(crate) no_outputs: bool,
    pub(crate) log_level: Option<Expr>,
    pub(crate) description: Option<Expr>,
    pub(crate) sampling_ratio: Option<Expr>,
    pub(crate) output_reducer: Option<Expr>,
}

/// One entry of `attributes(..)`.
pub(crate) struct Attribute {
    pub(crate) key: LitStr,
    pub(crate) value: Expr,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        let mut seen = Vec::<String>::new();
        while !input.is_empty() {
            let word = option_word(input)?;
            let text = if word == "level" { "log_level".to_owned() } else { word.to_string() };
            if seen.contains(&text) {
                return Err(Error::new(word.span(), format!("option `{text}` is given twice")));
            }
            options.parse_option(&word, input)?;
            seen.push(text);
            comma(&word, input)?;
        }
        Ok(options)
    }
}

impl Options {
    fn parse_option(&mut self, word: &Ident, input: ParseStream<'_>) -> Result<()> {
        match word.to_string().as_str() {
            "name" => self.name = Some(value(word, "\"..\"", input)?),
            "span_type" => self.span_type = Some(value(word, "SpanType::Llm", input)?),
            "log_level" | "level" => self.log_level = Some(level(value(word, "LogLevel::Warning", input)?)?),
            "description" => self.description = Some(value(word, "\"..\"", input)?),
            "output_reducer" => self.output_reducer = Some(value(word, "function_or_closure", input)?),
            "sampling_ratio" => self.sampling_ratio = Some(ratio(value(word, "0.1", input)?)?),
            "inputs" => self.no_inputs = !switch(word, input)?,
            "outputs" => self.no_outputs = !switch(word, input)?,
            "skip_all" => self.skip_all = true,
            "skip" => self.skip = list(word, "a, b", input, Ident::parse_any)?,
            "attributes" => {
                self.attributes = list(word, "key = value", input, Attribute::parse)?;
                refuse_repeated_keys(&self.attributes)?;
            }
            _ => return Err(unknown(word.span(), &word.to_string())),
        }
        Ok(())
    }
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let key = attribute_key(input)?;
        if key.value().is_empty() {
            return Err(Error::new(key.span(), "an attribute needs a key that is not empty"));
        }
        input.parse::<Token![=]>()?;
        Ok(Self { key, value: input.parse()? })
    }
}

/// `a.b` or `"a.b"`.
fn attribute_key(input: ParseStream<'_>) -> Result<LitStr> {
    if input.peek(LitStr) {
        return input.parse();
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected an attribute: `key = value`, `a.b = value` or `\"a.b\" = value`"));
    }
    let first = input.call(Ident::parse_any)?;
    let mut key = first.unraw().to_string();
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        key.push('.');
        key.push_str(&input.call(Ident::parse_any)?.unraw().to_string());
    }
    Ok(LitStr::new(&key, first.span()))
}

fn option_word(input: ParseStream<'_>) -> Result<Ident> {
    if input.peek(Ident::peek_any) {
        return input.call(Ident::parse_any);
    }
    let found = input.cursor().token_stream().into_iter().next();
    let span = found.as_ref().map_or_else(Span::call_site, proc_macro2::TokenTree::span);
    Err(unknown(span, &found.map(|token| token.to_string()).unwrap_or_default()))
}

fn unknown(span: Span, found: &str) -> Error {
    Error::new(span, format!("unknown option `{found}`; `#[trace]` accepts {OPTIONS}"))
}

fn value(word: &Ident, example: &str, input: ParseStream<'_>) -> Result<Expr> {
    if !input.peek(Token![=]) {
        return Err(Error::new(word.span(), format!("`{word}` takes a value: `{word} = {example}`")));
    }
    input.parse::<Token![=]>()?;
    input.parse()
}

fn switch(word: &Ident, input: ParseStream<'_>) -> Result<bool> {
    let value = value(word, "false", input)?;
    match value {
        Expr::Lit(ExprLit { lit: Lit::Bool(LitBool { value, .. }), .. }) => Ok(value),
        other => Err(Error::new_spanned(other, format!("`{word}` is `true` or `false`"))),
    }
}

/// Between two options.
fn comma(after: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    if after == "skip_all" && input.peek(Token![=]) {
        return Err(Error::new(after.span(), "`skip_all` takes no value: leave it out to record the inputs"));
    }
    if !input.peek(Token![,]) {
        return Err(input.error(format!("expected `,` between the options, after `{after}`")));
    }
    input.parse::<Token![,]>().map(drop)
}

fn list<T>(
    word: &Ident,
    example: &str,
    input: ParseStream<'_>,
    item: fn(ParseStream<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    if !input.peek(token::Paren) {
        return Err(Error::new(word.span(), format!("`{word}` takes a list: `{word}({example})`")));
    }
    let content;
    parenthesized!(content in input);
    let items = Punctuated::<T, Token![,]>::parse_terminated_with(&content, item)?;
    Ok(items.into_iter().collect())
}

fn level(value: Expr) -> Result<Expr> {
    match &value {
        Expr::Lit(literal) => Err(Error::new_spanned(
            literal,
            "a log level is one of `LogLevel::Debug`, `Info`, `Warning`, `Error`, `Critical`; `LogLevel` is `spanloom::LogLevel`",
        )),
        _ => Ok(value),
    }
}

fn ratio(value: Expr) -> Result<Expr> {
    let number = match &value {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse::<f64>()?,
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            let digits = number.base10_digits();
            if ["0", "1"].contains(&digits) {
                return Err(Error::new(number.span(), format!("`sampling_ratio` is an `f64`: write `{digits}.0`")));
            }
            -1.0
        }
        Expr::Unary(_) => -1.0,
        _ => return Ok(value),
    };
    if (0.0..=1.0).contains(&number) {
        return Ok(value);
    }
    Err(Error::new_spanned(value, "`sampling_ratio` is between 0.0 and 1.0"))
}

fn refuse_repeated_keys(attributes: &[Attribute]) -> Result<()> {
    for (index, attribute) in attributes.iter().enumerate() {
        let key = attribute.key.value();
        if attributes[..index].iter().any(|earlier| earlier.key.value() == key) {
            return Err(Error::new(attribute.key.span(), format!("attribute `{key}` is given twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[track_caller]
    fn refused(options: &str, expected: &str) {
        let error = syn::parse_str::<Options>(options).err().expect("an error");
        assert!(error.to_string().contains(expected), "`{error}` does not say `{expected}`");
    }

    #[test]
    fn every_option_is_read() {
        let all = r#"name = "n", span_type = SpanType::Llm, attributes(a = 1, b.type = x + 1, "c.d" = f(&y),),
            skip(key, r#type), skip_all, inputs = false, outputs = false, log_level = LogLevel::Error,
            description = concat!("a", "b"), sampling_ratio = 0.25, output_reducer = |v: Vec<String>| v.join(","),"#;
        let options = syn::parse_str::<Options>(all).expect("valid options");
        let keys: Vec<String> = options.attributes.iter().map(|attribute| attribute.key.value()).collect();
        assert_eq!(keys, ["a", "b.type", "c.d"]);
        assert_eq!(options.skip.len(), 2);
        assert!(options.skip_all && options.no_inputs && options.no_outputs);
        assert!(options.name.is_some() && options.span_type.is_some() && options.output_reducer.is_some());
        assert!(options.log_level.is_some() && options.description.is_some() && options.sampling_ratio.is_some());
    }

    #[test]
    fn a_wrong_option_is_refused_with_what_is_accepted() {
        refused("nmae = \"x\"", "unknown option `nmae`; `#[trace]` accepts `name`, `span_type`");
        refused("\"x\"", "unknown option `\"x\"`");
        refused("name = \"a\", name = \"b\"", "option `name` is given twice");
        refused("name", "`name` takes a value");
        refused("skip = a", "`skip` takes a list: `skip(a, b)`");
        refused("attributes(a = 1, a = 2)", "attribute `a` is given twice");
        refused("attributes(\"\" = 1)", "not empty");
        refused("attributes(1 = 1)", "expected an attribute");
        refused("inputs = 1", "`inputs` is `true` or `false`");
        refused("sampling_ratio = 1.5", "between 0.0 and 1.0");
        refused("sampling_ratio = -0.5", "between 0.0 and 1.0");
        refused("sampling_ratio = 1", "write `1.0`");
        refused("sampling_ratio = 2", "between 0.0 and 1.0");
        refused("log_level = \"warning\"", "one of `LogLevel::Debug`");
        refused("level = LogLevel::Error, log_level = LogLevel::Error", "option `log_level` is given twice");
        refused("skip_all = true", "`skip_all` takes no value");
        refused("name = \"a\" span_type = \"b\"", "expected `,` between the options, after `name`");
    }
}
