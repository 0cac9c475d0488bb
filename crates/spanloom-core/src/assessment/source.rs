//! Who judges.

use std::fmt;

/// Who judges.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AssessmentSource {
    /// A human, a model or a program.
    pub source_type: AssessmentSourceType,
    /// Which: a name, an address, a version. `None` where a file has none.
    pub source_id: Option<String>,
}

/// What kind of judge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AssessmentSourceType {
    /// A human.
    Human,
    /// A model.
    LlmJudge,
    /// A program.
    Code,
    /// Any other name, as it came.
    Other(String),
}

impl AssessmentSource {
    /// The id of a source that was not named.
    pub const DEFAULT_ID: &'static str = "default";

    /// A human.
    pub fn human(id: impl Into<String>) -> Self {
        Self::new(AssessmentSourceType::Human, id)
    }

    /// A model.
    pub fn llm_judge(id: impl Into<String>) -> Self {
        Self::new(AssessmentSourceType::LlmJudge, id)
    }

    /// A program.
    pub fn code(id: impl Into<String>) -> Self {
        Self::new(AssessmentSourceType::Code, id)
    }

    /// A source of this type and id.
    pub fn new(source_type: impl Into<AssessmentSourceType>, id: impl Into<String>) -> Self {
        Self { source_type: source_type.into(), source_id: Some(id.into()) }
    }
}

impl AssessmentSourceType {
    /// MLflow's name: `HUMAN`, `LLM_JUDGE`, `CODE`, or the other name as it came.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Human => "HUMAN",
            Self::LlmJudge => "LLM_JUDGE",
            Self::Code => "CODE",
            Self::Other(name) => name,
        }
    }
}

/// Upper and lower case do not matter; `AI_JUDGE` is an older name of `LLM_JUDGE`.
impl From<&str> for AssessmentSourceType {
    fn from(name: &str) -> Self {
        match name.to_ascii_uppercase().as_str() {
            "HUMAN" => Self::Human,
            "LLM_JUDGE" | "AI_JUDGE" => Self::LlmJudge,
            "CODE" => Self::Code,
            _ => Self::Other(name.to_owned()),
        }
    }
}

impl fmt::Display for AssessmentSourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
