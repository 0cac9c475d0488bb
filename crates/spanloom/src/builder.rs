//! Settings of an engine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use spanloom_api::Overflow;
use spanloom_core::{Limits, Sink, TraceStore};
use spanloom_engine::{Engine, EngineConfig, Privacy};

use crate::environment;
use crate::error::Error;
use crate::global;
use crate::handle::Spanloom;
use crate::json_lines::JsonLinesSink;
use crate::query::Reading;
use crate::source;

/// Settings of an engine; [`install`](Self::install) or [`start`](Self::start) makes one of them.
#[derive(Debug)]
#[must_use = "an engine starts with `install` or `start`"]
pub struct Builder {
    pub(crate) store: StoreChoice,
    sinks: Vec<Box<dyn Sink>>,
    json_lines: Vec<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) overflow: Overflow,
    pub(crate) sampling_ratio: f64,
    pub(crate) experiment: Option<String>,
    pub(crate) disabled: bool,
    pub(crate) privacy: Privacy,
    unique_span_names: bool,
    pub(crate) request_timeout: Duration,
    pub(crate) suspect_interval: Duration,
    #[cfg(any(feature = "mlflow", feature = "otlp"))]
    pub(crate) destinations: crate::destinations::Destinations,
}

/// Where traces are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreChoice {
    File(PathBuf),
    Memory,
    None,
}

/// The store of a program that names none.
const DEFAULT_STORE: &str = "spanloom.db";

impl Default for Builder {
    fn default() -> Self {
        Self {
            store: StoreChoice::File(PathBuf::from(DEFAULT_STORE)),
            sinks: Vec::new(),
            json_lines: Vec::new(),
            limits: Limits::default(),
            overflow: Overflow::default(),
            sampling_ratio: 1.0,
            experiment: None,
            disabled: false,
            privacy: Privacy::default(),
            unique_span_names: false,
            request_timeout: EngineConfig::REQUEST_TIMEOUT,
            suspect_interval: EngineConfig::SUSPECT_INTERVAL,
            #[cfg(any(feature = "mlflow", feature = "otlp"))]
            destinations: crate::destinations::Destinations::default(),
        }
    }
}

impl Builder {
    /// Keeps traces in this file, which is made if there is none. Default `spanloom.db`.
    pub fn store(mut self, path: impl AsRef<Path>) -> Self {
        self.store = StoreChoice::File(path.as_ref().to_owned());
        self
    }

    /// Keeps traces in memory, as a store that goes with the engine. For tests.
    pub fn in_memory(mut self) -> Self {
        self.store = StoreChoice::Memory;
        self
    }

    /// Keeps no traces: sinks are fed from memory, within [`Limits::in_flight_bytes`].
    pub fn no_store(mut self) -> Self {
        self.store = StoreChoice::None;
        self
    }

    /// Adds a destination.
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Sends traces to the MLflow tracking server at this address, such as `http://127.0.0.1:5000`.
    ///
    /// Plain `http` goes to this machine only, see [`insecure_http`](Self::insecure_http). User and password may stand in
    /// the address. The experiment is made when there is none of its name.
    #[cfg(feature = "mlflow")]
    pub fn mlflow(self, uri: impl Into<String>) -> Self {
        self.mlflow_config(crate::MlflowConfig::new(uri))
    }

    /// As [`mlflow`](Self::mlflow), with all settings. The time for one request is that of
    /// [`request_timeout`](Self::request_timeout).
    #[cfg(feature = "mlflow")]
    pub fn mlflow_config(mut self, config: crate::MlflowConfig) -> Self {
        self.destinations.mlflow.push(config);
        self
    }

    /// Sends traces to the OTLP/HTTP receiver at this base address, such as `http://127.0.0.1:4318`; `/v1/traces` is put
    /// below it.
    #[cfg(feature = "otlp")]
    pub fn otlp(self, endpoint: impl Into<String>) -> Self {
        self.otlp_config(crate::OtlpConfig::new(endpoint))
    }

    /// As [`otlp`](Self::otlp), with all settings. The time for one request is that of
    /// [`request_timeout`](Self::request_timeout).
    #[cfg(feature = "otlp")]
    pub fn otlp_config(mut self, config: crate::OtlpConfig) -> Self {
        self.destinations.otlp.push(config);
        self
    }

