//! Requests to a destination: bounded in time and in what is read, never redirected.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect;

/// The longest answer that is read; what follows is not waited for.
pub const ANSWER_LIMIT: usize = 1 << 20;
/// A connection that rested longer is not used again: uvicorn, which serves MLflow, closes them after 5 s.
const IDLE: Duration = Duration::from_secs(4);
/// The longest that a server's `Retry-After` is heeded.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(600);

/// How a destination is reached.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HttpConfig {
    /// The longest time for one request and its answer. Default 30 s.
    pub timeout: Duration,
    /// Headers of every request. Their values are never shown.
    pub headers: Vec<(String, String)>,
    /// Certificates that are trusted instead of the system's, as PEM.
    pub certificates_pem: Option<Vec<u8>>,
    /// The client's own certificate and key, as one PEM.
    pub identity_pem: Option<Vec<u8>>,
    /// Takes any certificate. For tests.
    pub accept_any_certificate: bool,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            headers: Vec::new(),
            certificates_pem: None,
            identity_pem: None,
            accept_any_certificate: false,
        }
    }
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpConfigError {
    /// A header cannot be sent.
    #[error("`{name}` is no header that can be sent, or its value is none")]
    Header {
        /// Its name; the value is a secret.
        name: String,
    },
    /// Certificates or the TLS library could not be used.
    #[error("the TLS settings cannot be used: {what}")]
    Tls {
        /// What was found.
        what: String,
    },
}

/// What a destination answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long it asks to be left alone, at most ten minutes.
    pub retry_after: Option<Duration>,
    /// The start of the body, at most [`ANSWER_LIMIT`] bytes.
    pub body: Vec<u8>,
    /// Whether the body was longer.
    pub cut: bool,
}

impl Answer {
    /// Whether the status is one of success.
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The start of the body as one line, for messages.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        line.chars().filter(|c| !c.is_control()).take(200).collect()
    }
}

/// A request that got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No answer in time.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// No connection, or it broke.
    #[error("no answer: {0}")]
    Failed(String),
}

/// A client of one destination.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    timeout: Duration,
}

impl HttpClient {
    /// A client with these settings. Does no I/O.
    ///
    /// # Errors
    /// When a header or a certificate cannot be used.
    pub fn new(config: &HttpConfig) -> Result<Self, HttpConfigError> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(config)?)
            .redirect(redirect::Policy::none())
            .default_headers(headers(&config.headers)?)
            .user_agent(concat!("spanloom/", env!("CARGO_PKG_VERSION")))
            .pool_idle_timeout(IDLE)
            .connect_timeout(config.timeout.min(Duration::from_secs(10)))
            .http1_only()
            .build();
        let client = client.map_err(|error| HttpConfigError::Tls { what: chain(&error) })?;
        Ok(Self { client, timeout: config.timeout })
    }

    /// The client below.
    pub fn request(&self, method: reqwest::Method, url: url::Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads the answer. One that fails on a connection that had rested is sent once more.
    ///
    /// # Errors
    /// When there is no answer in time, or none at all.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, HttpError> {
        let again = request.try_clone();
        match self.send_once(request).await {
            Err(HttpError::Failed(_)) if again.is_some() => {
                // The server may have closed it just then; all that is sent here may be sent twice.
                match again {
                    Some(request) => self.send_once(request).await,
                    None => Err(HttpError::Failed("the request cannot be repeated".to_owned())),
                }
            }
            answered => answered,
        }
    }

    async fn send_once(&self, request: reqwest::RequestBuilder) -> Result<Answer, HttpError> {
        let failed = |error: reqwest::Error| match error.is_timeout() {
            true => HttpError::TimedOut(self.timeout),
            false => HttpError::Failed(chain(&error.without_url())),
        };
        let mut response = request.timeout(self.timeout).send().await.map_err(failed)?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            let room = ANSWER_LIMIT - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return Ok(Answer { status, retry_after, body, cut: true });
            }
        }
        Ok(Answer { status, retry_after, body, cut: false })
    }
}

fn headers(of: &[(String, String)]) -> Result<HeaderMap, HttpConfigError> {
    let mut headers = HeaderMap::new();
    for (name, value) in of {
        let unusable = || HttpConfigError::Header { name: name.clone() };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    Ok(headers)
}

fn tls(config: &HttpConfig) -> Result<rustls::ClientConfig, HttpConfigError> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    use rustls_platform_verifier::BuilderVerifierExt;

    let unusable = |what: String| HttpConfigError::Tls { what };
    // Given by name: the process's default provider is the host's business.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?;
    let certificates = |pem: &[u8]| {
        CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(|error| unusable(error.to_string()))
    };
    let verified = if config.accept_any_certificate {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(crate::any_certificate::AnyCertificate(provider)))
    } else if let Some(pem) = &config.certificates_pem {
        let mut roots = rustls::RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(certificates(pem)?);
        if added == 0 {
            return Err(unusable("the PEM given as trusted holds no certificate".to_owned()));
        }
        builder.with_root_certificates(roots)
    } else {
        builder.with_platform_verifier().map_err(|error| unusable(error.to_string()))?
    };
    match &config.identity_pem {
        None => Ok(verified.with_no_client_auth()),
        Some(pem) => {
            let key = PrivateKeyDer::from_pem_slice(pem).map_err(|error| unusable(error.to_string()))?;
            verified.with_client_auth_cert(certificates(pem)?, key).map_err(|error| unusable(error.to_string()))
        }
    }
}

/// Seconds; a date is taken as "later".
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(reqwest::header::RETRY_AFTER)?.to_str().ok()?;
    let seconds = text.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

/// The value of an `Authorization` header for a user and a password.
pub fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
