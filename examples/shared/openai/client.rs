//! A client of the local server, without any tracing.

use std::fmt;
use std::io::{BufRead, BufReader};

use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

/// Asks for chat completions; requests and answers are OpenAI's JSON.
#[derive(Clone)]
pub struct Client {
    url: String,
    agent: Agent,
}

/// The server refused the request.
#[derive(Debug)]
pub struct BadRequestError(String);

impl fmt::Display for BadRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadRequestError {}

impl Client {
    /// A client of the server at this address.
    pub fn new(url: impl fmt::Display) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { url: format!("{url}/chat/completions"), agent }
    }

    /// One answer, whole.
    pub fn chat(&self, request: &Value) -> Result<Value, BadRequestError> {
        Ok(json_of(&mut self.post(request)?))
    }

    /// One answer in chunks, as they come. The request should say `"stream": true`.
    pub fn chat_stream(&self, request: &Value) -> Result<impl Iterator<Item = Value> + Send + use<>, BadRequestError> {
        let lines = BufReader::new(self.post(request)?.into_body().into_reader()).lines();
        let events = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("data: ").map(str::to_owned));
        Ok(events.map_while(|data| serde_json::from_str(&data).ok()))
    }

    fn post(&self, request: &Value) -> Result<Response<Body>, BadRequestError> {
        let post = self.agent.post(&self.url).header("content-type", "application/json");
        let mut response = post.send(request.to_string()).expect("the local server answers");
        match response.status().as_u16() {
            200 => Ok(response),
            code => {
                let message = json_of(&mut response)["error"]["message"].as_str().unwrap_or_default().to_owned();
                Err(BadRequestError(format!("Error code: {code} - {message}")))
            }
        }
    }
}

fn json_of(response: &mut Response<Body>) -> Value {
    serde_json::from_reader(response.body_mut().as_reader()).expect("the local server answers with JSON")
}
