//! The destination itself.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use spanloom_core::{Batch, ExportError, ExportFuture, SealedTrace, Sink};

use crate::config::{Compression, Encoding, OtlpConfig, OtlpConfigError};
use crate::encode::Encoder;
use crate::http::{Answer, HttpClient, HttpError};
use crate::message::ExportTraceServiceResponse;
use crate::verdict::Verdict;

const KIND: &str = "otlp";

/// Delivers traces to an OTLP/HTTP receiver.
#[derive(Debug)]
pub struct OtlpSink {
    name: String,
    url: url::Url,
    authorization: Option<String>,
    client: HttpClient,
    encoder: Encoder,
    compression: Compression,
    encoding: Encoding,
}

/// What the receiver said, in words.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{status} {excerpt}")]
    Answered { status: u16, excerpt: String },
    #[error("{status}, but no answer of an OTLP receiver: {excerpt}")]
    Strange { status: u16, excerpt: String },
    #[error(transparent)]
    Unanswered(#[from] HttpError),
    #[error("{rejected} spans were rejected: {why}")]
    Partly { rejected: i64, why: String },
}

impl OtlpSink {
    /// A destination with these settings. Does no I/O.
    ///
    /// # Errors
    /// When the address, a header or a certificate cannot be used.
    pub fn new(config: &OtlpConfig) -> Result<Self, OtlpConfigError> {
        let (address, url) = config.url()?;
        let name = config.name.clone().unwrap_or_else(|| format!("{KIND}:{}", without_query(&url)));
        let authorization = address.credentials().map(|(user, password)| crate::http::basic(user, password));
        let encoder = Encoder { profile: config.profile, resource: config.resource.clone(), spans_only: false };
        let client = HttpClient::new(&config.http)?;
        let (compression, encoding) = (config.compression, config.encoding);
        Ok(Self { name, url, authorization, client, encoder, compression, encoding })
    }

    async fn deliver(&self, batch: Batch) -> Result<(), ExportError> {
        let (whole, damaged) = self.split_damaged(batch);
        if let Some((dropped, source)) = damaged {
            // First: whatever comes of the others, these are not to pass for delivered. The others come again at once.
            return Err(ExportError::Permanent { sink: KIND, dropped, rest: whole, source });
        }
        let answered = self.post(&whole.traces).await;
        self.judge(answered, whole)
    }

    /// Traces whose bodies can be read, and those that no attempt can deliver.
    fn split_damaged(&self, batch: Batch) -> (Batch, Option<(Batch, spanloom_core::BoxError)>) {
        let mut why = None;
        let (whole, damaged): (Vec<_>, Vec<_>) = batch.traces.into_iter().partition(|trace| match trace.to_trace() {
            Ok(_) => true,
            Err(error) => {
                why = Some(error);
                false
            }
        });
        (Batch { traces: whole }, why.map(|error| (Batch { traces: damaged }, error.into())))
    }

    async fn post(&self, traces: &[Arc<SealedTrace>]) -> Result<Answer, HttpError> {
        let request = self.encoder.request(traces).unwrap_or_default();
        let (body, content_type) = match self.encoding {
            Encoding::Protobuf => (request.encode_to_vec(), "application/x-protobuf"),
            Encoding::Json => (crate::json::to_bytes(&request), "application/json"),
        };
        let mut post = self.client.request(Method::POST, self.url.clone()).header(CONTENT_TYPE, content_type);
        if let Some(authorization) = &self.authorization {
            post = post.header(AUTHORIZATION, authorization);
        }
        post = match self.compression {
            Compression::Gzip => post.header(CONTENT_ENCODING, "gzip").body(gzip(&body)),
            Compression::None => post.body(body),
        };
        self.client.send(post).await
    }

    fn judge(&self, answered: Result<Answer, HttpError>, batch: Batch) -> Result<(), ExportError> {
        let verdict = Verdict::of(&answered);
        let retry_after = answered.as_ref().ok().and_then(|answer| answer.retry_after);
        let source = match answered {
            Ok(answer) if verdict == Verdict::Taken => return self.judge_taken(&answer, batch),
            Ok(answer) => Refusal::Answered { status: answer.status, excerpt: answer.excerpt() },
            Err(error) => Refusal::Unanswered(error),
        };
        Err(refused(verdict, batch, retry_after, source))
    }

    /// A success may say that a part was rejected; sending that again is not allowed.
    fn judge_taken(&self, answer: &Answer, batch: Batch) -> Result<(), ExportError> {
        let partial = match self.encoding {
            Encoding::Protobuf => match ExportTraceServiceResponse::decode(answer.body.as_slice()) {
                Ok(response) => response.partial_success,
                Err(_) => return Err(self.strange(answer, batch)),
            },
            Encoding::Json if answer.body.is_empty() => None,
            Encoding::Json => match serde_json::from_slice(&answer.body) {
                Ok(body) => crate::json::partial_success(&body),
                Err(_) => return Err(self.strange(answer, batch)),
            },
        };
        match partial.filter(|partial| partial.rejected_spans > 0) {
            None => Ok(()),
            Some(partial) => Err(ExportError::PartlyTaken {
                sink: KIND,
                rejected_spans: partial.rejected_spans.unsigned_abs().min(batch.span_count()),
                source: Refusal::Partly { rejected: partial.rejected_spans, why: partial.error_message }.into(),
            }),
        }
    }
}

impl OtlpSink {
    /// A success that no receiver of OTLP gives: a proxy's page, for instance.
    fn strange(&self, answer: &Answer, rest: Batch) -> ExportError {
        let source = Refusal::Strange { status: answer.status, excerpt: answer.excerpt() };
        refused(Verdict::DestinationSuspect, rest, None, source)
    }
}

fn refused(verdict: Verdict, rest: Batch, retry_after: Option<Duration>, source: Refusal) -> ExportError {
    let source = source.into();
    match verdict {
        Verdict::PayloadSuspect => ExportError::PayloadSuspect { sink: KIND, rest, source },
        Verdict::DestinationSuspect => ExportError::DestinationSuspect { sink: KIND, rest, source },
        Verdict::Later | Verdict::Taken => ExportError::Retryable { sink: KIND, rest, retry_after, source },
    }
}

/// A query may hold a token.
fn without_query(url: &url::Url) -> url::Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(body.len() / 4), flate2::Compression::fast());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

impl Sink for OtlpSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        Box::pin(self.deliver(batch))
    }
}
