//! Judging traces: assessments are logged, changed and read here.

use std::borrow::Borrow;
use std::time::Duration;

use spanloom_core::{AssessError, Assessment, AssessmentChange, Trace, TraceId};
use spanloom_engine::EngineError;

use crate::error::Error;
use crate::handle::Spanloom;

/// How long a change may take to be stored.
const DEADLINE: Duration = Duration::from_secs(30);

impl Spanloom {
    /// Stores an assessment of a trace, or of a span of it: live or stored, in this store or from another process of it.
    /// Without a [trace id](Assessment::trace_id) it is about the trace of the current span. Gives it back with its id and
    /// its times; redaction and limits hold for it as for spans.
    ///
    /// It is stored when this returns. Runs on any executor; cancel safe: what was asked for is done all the same.
    ///
    /// # Errors
    /// [`Error::UnknownTrace`] when there is no such trace, [`Error::Assess`] when one that it overrides is not there,
    /// [`Error::NoStore`] without a store; when it cannot be stored, or the engine was shut down.
    pub async fn log_assessment(&self, assessment: Assessment) -> Result<Assessment, Error> {
        let change = logged(assessment)?;
        self.assess(change).await?.ok_or(Error::Engine(EngineError::Stopped))
    }

    /// As [`log_assessment`](Self::log_assessment), blocking this thread.
    ///
    /// # Errors
    /// As [`log_assessment`](Self::log_assessment).
    pub fn log_assessment_blocking(&self, assessment: Assessment) -> Result<Assessment, Error> {
        let change = logged(assessment)?;
        self.assess_blocking(change)?.ok_or(Error::Engine(EngineError::Stopped))
    }

    /// Stores an assessment that replaces another, which is not valid from then on and stays to be read.
    ///
    /// # Errors
    /// As [`log_assessment`](Self::log_assessment).
    pub async fn override_assessment(
        &self,
        trace: impl Borrow<TraceId>,
        assessment_id: &str,
        with: Assessment,
    ) -> Result<Assessment, Error> {
        self.log_assessment(with.trace_id(trace).overrides(assessment_id)).await
    }

    /// As [`override_assessment`](Self::override_assessment), blocking this thread.
    ///
    /// # Errors
    /// As [`log_assessment`](Self::log_assessment).
    pub fn override_assessment_blocking(
        &self,
        trace: impl Borrow<TraceId>,
        assessment_id: &str,
        with: Assessment,
    ) -> Result<Assessment, Error> {
        self.log_assessment_blocking(with.trace_id(trace).overrides(assessment_id))
    }

    /// Changes an assessment: its name and value, its rationale if `with` has one; metadata is added. Kind, source and span
    /// stay. Gives it back as it then is.
    ///
    /// # Errors
    /// [`Error::UnknownTrace`]; [`Error::Assess`] when the trace has no such assessment, or it is of another kind; else as
    /// [`log_assessment`](Self::log_assessment).
    pub async fn update_assessment(
        &self,
        trace: impl Borrow<TraceId>,
        assessment_id: &str,
        with: Assessment,
    ) -> Result<Assessment, Error> {
        let change = updated(trace.borrow(), assessment_id, with);
        self.assess(change).await?.ok_or(Error::Engine(EngineError::Stopped))
    }

    /// As [`update_assessment`](Self::update_assessment), blocking this thread.
    ///
    /// # Errors
    /// As [`update_assessment`](Self::update_assessment).
    pub fn update_assessment_blocking(
        &self,
        trace: impl Borrow<TraceId>,
        assessment_id: &str,
        with: Assessment,
    ) -> Result<Assessment, Error> {
        let change = updated(trace.borrow(), assessment_id, with);
        self.assess_blocking(change)?.ok_or(Error::Engine(EngineError::Stopped))
    }

