//! In which vocabulary a receiver gets what was recorded.

mod gen_ai;
mod mlflow;

use spanloom_core::{SpanRecord, TraceInfo};

use crate::message::{KeyValue, SpanKind};

/// In which vocabulary a receiver gets inputs, outputs, models and usage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Profile {
    /// OpenTelemetry's GenAI conventions (`gen_ai.*`): any collector, Phoenix from 15.10. The default.
    #[default]
    GenAi,
    /// MLflow's own keys, for an MLflow server.
    Mlflow,
}

impl Profile {
    /// What [`from_name`](Self::from_name) takes, in words.
    pub const NAMES: &str = "`gen_ai` or `mlflow`";

    /// The profile of this name: `gen_ai` or `mlflow`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "gen_ai" | "genai" => Some(Self::GenAi),
            "mlflow" => Some(Self::Mlflow),
            _ => None,
        }
    }

    /// The attributes of a span, in a fixed order: identity, type, model, usage, the trace it belongs to if that is to be
    /// said, then the rest.
    pub(crate) fn attributes(self, span: &SpanRecord, info: Option<&TraceInfo>) -> Vec<KeyValue> {
        match self {
            Self::GenAi => gen_ai::attributes(span, info),
            Self::Mlflow => mlflow::attributes(span, info),
        }
    }

    /// The span's name as the receiver expects it.
    pub(crate) fn name(self, span: &SpanRecord) -> String {
        match self {
            Self::GenAi => gen_ai::name(span),
            Self::Mlflow => span.name.clone(),
        }
    }

    /// Which side of a call the span is.
    pub(crate) fn kind(self, span: &SpanRecord) -> SpanKind {
        gen_ai::kind(span)
    }
}
