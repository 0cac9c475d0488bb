//! Which variables the inputs of a span are made of.

use syn::ext::IdentExt as _;
use syn::{Attribute, Error, FnArg, Ident, Pat, Result, Signature};

use crate::attr::Options;

/// A variable that a parameter binds.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    /// The parameter's `cfg`s: the variable exists only where they hold.
    pub(crate) cfgs: Vec<Attribute>,
}

impl Input {
    /// The name under which it is recorded.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// The variables to record, in order; a receiver never is.
pub(crate) fn recorded(signature: &Signature, options: &Options) -> Result<Vec<Input>> {
    let mut inputs = Vec::new();
    for argument in &signature.inputs {
        if let FnArg::Typed(typed) = argument {
            let cfgs: Vec<_> = typed.attrs.iter().filter(|a| a.path().is_ident("cfg")).cloned().collect();
            let mut idents = Vec::new();
            collect(&typed.pat, &mut idents);
            inputs.extend(idents.into_iter().map(|ident| Input { ident, cfgs: cfgs.clone() }));
        }
    }
    for skipped in &options.skip {
        if skipped != "self" && !inputs.iter().any(|input| input.ident == *skipped) {
            return Err(no_such_parameter(skipped, &inputs));
        }
    }
    inputs.retain(|input| !options.skip_all && !options.skip.contains(&input.ident));
    Ok(inputs)
}

fn no_such_parameter(word: &Ident, inputs: &[Input]) -> Error {
    let names: Vec<String> = inputs.iter().map(|input| format!("`{}`", input.name())).collect();
    let known = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
    Error::new(word.span(), format!("the function has no parameter `{word}` to skip; {known}"))
}

fn collect(pattern: &Pat, idents: &mut Vec<Ident>) {
    match pattern {
        // A receiver in an expansion of another macro may be a typed parameter.
        Pat::Ident(binding) if binding.ident != "self" => idents.push(binding.ident.clone()),
        Pat::Reference(reference) => collect(&reference.pat, idents),
        Pat::Paren(inner) => collect(&inner.pat, idents),
        Pat::Type(typed) => collect(&typed.pat, idents),
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|element| collect(element, idents)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|element| collect(element, idents)),
        Pat::Slice(slice) => slice.elems.iter().for_each(|element| collect(element, idents)),
        Pat::Struct(fields) => fields.fields.iter().for_each(|field| collect(&field.pat, idents)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(signature: &str, options: &str, expected: &[&str]) {
        let signature = syn::parse_str(signature).expect("a signature");
        let options = syn::parse_str(options).expect("options");
        let inputs = recorded(&signature, &options).expect("inputs");
        assert_eq!(inputs.iter().map(Input::name).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_bound_variable_is_an_input_but_the_receiver() {
        check("fn f(&self, a: u8, mut b: u8, _: u8)", "", &["a", "b"]);
        check("fn f(self: Arc<Self>, (a, [b, ..]): (u8, [u8; 3]), &c: &u8)", "", &["a", "b", "c"]);
        check("fn f(Point { x, y: Y(z) }: Point, r#type: u8)", "", &["x", "z", "type"]);
    }

    #[test]
    fn skipped_parameters_are_left_out() {
        check("fn f(a: u8, b: u8)", "skip(a)", &["b"]);
        check("fn f(&self, a: u8)", "skip(self)", &["a"]);
        check("fn f(a: u8, b: u8)", "skip_all", &[]);
    }

    #[test]
    fn skipping_an_unknown_parameter_names_the_known_ones() {
        let signature = syn::parse_str("fn f(key: u8, q: u8)").expect("a signature");
        let options = syn::parse_str("skip(kye)").expect("options");
        let error = recorded(&signature, &options).err().expect("an error");
        assert_eq!(error.to_string(), "the function has no parameter `kye` to skip; it has `key`, `q`");
    }
}
