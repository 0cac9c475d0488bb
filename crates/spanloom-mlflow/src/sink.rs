//! The destination itself.
//!
//! Per batch: the spans of many traces in few requests, then each trace's info, whose answer says whether the server has
//! the spans; where it has none they go as an artifact. Every request may be repeated: the server goes by ids.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use spanloom_core::{Batch, ExportError, ExportFuture, SealedTrace, Sink, Trace, span_to_json};
use spanloom_otlp::{Encoder, Profile};

use crate::config::MlflowConfig;
use crate::error::{KIND, MlflowConfigError, ServerError};
use crate::experiments::Experiments;
use crate::info::{self, Texts};
use crate::route::Routes;
use crate::server::Server;

/// Spans in one request: half a second of the server's time.
const REQUEST_SPANS: usize = 500;
/// Bytes of recorded spans in one request.
const REQUEST_BYTES: usize = 4 << 20;
/// Requests at a time where they do not depend on each other; more only queue before the server's database.
const REQUESTS_AT_ONCE: usize = 4;

/// Delivers traces to an MLflow tracking server.
#[derive(Debug)]
pub struct MlflowSink {
    name: String,
    server: Server,
    experiments: Experiments,
    routes: Routes,
    encoder: Encoder,
}

/// A trace on its way.
#[derive(Debug)]
struct Parcel {
    sealed: Arc<SealedTrace>,
    trace: Trace,
    experiment_id: String,
    /// Its spans were sent over OTLP.
    spans_sent: bool,
}

/// How far a delivery came.
type Outcome = Result<(), (Vec<Arc<SealedTrace>>, ServerError)>;

impl MlflowSink {
    /// A server with these settings. Does no I/O.
    ///
    /// # Errors
    /// When the address, the credentials or a certificate cannot be used.
    pub fn new(config: &MlflowConfig) -> Result<Self, MlflowConfigError> {
        let server = Server::new(config)?;
        let name = config.name.clone().unwrap_or_else(|| format!("{KIND}:{}", server.address()));
        let encoder = Encoder { profile: Profile::Mlflow, resource: Vec::new(), spans_only: true };
        let routes = Routes::new(config.span_path);
        Ok(Self { name, server, experiments: Experiments::default(), routes, encoder })
    }

    async fn deliver(&mut self, batch: Batch) -> Result<(), ExportError> {
        let all = batch.traces.clone();
        match self.try_deliver(batch).await {
            Ok(()) => Ok(()),
            Err((rest, error)) => {
                if error.status() == Some(404) {
                    self.experiments.forget();
                }
                let traces = if rest.is_empty() { all } else { rest };
                Err(error.into_export_error(Batch { traces }))
            }
        }
    }

    async fn try_deliver(&mut self, batch: Batch) -> Outcome {
        let everything = batch.traces.clone();
        let parcels = self.parcels(batch).await.map_err(|error| (everything, error))?;
        let mut waiting = parcels.into_iter().peekable();
        while waiting.peek().is_some() {
            let mut group = next_group(&mut waiting);
            let sent = self.send_group(&mut group).await;
            if let Err((mut rest, error)) = sent {
                rest.extend(waiting.map(|parcel| parcel.sealed));
                return Err((rest, error));
            }
        }
        Ok(())
    }

    /// Opens the traces and finds their experiments.
    async fn parcels(&mut self, batch: Batch) -> Result<Vec<Parcel>, ServerError> {
        if self.routes.wants_version() {
            let version = self.server.version().await?;
            if !self.routes.learn_version(&version) {
                return Err(ServerError::TooOld { version });
            }
        }
        let mut parcels = Vec::with_capacity(batch.traces.len());
        for sealed in batch.traces {
            let trace = sealed.to_trace()?;
            let experiment_id = self.experiments.id(&self.server, &trace.info.experiment_id).await?;
            parcels.push(Parcel { sealed, trace, experiment_id, spans_sent: false });
        }
        Ok(parcels)
    }

