//! Functions of every kind, methods, and functions of others.

use std::collections::BTreeMap;

use futures::executor::block_on;
use futures::stream::{self, Stream, StreamExt};
use serde_json::{Value, json};
use spanloom::{SpanType, Spanloom, Wrap};

use super::stage::{self, Replay};

pub(super) const REPLAYS: &[Replay] = &[
    ("20-function-wrapping", wrapped),
    ("27-supported-function-types", kinds),
    ("28-class-method", methods),
    ("29-wrapping-named-and-anonymous", named_and_anonymous),
    ("30-same-name-spans", same_names),
];

#[test]
fn functions_of_every_kind_are_recorded_as_by_mlflow() {
    stage::replay("golden::wrapping::functions_of_every_kind_are_recorded_as_by_mlflow", REPLAYS);
}

fn kinds(_: &Spanloom) -> Value {
    #[spanloom::trace]
    fn sync_fn(x: i64, y: i64, args: &[&str], flag: bool, kwargs: BTreeMap<&str, &str>) -> i64 {
        assert!(flag && args == ["extra"] && kwargs["k"] == "v");
        x + y
    }

    #[spanloom::trace]
    async fn async_fn(x: i64) -> i64 {
        x + 1
    }

    #[spanloom::trace]
    fn gen_fn(n: i64) -> impl Iterator<Item = i64> {
        0..n
    }

    #[spanloom::trace]
    fn agen_fn(n: i64) -> impl Stream<Item = i64> {
        stream::iter(0..n)
    }

    let sum = sync_fn(1, 5, &["extra"], true, BTreeMap::from([("k", "v")]));
    let next = block_on(async_fn(1));
    let items: Vec<_> = gen_fn(2).collect();
    let later: Vec<_> = block_on(agen_fn(2).collect());
    json!({"returns": [sum, next, items, later]})
}

struct Model;

#[expect(non_snake_case, reason = "the names are those of the recording")]
impl Model {
    #[spanloom::trace(span_type = SpanType::Llm)]
    fn generateText(&self, prompt: &str) -> &'static str {
        answer(prompt)
    }

    #[spanloom::trace(name = "call-local-llm", span_type = SpanType::Llm, attributes(model = "gpt-4o-mini"))]
    fn generateTextCustom(&self, prompt: &str) -> &'static str {
        answer(prompt)
    }

    #[spanloom::trace(span_type = SpanType::Llm)]
    fn generateTextDynamic(&self, prompt: &str) -> &'static str {
        spanloom::current_span().expect("the method is traced").set_attribute("model", "gpt-4o-mini");
        answer(prompt)
    }

    #[spanloom::trace(span_type = SpanType::Llm)]
    fn generateTextTagged(&self, prompt: &str) -> &'static str {
        spanloom::update_current_trace(|trace| trace.tag("fruit", "apple"));
        answer(prompt)
    }

    #[spanloom::trace]
    fn inner_class_method(x: i64) -> i64 {
        x
    }

    #[spanloom::trace]
    fn outer_class_method(x: i64) -> i64 {
        x
    }

    #[spanloom::trace]
    fn outer_static_method(x: i64) -> i64 {
        x
    }
}

fn answer(prompt: &str) -> &'static str {
    assert_eq!(prompt, "weather?");
    "It's sunny in Seattle!"
}

fn methods(_: &Spanloom) -> Value {
    Model.generateText("weather?");
    Model.generateTextCustom("weather?");
    Model.generateTextDynamic("weather?");
    Model.generateTextTagged("weather?");
    Model::inner_class_method(1);
    Model::outer_class_method(2);
    Model::outer_static_method(3);
    json!({})
}

fn same_names(loom: &Spanloom) -> Value {
    #[spanloom::trace]
    fn step(i: i64) -> i64 {
        i
    }

    #[spanloom::trace]
    fn pipeline() -> Vec<i64> {
        (0..3).map(step).collect()
    }

    pipeline();
    let id = spanloom::last_active_trace_id().expect("a root has ended");
    let trace = loom.get_trace_blocking(&id).expect("the store can be read").expect("it is there");
    // What MLflow calls intermediate outputs: those of all but the root, by names that are numbered where they repeat.
    let names = trace.display_names();
    let numbered = names.iter().zip(&trace.data.spans).filter(|(_, span)| span.parent_id.is_some());
    let outputs: BTreeMap<_, _> = numbered.map(|(name, span)| (name.as_ref(), span.outputs())).collect();
    json!({"span_names": trace.data.spans.iter().map(|span| &span.name).collect::<Vec<_>>(),
        "intermediate_outputs": outputs})
}

fn wrapped(_: &Spanloom) -> Value {
    fn pow(x: i64, y: i64) -> f64 {
        (x as f64).powi(i32::try_from(y).expect("it is small"))
    }

    fn factorial(n: u64) -> u64 {
        (1..=n).product()
    }

    fn invocation(x: i64, y: i64) -> u64 {
        let power = spanloom::wrap(Wrap::new("pow").args(["x", "y"]), pow)(x, y);
        spanloom::wrap(Wrap::new("factorial").args(["n"]), factorial)(power as u64)
    }

    json!({"return": invocation(4, 2).to_string()})
}

fn named_and_anonymous(_: &Spanloom) -> Value {
    #[expect(non_snake_case, reason = "the name is that of the recording")]
    async fn getWeather(city: &'static str) -> String {
        format!("The weather in {city} is sunny")
    }

    let settings = |name: &'static str| Wrap::new(name).args(["city"]);
    let named = spanloom::wrap_async(settings("get-weather"), getWeather);
    let anonymous =
        spanloom::wrap(settings("get-weather"), |city: &'static str| format!("The weather in {city} is sunny"));
    // A wrapper always has a name.
    let unnamed = spanloom::wrap(settings("<lambda>"), |city: &'static str| format!("The weather in {city} is sunny"));
    let city = "San Francisco";
    json!({"named": block_on(named(city)), "anonymous": anonymous(city), "unnamed": unnamed(city)})
}
