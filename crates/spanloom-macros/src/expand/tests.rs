use proc_macro2::TokenStream;
use quote::quote;

use super::trace;

/// Tokens as text, whatever their spacing.
fn text(tokens: TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

/// Compares token by token; what is expected is written with the names that the expansion uses.
#[track_caller]
fn check(options: TokenStream, item: TokenStream, expected: TokenStream) {
    assert_eq!(text(trace(options, item)), text(expected));
}

#[track_caller]
fn contains(options: TokenStream, item: TokenStream, expected: &[TokenStream]) {
    let expanded = text(trace(options, item));
    for part in expected.iter().cloned().map(text) {
        assert!(expanded.contains(&part), "`{part}` is not in `{expanded}`");
    }
}

#[track_caller]
fn refused(options: TokenStream, item: TokenStream, expected: &str) {
    let expanded = trace(options, item.clone()).to_string();
    assert!(expanded.contains("compile_error") && expanded.contains(expected), "{expanded}");
    assert!(expanded.contains(&item.to_string()), "the function must stay: {expanded}");
}

#[test]
fn a_function_runs_as_a_closure_between_its_inputs_and_its_outcome() {
    check(
        quote!(),
        quote! {
            #[inline]
            pub fn add(x: i64) -> i64 { x + 1 }
        },
        quote! {
            #[inline]
            pub fn add(x: i64) -> i64 {
                let call = ::spanloom::__private::Opening::new("add").start();
                if ::spanloom::__private::Call::is_recording(&call) {
                    use ::spanloom::__private::ladder::*;
                    ::spanloom::__private::Call::function_name(&call, "add");
                    let mut inputs = ::spanloom::__private::Inputs::new();
                    (&&&&&::spanloom::__private::Value(&x))
                        .spanloom_give(::spanloom::__private::Inputs::named(&mut inputs, "x"));
                    ::spanloom::__private::Call::inputs(&call, inputs);
                }
                let returned = ::spanloom::__private::Call::run(&call, move || -> i64 { x + 1 });
                if ::spanloom::__private::Call::is_recording(&call) {
                    use ::spanloom::__private::ladder::*;
                    match (&&::spanloom::__private::Returned(&returned)).spanloom_split() {
                        ::core::result::Result::Ok(value) => {
                            (&&&&&::spanloom::__private::Value(value))
                                .spanloom_give(::spanloom::__private::Call::outputs(&call));
                        }
                        ::core::result::Result::Err(error) => {
                            ::spanloom::__private::Call::failed(
                                &call,
                                &(&&&&::spanloom::__private::Raised(error)).spanloom_failure()
                            );
                        }
                    }
                }
                returned
            }
        },
    );
}

#[test]
fn an_async_function_is_followed_and_told_its_type() {
    contains(
        quote!(),
        quote! { async fn ask(&self, q: &str) -> Answer { self.send(q).await } },
        &[
            quote! { async fn ask(&self, q: &str) -> Answer },
            quote! {
                let returned = ::spanloom::__private::Call::follow(&call, async move {
                    if false { return ::spanloom::__private::unreached::<Answer>(); }
                    self.send(q).await
                }).await;
            },
        ],
    );
}

#[test]
fn a_function_that_never_returns_gives_nothing_to_record() {
    contains(
        quote!(),
        quote! { fn f() -> ! { loop {} } },
        &[quote! {
            match ::spanloom::__private::Call::run(&call, move || -> ::core::convert::Infallible { loop {} }) {}
        }],
    );
}

#[test]
fn a_returned_future_carries_its_outcome() {
    contains(
        quote!(outputs = false),
        quote! { fn f() -> BoxFuture<'static, u8> { g() } },
        &[
            quote! { let future = ::spanloom::__private::Call::run(&call, move || -> BoxFuture<'static, u8> { g() }); },
            quote! { |call: &::spanloom::__private::Call, returned: &_| },
        ],
    );
}

#[test]
fn what_async_trait_wrote_opens_its_span_inside_the_box() {
    let item = quote! {
        fn f<'life0, 'async_trait>(&'life0 self) -> Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>>
        where 'life0: 'async_trait {
            Box::pin(async move { let __self = self; 1 })
        }
    };
    contains(
        quote!(),
        item.clone(),
        &[quote! {
            let returned = ::spanloom::__private::Call::follow(&call, async move { let __self = self; 1 }).await;
        }],
    );
    assert!(text(trace(quote!(), item)).contains("{Box::pin(asyncmove{letcall="));
}

#[test]
fn items_are_followed_from_the_first_pull() {
    contains(
        quote!(output_reducer = join, attributes(n = n)),
        quote! { fn f(n: u8) -> Box<dyn Iterator<Item = u8>> { g(n) } },
        &[
            quote! { let mut opening = ::spanloom::__private::Opening::new("f"); },
            quote! {
                (&&&&&::spanloom::__private::Value(&(n)))
                    .spanloom_give(::spanloom::__private::Opening::attribute(&mut opening, "n"));
            },
            quote! {
                let kept = ::spanloom::__private::Kept::copies();
                let items = ::spanloom::__private::Opening::build(
                    &mut opening,
                    move || -> Box<dyn Iterator<Item = u8>> { g(n) }
                );
                ::spanloom::__private::Box::new
            },
            quote! {
                ::spanloom::__private::Kept::keep(
                    kept,
                    |kept| ::spanloom::__private::Vec::push(kept, ::core::clone::Clone::clone(value))
                );
            },
            quote! { let reduced = ::spanloom::__private::reduce(join, kept); },
        ],
    );
}

#[test]
fn items_of_an_async_function_belong_to_its_call() {
    contains(
        quote!(),
        quote! { async fn f() -> impl Stream<Item = u8> { g() } },
        &[quote! {
            let items = ::spanloom::__private::stream_of::<u8, _>(
                ::spanloom::__private::Call::follow(&call, async move { g() }).await
            );
            ::spanloom::__private::follow_stream
        }],
    );
}

#[test]
fn a_reducer_that_is_a_value_is_made_at_the_call_and_takes_each_item() {
    contains(
        quote!(output_reducer = fold(0, add)),
        quote! { fn f() -> impl Iterator<Item = u8> { g() } },
        &[
            quote! { let kept = ::spanloom::__private::Kept::reducing(fold(0, add)); },
            quote! {
                ::spanloom::__private::Kept::keep(kept, |kept| ::spanloom::__private::Reducing::item(kept, value));
            },
            quote! { let reduced = ::spanloom::__private::Reducing::finish(kept); },
        ],
    );
}

#[test]
fn items_in_a_result_are_followed_and_its_error_is_the_call_s() {
    contains(
        quote!(),
        quote! { fn f() -> Result<impl Iterator<Item = u8>, E> { g() } },
        &[
            quote! { match ::spanloom::__private::Opening::build(&mut opening, move || -> Result<_, E> { g() }) },
            quote! {
                let items = ::spanloom::__private::iterator_of::<u8, _>(items);
                ::core::result::Result::Ok
            },
            quote! {
                ::core::result::Result::Err(error) => {
                    {
                        use ::spanloom::__private::ladder::*;
                        ::spanloom::__private::refuse(
                            opening,
                            || (&&&&::spanloom::__private::Raised(&error)).spanloom_failure()
                        );
                    }
                    ::core::result::Result::Err(error)
                }
            },
        ],
    );
}

#[test]
fn items_of_what_async_trait_wrote_are_followed_in_its_box() {
    let item = quote! {
        fn f<'async_trait>() -> Pin<Box<dyn Future<Output = BoxStream<'static, u8>> + Send + 'async_trait>> {
            Box::pin(async move { g() })
        }
    };
    contains(
        quote!(output_reducer = sum),
        item,
        &[quote! {
            let items = ::spanloom::__private::Call::follow(&call, async move { g() }).await;
            ::spanloom::__private::Box::pin
        }],
    );
}

#[test]
fn options_reach_the_span() {
    contains(
        quote!(
            name = "n",
            span_type = SpanType::Llm,
            sampling_ratio = 0.5,
            description = "d",
            log_level = LogLevel::Error
        ),
        quote! { fn r#type() {} },
        &[
            quote! {
                ::spanloom::__private::Opening::new("n").span_type(SpanType::Llm).sampling_ratio(0.5).start();
            },
            quote! {
                ::spanloom::__private::Call::description(&call, "d");
                ::spanloom::__private::Call::log_level(&call, LogLevel::Error);
                ::spanloom::__private::Call::function_name(&call, "type");
            },
        ],
    );
}

#[test]
fn what_the_return_type_leaves_open_is_settled_before_it_is_recorded() {
    contains(
        quote!(),
        quote! { fn f() -> impl Display { g() } },
        &[quote! {
            let returned = ::spanloom::__private::Call::run(&call, move || { g() });
            if false { return returned; }
        }],
    );
    contains(
        quote!(),
        quote! { fn f() -> impl Future<Output = u8> { g() } },
        &[quote! {
            let future = ::spanloom::__private::future_of::<u8, _>(::spanloom::__private::Call::run(&call, move || { g() }));
        }],
    );
}

#[test]
fn conditional_parameters_are_captured_under_their_condition() {
    contains(
        quote!(),
        quote! { fn f(#[cfg(unix)] x: u8) {} },
        &[quote! {
            #[cfg(unix)]
            (&&&&&::spanloom::__private::Value(&x))
        }],
    );
}

#[test]
fn inner_attributes_move_out_of_the_body() {
    contains(
        quote!(),
        quote! { fn f() { #![expect(unused)] g() } },
        &[quote! { #[expect(unused)] fn f() }, quote! { move || -> () { g() } }],
    );
}

#[test]
fn what_cannot_be_traced_stays_and_says_why() {
    refused(quote!(), quote! { const fn f() {} }, "a `const fn` cannot be traced");
    refused(quote!(), quote! { struct S; }, "goes on a function");
    refused(quote!(), quote! { fn f(); }, "needs a function with a body");
    refused(quote!(output_reducer = g), quote! { fn f() -> Vec<u8> { g() } }, "`output_reducer` needs a return type");
    refused(
        quote!(output_reducer = g, outputs = false),
        quote! { fn f() -> impl Iterator<Item = u8> { g() } },
        "no use with `outputs = false`",
    );
}
