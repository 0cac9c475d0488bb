//! Settings of an MLflow server.

use std::fmt;
use std::time::Duration;

use spanloom_otlp::http::HttpConfig;

/// By which path the spans of a trace go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanPath {
    /// Over OTLP where the server offers it and the trace is not so large that the server would be busy with it for
    /// seconds; else as an artifact. The default.
    #[default]
    Auto,
    /// Over OTLP: spans are searchable and counted in the server's charts. A server takes some 600 a second.
    Otlp,
    /// As one artifact a trace: some 9,000 spans a second, but filters and charts of the server do not see them.
    Artifact,
}

/// Who asks. Never shown.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// A user and a password.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A token.
    Bearer(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(…)",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// Settings of an MLflow server.
#[derive(Clone, Debug)]
#[must_use = "settings do nothing until a sink is made of them"]
pub struct MlflowConfig {
    pub(crate) uri: String,
    pub(crate) name: Option<String>,
    pub(crate) insecure: bool,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) span_path: SpanPath,
    pub(crate) http: HttpConfig,
}

impl MlflowConfig {
    /// A server at this address, such as `http://127.0.0.1:5000`. User and password may stand in it.
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            name: None,
            insecure: false,
            credentials: None,
            span_path: SpanPath::default(),
            http: HttpConfig::default(),
        }
    }

    /// The name under which the store keeps this destination's cursor. Default `mlflow:` and the address.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Allows plain `http` to another machine. Default false.
    pub fn insecure(mut self, insecure: bool) -> Self {
        self.insecure = insecure;
        self
    }

    /// Who asks.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// By which path spans go. Default [`SpanPath::Auto`].
    pub fn span_path(mut self, path: SpanPath) -> Self {
        self.span_path = path;
        self
    }

    /// The longest time for one request. Default 30 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.http.timeout = timeout;
        self
    }

    /// Settings of TLS and requests.
    pub fn http(mut self, http: HttpConfig) -> Self {
        self.http = http;
        self
    }
}
