//! Every option.
#![deny(warnings)]

use spanloom::{LogLevel, SpanType, trace};

const NAME: &str = "named elsewhere";

struct Secret;

struct Request {
    model: String,
}

#[trace(
    name = "call-local-llm",
    span_type = SpanType::Llm,
    attributes(model = "gpt-4o-mini", gen_ai.request.type = request.model, "a b" = f64::from(n) / 2.0, secret = &key,),
    skip(key),
    log_level = LogLevel::Warning,
    description = "asks the model",
    sampling_ratio = 0.1,
)]
fn call(request: Request, key: Secret, n: u8) -> String {
    drop(key);
    request.model + &n.to_string()
}

#[trace(name = NAME, span_type = "func", skip_all)]
fn skipped(_key: Secret) {}

#[trace(name = format!("ask {}", request.model), inputs = false, outputs = false)]
async fn quiet(request: &Request) -> &str {
    &request.model
}

#[trace(inputs = true, outputs = true, span_type = SpanType::from(kind.to_owned()))]
fn typed(kind: &str) -> usize {
    kind.len()
}

#[trace(level = spanloom::LogLevel::Critical)]
fn short_for_log_level() {}

impl Request {
    #[trace(skip(self), attributes(model = self.model))]
    fn consume(self) -> String {
        self.model
    }
}

fn main() {
    let request = |model: &str| Request { model: model.into() };
    assert_eq!(call(request("m"), Secret, 3), "m3");
    skipped(Secret);
    short_for_log_level();
    assert_eq!(futures::executor::block_on(quiet(&request("m"))), "m");
    assert_eq!(typed("kind"), 4);
    assert_eq!(request("m").consume(), "m");
}
