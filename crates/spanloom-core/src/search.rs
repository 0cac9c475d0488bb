//! Questions about traces.

use crate::Trace;

/// Which traces to find. Everything that is set must hold; nothing set finds all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchTraces {
    /// The experiment, by name or id.
    pub experiment: Option<String>,
    /// The MLflow run they belong to: metadata `mlflow.sourceRun`.
    pub run_id: Option<String>,
    /// The model under test: metadata `mlflow.modelId`.
    pub model_id: Option<String>,
    /// A filter in MLflow's language: `trace.status = 'ERROR' AND tags.fruit = 'apple'`. See [`filter`](crate::filter).
    pub filter: Option<String>,
    /// `timestamp_ms`, `execution_time_ms`, `end_time_ms`, `status`, `name`, `run_id`, `request_id`, `experiment_id`,
    /// `tags.K` or `metadata.K`, with `ASC` or `DESC`. Default `timestamp_ms DESC`. What has no value comes last.
    pub order_by: Vec<String>,
    /// How many at most in one page. Default 100.
    pub max_results: Option<usize>,
    /// Where the page before ended; it carries the rest of the question.
    pub page_token: Option<String>,
    /// Whether to read the spans too. Default true.
    pub without_spans: bool,
}

impl SearchTraces {
    /// The number of traces in a page unless [`max_results`](Self::max_results) says otherwise; MLflow's own.
    pub const DEFAULT_MAX_RESULTS: usize = 100;

    /// Finds every trace, the newest first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of this experiment.
    #[must_use]
    pub fn experiment(mut self, name: impl Into<String>) -> Self {
        self.experiment = Some(name.into());
        self
    }

    /// Only those of this MLflow run.
    #[must_use]
    pub fn run_id(mut self, id: impl Into<String>) -> Self {
        self.run_id = Some(id.into());
        self
    }

    /// Only those of this model.
    #[must_use]
    pub fn model_id(mut self, id: impl Into<String>) -> Self {
        self.model_id = Some(id.into());
        self
    }

    /// Only those that fit this filter.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    /// Adds a key to sort by.
    #[must_use]
    pub fn order_by(mut self, key: impl Into<String>) -> Self {
        self.order_by.push(key.into());
        self
    }

    /// At most this many in one page.
    #[must_use]
    pub fn max_results(mut self, count: usize) -> Self {
        self.max_results = Some(count);
        self
    }

    /// Goes on after the page that gave this token.
    #[must_use]
    pub fn page_token(mut self, token: impl Into<String>) -> Self {
        self.page_token = Some(token.into());
        self
    }

    /// Whether to read the spans too; without them a page costs one small row a trace. Default true.
    #[must_use]
    pub fn include_spans(mut self, include: bool) -> Self {
        self.without_spans = !include;
        self
    }
}

/// One page of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct TracePage {
    /// In the order that was asked for.
    pub traces: Vec<Trace>,
    /// Gives the next page; `None` on the last. A page may have fewer traces than were asked for, or none, and still a
    /// token: the search had looked at so many traces by then that it stopped. Go on while there is a token.
    pub next_page_token: Option<String>,
}

impl TracePage {
    /// A page.
    pub fn new(traces: Vec<Trace>, next_page_token: Option<String>) -> Self {
        Self { traces, next_page_token }
    }
}