    /// Removes an assessment; one that it replaced is valid again. Gives whether it was there.
    ///
    /// # Errors
    /// [`Error::UnknownTrace`]; else as [`log_assessment`](Self::log_assessment).
    pub async fn delete_assessment(&self, trace: impl Borrow<TraceId>, assessment_id: &str) -> Result<bool, Error> {
        let change = deleted(trace.borrow(), assessment_id);
        Ok(self.assess(change).await?.is_some())
    }

    /// As [`delete_assessment`](Self::delete_assessment), blocking this thread.
    ///
    /// # Errors
    /// As [`delete_assessment`](Self::delete_assessment).
    pub fn delete_assessment_blocking(&self, trace: impl Borrow<TraceId>, assessment_id: &str) -> Result<bool, Error> {
        let change = deleted(trace.borrow(), assessment_id);
        Ok(self.assess_blocking(change)?.is_some())
    }

    /// One assessment of a trace, valid or not; `None` when the trace has none of this id.
    ///
    /// # Errors
    /// [`Error::UnknownTrace`] when there is no such trace; else as [`get_trace`](Self::get_trace).
    pub async fn get_assessment(
        &self,
        trace: impl Borrow<TraceId>,
        assessment_id: &str,
    ) -> Result<Option<Assessment>, Error> {
        let id = *trace.borrow();
        let found = self.get_trace(&id).await?.ok_or(Error::UnknownTrace(id))?;
        Ok(of_id(found, assessment_id))
    }

    /// As [`get_assessment`](Self::get_assessment), blocking this thread.
    ///
    /// # Errors
    /// As [`get_assessment`](Self::get_assessment).
    pub fn get_assessment_blocking(
        &self,
        trace: impl Borrow<TraceId>,
        assessment_id: &str,
    ) -> Result<Option<Assessment>, Error> {
        let id = *trace.borrow();
        let found = self.get_trace_blocking(&id)?.ok_or(Error::UnknownTrace(id))?;
        Ok(of_id(found, assessment_id))
    }

    async fn assess(&self, change: AssessmentChange) -> Result<Option<Assessment>, Error> {
        let engine = self.inner().engine.as_ref().filter(|_| self.inner().reading.has_store()).ok_or(Error::NoStore)?;
        engine.assess(change, DEADLINE).await.map_err(refused)
    }

    fn assess_blocking(&self, change: AssessmentChange) -> Result<Option<Assessment>, Error> {
        let engine = self.inner().engine.as_ref().filter(|_| self.inner().reading.has_store()).ok_or(Error::NoStore)?;
        engine.assess_blocking(change, DEADLINE).map_err(refused)
    }
}

/// About the current span's trace if about none.
fn logged(mut assessment: Assessment) -> Result<AssessmentChange, Error> {
    let current = || spanloom_api::current_span().map(|span| span.trace_id());
    let trace_id = assessment.trace_id.or_else(current).ok_or(Error::UnknownTrace(TraceId::INVALID))?;
    assessment.trace_id = Some(trace_id);
    Ok(AssessmentChange::Log { assessment: Box::new(assessment) })
}

fn updated(trace_id: &TraceId, assessment_id: &str, with: Assessment) -> AssessmentChange {
    let (assessment_id, with) = (assessment_id.to_owned(), Box::new(with));
    AssessmentChange::Update { trace_id: *trace_id, assessment_id, with, at_unix_nano: 0 }
}

fn deleted(trace_id: &TraceId, assessment_id: &str) -> AssessmentChange {
    AssessmentChange::Delete { trace_id: *trace_id, assessment_id: assessment_id.to_owned() }
}

fn of_id(trace: Trace, assessment_id: &str) -> Option<Assessment> {
    trace.info.assessments.into_iter().find(|assessment| assessment.assessment_id == assessment_id)
}

fn refused(error: EngineError) -> Error {
    match error {
        EngineError::Assess(AssessError::UnknownTrace(id)) => Error::UnknownTrace(id),
        EngineError::Assess(AssessError::Store(error)) => Error::Store(error),
        EngineError::Assess(error) => Error::Assess(error),
        error => Error::Engine(error),
    }
}
