//! Assessments on their way to the store: redacted and cut like everything else, and given to the trace they are about.

use std::time::Instant;

use spanloom_core::{
    AssessError, Assessment, AssessmentChange, AssessmentError, AssessmentValue, JsonText, Limits, SealedTrace,
    StoreError,
};

use super::seal::cut_bytes;
use super::thread::Running;
use crate::redact::{RedactionCounts, Redactor};

/// The answer to a change.
pub(crate) type AssessReply = Box<dyn FnOnce(Result<Option<Assessment>, AssessError>) + Send>;

/// A change that is asked for.
pub(crate) struct AssessJob {
    pub(crate) change: AssessmentChange,
    /// The registry has the trace.
    pub(crate) is_live: bool,
    /// Called on the writer's thread.
    pub(crate) reply: AssessReply,
}

impl Running {
    /// Changes the store, and answers.
    pub(super) fn assess(&mut self, job: AssessJob) {
        let AssessJob { mut change, is_live, reply } = job;
        let mut counts = RedactionCounts::default();
        let clean = Clean { redactor: &self.writer.environment.redactor, limits: &self.writer.environment.limits };
        match &mut change {
            AssessmentChange::Log { assessment } => clean.assessment(assessment, &mut counts),
            AssessmentChange::Update { with, .. } => clean.assessment(with, &mut counts),
            _ => {}
        }
        self.writer.ledger.with_writer(|book| book.redacted += counts.total());
        let outcome = self.patiently(|store| match store.assess(&change, is_live) {
            Err(AssessError::Store(error)) => Err(error),
            outcome => Ok(outcome),
        });
        if matches!(outcome, Ok(Ok(_))) {
            self.dirty_since.get_or_insert_with(Instant::now);
            if is_live {
                self.assessed.insert(change.trace_id());
            }
        }
        reply(outcome.unwrap_or_else(|error: StoreError| Err(error.into())));
    }

    /// Gives a trace that completes what was judged of it while it was live, for its destinations.
    pub(super) fn add_assessments(&mut self, sealed: &mut SealedTrace) {
        if !self.assessed.is_empty() && self.assessed.remove(&sealed.info.trace_id) {
            match self.writer.store.assessments(sealed.info.trace_id) {
                Ok(found) => sealed.info.assessments = found,
                Err(error) => {
                    tracing::warn!(%error, "the assessments of a trace could not be read for its destinations")
                }
            }
        }
    }
}

/// What is done to every text of an assessment.
struct Clean<'a> {
    redactor: &'a Redactor,
    limits: &'a Limits,
}

impl Clean<'_> {
    fn assessment(&self, assessment: &mut Assessment, counts: &mut RedactionCounts) {
        self.text(&mut assessment.name, self.limits.name_bytes, counts);
        match &mut assessment.value {
            AssessmentValue::Feedback { value, error } => {
                if let Some(value) = value {
                    self.json(&assessment.name, value, counts);
                }
                if let Some(AssessmentError { error_message, stack_trace, .. }) = error {
                    for text in [error_message, stack_trace].into_iter().flatten() {
                        self.text(text, self.limits.attribute_bytes, counts);
                    }
                }
            }
            AssessmentValue::Expectation(value) => self.json(&assessment.name, value, counts),
            AssessmentValue::Issue(name) => self.text(name, self.limits.name_bytes, counts),
            _ => {}
        }
        if let Some(rationale) = &mut assessment.rationale {
            self.text(rationale, self.limits.attribute_bytes, counts);
        }
        for (key, value) in &mut assessment.metadata {
            *value = self.redactor.redact_entry(key, value, counts).into_owned();
            self.text(value, self.limits.attribute_bytes, counts);
        }
    }

    fn text(&self, text: &mut String, limit: usize, counts: &mut RedactionCounts) {
        if let std::borrow::Cow::Owned(redacted) = self.redactor.redact_text(text, counts) {
            *text = redacted;
        }
        text.truncate(cut_bytes(text, limit).len());
    }

    /// A value over its limit becomes a text: the start of what it was.
    fn json(&self, key: &str, value: &mut JsonText, counts: &mut RedactionCounts) {
        let redacted = self.redactor.redact_json(key, value.as_str(), counts);
        let limit = self.limits.attribute_bytes;
        *value = match redacted.len() <= limit {
            true => JsonText::from_encoded(redacted.into_owned()),
            false => JsonText::string(cut_bytes(&redacted, limit)),
        };
    }
}