    /// Allows plain `http` to other machines, where others can read it. Default false.
    #[cfg(any(feature = "mlflow", feature = "otlp"))]
    pub fn insecure_http(mut self, allowed: bool) -> Self {
        self.destinations.insecure_http = allowed;
        self
    }

    /// Adds a file to which each completed trace is appended as one line of MLflow's trace JSON.
    pub fn json_lines(mut self, path: impl AsRef<Path>) -> Self {
        self.json_lines.push(path.as_ref().to_owned());
        self
    }

    /// The experiment of the traces, by name or id. Default `0`.
    pub fn experiment(mut self, name: impl Into<String>) -> Self {
        self.experiment = Some(name.into());
        self
    }

    /// Keeps this share of the traces, 0 to 1. Decided at the root, for the whole trace. Default 1.
    pub fn sampling_ratio(mut self, ratio: f64) -> Self {
        self.sampling_ratio = ratio;
        self
    }

    /// What happens when there is no room. Default [`Overflow::DropTrace`].
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// How long an ended root waits for open children before they are closed as incomplete. Default 60 s.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.limits.linger = linger;
        self
    }

    /// Memory for live traces and what is on its way to the store, in bytes. Default 192 MiB; a third is for the way.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.limits.in_flight_bytes = bytes / 3;
        self.limits.registry_bytes = bytes - bytes / 3;
        self
    }

    /// Spans of one trace. Default 100,000.
    pub fn max_spans_per_trace(mut self, spans: usize) -> Self {
        self.limits.spans_per_trace = spans;
        self
    }

    /// Bytes of one trace. Default 64 MiB.
    pub fn max_trace_bytes(mut self, bytes: usize) -> Self {
        self.limits.trace_bytes = bytes;
        self
    }

    /// Traces that may be live at once. Default 10,000.
    pub fn max_live_traces(mut self, traces: usize) -> Self {
        self.limits.live_traces = traces;
        self
    }

    /// Bytes of the store, with the log beside its file; the oldest traces go first. Default 2 GiB, at least 1 MiB.
    pub fn store_limit(mut self, bytes: u64) -> Self {
        self.limits.store_bytes = bytes;
        self
    }

    /// How long the store keeps a trace. Default 7 days. What a destination has not got yet is kept until
    /// [`outbox_age`](Self::outbox_age), and nothing goes before the clock has run for 10 minutes without a jump.
    pub fn store_age(mut self, age: Duration) -> Self {
        self.limits.store_age = age;
        self
    }

    /// Bytes of stored traces that may wait for one destination; beyond it the destination loses the oldest, counted as
    /// `spool_cap`. Default 1 GiB.
    pub fn outbox_limit(mut self, bytes: u64) -> Self {
        self.limits.outbox_bytes = bytes;
        self
    }

    /// How long a stored trace may wait for a destination; beyond it the destination loses it, counted as `spool_age`.
    /// Default 72 h.
    pub fn outbox_age(mut self, age: Duration) -> Self {
        self.limits.outbox_age = age;
        self
    }

    /// How long one attempt to deliver may take. Default 30 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// How often a destination that refuses everything (credentials, address, permission) is tried. Default 30 s.
    pub fn suspect_interval(mut self, interval: Duration) -> Self {
        self.suspect_interval = interval;
        self
    }

    /// All limits at once.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Whether spans of one name get a number behind it in what is stored and delivered: `step_1`, `step_2`. Spans that come
    /// after their trace was completed keep their name, and a live trace shows names as given. Default false: then only
    /// [`Trace::display_names`](crate::Trace::display_names) and what is drawn have the numbers.
    pub fn unique_span_names(mut self, unique: bool) -> Self {
        self.unique_span_names = unique;
        self
    }

    /// Takes settings from the environment, over those made so far: `SPANLOOM_*` and the variables of MLflow that are
    /// listed in the reference.
    ///
    /// # Errors
    /// When a variable is not of its form; the error names it, its value and what is accepted.
    pub fn from_env(self) -> Result<Self, Error> {
        environment::apply(self, environment::process_variable)
    }

    /// Starts the engine and makes it the one of spans without a parent. It then runs until the process exits, whether
    /// or not the handle is kept.
    ///
    /// # Errors
    /// When a setting is wrong, the store cannot be opened, or an engine is installed already.
    pub fn install(self) -> Result<Spanloom, Error> {
        global::install(|| self.start())
    }

    /// Starts the engine as a value: it ends with its last handle.
    ///
    /// # Errors
    /// When a setting is wrong or the store cannot be opened.
    pub fn start(mut self) -> Result<Spanloom, Error> {
        self.check()?;
        if self.disabled {
            return Ok(Spanloom::disabled());
        }
        self.check_paths()?;
        let (store, reading) = open_store(&self.store, &self.limits)?;
        for path in &self.json_lines {
            let sink = JsonLinesSink::open(path).map_err(|source| Error::SinkFile { path: path.clone(), source })?;
            self.sinks.push(Box::new(sink));
        }
        #[cfg(any(feature = "mlflow", feature = "otlp"))]
        self.sinks.extend(self.destinations.into_sinks(self.request_timeout)?);
        let config = EngineConfig {
            store,
            sinks: self.sinks,
            limits: self.limits,
            overflow: self.overflow,
            sampling_ratio: self.sampling_ratio,
            experiment: self.experiment.unwrap_or_else(|| "0".to_owned()),
            metadata: source::metadata(),
            privacy: self.privacy,
            unique_span_names: self.unique_span_names,
            request_timeout: self.request_timeout,
            suspect_interval: self.suspect_interval,
        };
        Ok(Spanloom::running(Engine::start(config)?, reading))
    }

    /// A sink that wrote into the store's file would destroy it.
    fn check_paths(&self) -> Result<(), Error> {
        let StoreChoice::File(store) = &self.store else { return Ok(()) };
        let absolute = |path: &Path| std::path::absolute(path).ok();
        match self.json_lines.iter().find(|path| absolute(path) == absolute(store)) {
            Some(path) => {
                let value = path.display().to_string();
                Err(Error::Config { key: "json_lines", value, expected: "a file other than the store's" })
            }
            None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), Error> {
        if !(0.0..=1.0).contains(&self.sampling_ratio) {
            let value = self.sampling_ratio.to_string();
            return Err(Error::Config { key: "sampling_ratio", value, expected: "a number from 0 to 1" });
        }
        self.check_privacy()?;
        if self.limits.spans_per_trace == 0 || self.limits.trace_bytes == 0 || self.limits.registry_bytes == 0 {
            return Err(Error::Config { key: "limits", value: "0".to_owned(), expected: "above 0" });
        }
        if self.limits.store_bytes < Limits::LEAST_STORE_BYTES {
            let value = self.limits.store_bytes.to_string();
            return Err(Error::Config { key: "store_limit", value, expected: "at least 1 MiB (1048576)" });
        }
        let times = [("request_timeout", self.request_timeout), ("suspect_interval", self.suspect_interval)];
        if let Some((key, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
            return Err(Error::Config { key, value: "0".to_owned(), expected: "a time above 0" });
        }
        Ok(())
    }
}

type Opened = (Option<Box<dyn TraceStore>>, Reading);

#[cfg(feature = "store")]
fn open_store(choice: &StoreChoice, limits: &Limits) -> Result<Opened, Error> {
    use spanloom_store::{Store, StoreLimits, StoreOptions};
    let mut options = StoreOptions::default();
    options.limits = StoreLimits::from(limits);
    let store = match choice {
        StoreChoice::File(path) => Store::open(path, options)?,
        StoreChoice::Memory => Store::in_memory_with(options)?,
        StoreChoice::None => return Ok((None, Reading::none())),
    };
    let reading = Reading::of(store.reader()?);
    Ok((Some(Box::new(store)), reading))
}

#[cfg(not(feature = "store"))]
fn open_store(choice: &StoreChoice, _limits: &Limits) -> Result<Opened, Error> {
    match choice {
        StoreChoice::None => Ok((None, Reading::none())),
        _ => Err(Error::Config {
            key: "store",
            value: format!("{choice:?}"),
            expected: "possible without the feature `store`; switch it on, or use `no_store`",
        }),
    }
}