    async fn send_group(&mut self, group: &mut [Parcel]) -> Outcome {
        if let Err(error) = self.send_spans(group).await {
            return Err((group.iter().map(|parcel| Arc::clone(&parcel.sealed)).collect(), error));
        }
        let mut stored = Vec::with_capacity(group.len());
        for some in group.chunks(REQUESTS_AT_ONCE) {
            let mut requests = Vec::with_capacity(some.len());
            for parcel in some {
                requests.push(self.store(parcel));
            }
            let answers = join_all(requests).await;
            stored.extend(some.iter().zip(answers).map(|(parcel, answer)| (Arc::clone(&parcel.sealed), answer)));
        }
        let mut failed: Vec<_> =
            stored.into_iter().filter_map(|(sealed, answer)| Some((sealed, answer.err()?))).collect();
        match failed.pop() {
            None => Ok(()),
            Some((last, error)) => Err((failed.into_iter().map(|(sealed, _)| sealed).chain([last]).collect(), error)),
        }
    }

    /// Sends the spans of those traces that go over OTLP, one request for each experiment.
    async fn send_spans(&mut self, group: &mut [Parcel]) -> Result<(), ServerError> {
        let now = Instant::now();
        let mut by_experiment: BTreeMap<String, Vec<&mut Parcel>> = BTreeMap::new();
        for parcel in group.iter_mut().filter(|parcel| self.routes.is_otlp(parcel.sealed.span_count, now)) {
            by_experiment.entry(parcel.experiment_id.clone()).or_default().push(parcel);
        }
        for (experiment_id, parcels) in by_experiment {
            let spans: Vec<_> = parcels.iter().flat_map(|parcel| self.encoder.spans(&parcel.trace)).collect();
            if self.server.post_spans(&experiment_id, &self.encoder.enclose(spans)).await? {
                parcels.into_iter().for_each(|parcel| parcel.spans_sent = true);
            } else {
                self.routes.learn_no_otlp(now);
            }
        }
        Ok(())
    }

    /// Stores the info, and the spans too where the server does not have them.
    async fn store(&self, parcel: &Parcel) -> Result<(), ServerError> {
        let info = &parcel.trace.info;
        let mut body = info::body(info, &parcel.experiment_id, Texts::Whole);
        let mut answered = self.server.store_info(&body).await;
        if matches!(answered.as_ref().map_err(ServerError::status), Err(Some(400 | 500)))
            && info::is_longer_than_columns(info)
        {
            body = info::body(info, &parcel.experiment_id, Texts::Cut);
            answered = self.server.store_info(&body).await;
        }
        let kept = info::kept(&body, &answered?)?;
        if parcel.spans_sent || kept.spans_location.as_deref() == Some("TRACKING_STORE") {
            return Ok(());
        }
        let location = kept.artifact_location.ok_or_else(|| ServerError::Strange {
            route: "POST traces",
            what: "without a place for artifacts".to_owned(),
        })?;
        match self.server.put_artifact(&location, "traces.json", spans_json(&parcel.trace)).await {
            Err(foreign @ ServerError::ForeignArtifacts { .. }) => self.send_after_all(parcel, foreign).await,
            outcome => outcome,
        }
    }

    /// Over OTLP, however large the trace is: artifacts cannot be written here.
    async fn send_after_all(&self, parcel: &Parcel, foreign: ServerError) -> Result<(), ServerError> {
        let spans = self.encoder.enclose(self.encoder.spans(&parcel.trace));
        let taken = self.server.post_spans(&parcel.experiment_id, &spans).await?;
        if taken { Ok(()) } else { Err(foreign) }
    }
}

/// The traces of the next request; one trace at least.
fn next_group(waiting: &mut std::iter::Peekable<impl Iterator<Item = Parcel>>) -> Vec<Parcel> {
    let (mut group, mut spans, mut bytes) = (Vec::new(), 0, 0);
    while let Some(parcel) = waiting.peek() {
        spans += usize::try_from(parcel.sealed.span_count).unwrap_or(usize::MAX);
        bytes += parcel.sealed.size_bytes();
        if !group.is_empty() && (spans > REQUEST_SPANS || bytes > REQUEST_BYTES) {
            break;
        }
        group.extend(waiting.next());
    }
    group
}

/// The spans in the form of the artifact.
fn spans_json(trace: &Trace) -> String {
    let spans: Vec<_> = trace.data.spans.iter().map(span_to_json).collect();
    format!("{{\"spans\": [{}]}}", spans.join(", "))
}

impl Sink for MlflowSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn export(&mut self, batch: Batch) -> ExportFuture<'_> {
        Box::pin(self.deliver(batch))
    }
}
