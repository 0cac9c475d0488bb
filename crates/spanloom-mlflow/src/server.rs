//! The routes of an MLflow server that are used here.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value as Json;
use spanloom_otlp::http::{Answer, HttpClient, basic};
use spanloom_otlp::message::ExportTraceServiceRequest;
use spanloom_otlp::{Address, to_bytes};

use crate::config::{Credentials, MlflowConfig};
use crate::error::{MlflowConfigError, ServerError};

/// An MLflow server.
#[derive(Debug)]
pub(crate) struct Server {
    address: Address,
    client: HttpClient,
    authorization: Option<String>,
}

impl Server {
    /// A server with these settings. Does no I/O.
    pub(crate) fn new(config: &MlflowConfig) -> Result<Self, MlflowConfigError> {
        let address = Address::parse(&config.uri, config.insecure)?;
        let stated = address.credentials().map(|(user, password)| basic(user, password));
        let authorization = match &config.credentials {
            Some(Credentials::Basic { user, password }) => Some(basic(user, password)),
            Some(Credentials::Bearer(token)) => Some(format!("Bearer {token}")),
            None => stated,
        };
        Ok(Self { client: HttpClient::new(&config.http)?, address, authorization })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The server's version.
    pub(crate) async fn version(&self) -> Result<String, ServerError> {
        const ROUTE: &str = "GET /version";
        let answer = self.call(ROUTE, self.request(Method::GET, "version")).await?;
        let version = String::from_utf8_lossy(&answer.body).trim().to_owned();
        if version.len() > 40 || !version.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(ServerError::Strange { route: ROUTE, what: format!("`{}`", answer.excerpt()) });
        }
        Ok(version)
    }

    /// An experiment by its name, as the server describes it; none when there is none.
    pub(crate) async fn experiment(&self, name: &str) -> Result<Option<Json>, ServerError> {
        const ROUTE: &str = "experiments/get-by-name";
        let mut url = self.address.join("api/2.0/mlflow/experiments/get-by-name");
        url.query_pairs_mut().append_pair("experiment_name", name);
        let request = self.authorized(self.client.request(Method::GET, url));
        match self.call(ROUTE, request).await {
            Ok(answer) => json(ROUTE, &answer).map(|body| Some(body["experiment"].clone())),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an experiment. Its id; none when one of that name has been made in the meantime.
    pub(crate) async fn create_experiment(&self, name: &str) -> Result<Option<String>, ServerError> {
        const ROUTE: &str = "experiments/create";
        // The kind makes the server's page open on traces.
        let body = serde_json::json!({
            "name": name,
            "tags": [{ "key": "mlflow.experimentKind", "value": "genai_development" }],
        });
        match self.post_json(ROUTE, "api/2.0/mlflow/experiments/create", &body).await {
            Ok(answer) => Ok(answer["experiment_id"].as_str().map(str::to_owned)),
            Err(error) if error.status() == Some(400) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends spans. False when the server has no such route.
    pub(crate) async fn post_spans(
        &self,
        experiment_id: &str,
        spans: &ExportTraceServiceRequest,
    ) -> Result<bool, ServerError> {
        let request = self
            .request(Method::POST, "v1/traces")
            .header(CONTENT_TYPE, "application/x-protobuf")
            .header("x-mlflow-experiment-id", experiment_id)
            .body(to_bytes(spans));
        match self.call("POST /v1/traces", request).await {
            Ok(_) => Ok(true),
            // The same status says "unknown experiment", in JSON; a route that is missing answers HTML.
            Err(error) if is_missing_route(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Stores a trace's info; gives what the server made of it.
    pub(crate) async fn store_info(&self, body: &Json) -> Result<Json, ServerError> {
        self.post_json("POST traces", "api/3.0/mlflow/traces", body).await
    }

    /// Stores an artifact below a location that the server named.
    pub(crate) async fn put_artifact(&self, location: &str, name: &str, content: String) -> Result<(), ServerError> {
        let Some(path) = location.strip_prefix("mlflow-artifacts:/") else {
            return Err(ServerError::ForeignArtifacts { location: location.to_owned() });
        };
        let path = format!("api/2.0/mlflow-artifacts/artifacts/{}/{name}", path.trim_matches('/'));
        let request = self.request(Method::PUT, &path).header(CONTENT_TYPE, "text/plain").body(content);
        self.call("PUT artifacts", request).await.map(drop)
    }

    async fn post_json(&self, route: &'static str, path: &str, body: &Json) -> Result<Json, ServerError> {
        let request = self.request(Method::POST, path).header(CONTENT_TYPE, "application/json").body(body.to_string());
        json(route, &self.call(route, request).await?)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.authorized(self.client.request(method, self.address.join(path)))
    }

    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    async fn call(&self, route: &'static str, request: reqwest::RequestBuilder) -> Result<Answer, ServerError> {
        let answer = self.client.send(request).await.map_err(|source| ServerError::Unanswered { route, source })?;
        if answer.is_success() { Ok(answer) } else { Err(ServerError::refused(route, &answer)) }
    }
}

fn json(route: &'static str, answer: &Answer) -> Result<Json, ServerError> {
    serde_json::from_slice(&answer.body)
        .map_err(|_| ServerError::Strange { route, what: format!("no JSON but `{}`", answer.excerpt()) })
}

fn is_missing_route(error: &ServerError) -> bool {
    match error {
        ServerError::Refused { status: 405 | 501, .. } => true,
        ServerError::Refused { status: 404, excerpt, .. } => !excerpt.contains("RESOURCE_DOES_NOT_EXIST"),
        _ => false,
    }
}
