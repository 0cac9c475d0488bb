//! Changing the assessments of a trace of an engine.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use spanloom_api::lane::is_engine_thread;
use spanloom_core::{AssessError, Assessment, AssessmentChange};

use crate::clock::unix_now_ns;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::registry::actor::Tell;
use crate::reply::{Answer, Giver, pair};
use crate::writer::WriterMessage;
use crate::writer::assess::AssessJob;

type Assessed = Result<Option<Assessment>, EngineError>;

const WHAT: &str = "the change of an assessment";

impl Engine {
    /// Changes the assessments of a trace, live or stored, behind everything that this thread recorded before. An assessment
    /// that is logged gets its id and its times here. Cancel safe: what was asked for is done all the same.
    ///
    /// # Errors
    /// When there is no such trace or assessment, the store refused, or it took longer than `deadline`.
    pub async fn assess(&self, change: AssessmentChange, deadline: Duration) -> Assessed {
        let (giver, answer) = self.send(change)?;
        self.set_alarm(deadline, move || giver.give(Err(EngineError::TimedOut { what: WHAT, deadline })));
        answer.await.unwrap_or(Err(EngineError::Stopped))
    }

    /// As [`assess`](Self::assess), blocking.
    ///
    /// # Errors
    /// As [`assess`](Self::assess); and on a thread of the engine itself.
    pub fn assess_blocking(&self, change: AssessmentChange, deadline: Duration) -> Assessed {
        if is_engine_thread() {
            return Err(EngineError::OnEngineThread { what: WHAT });
        }
        let (giver, answer) = self.send(change)?;
        drop(giver);
        match answer.wait_until(Instant::now() + deadline) {
            Ok(outcome) => outcome.unwrap_or(Err(EngineError::Stopped)),
            Err(_) => Err(EngineError::TimedOut { what: WHAT, deadline }),
        }
    }

    fn send(&self, mut change: AssessmentChange) -> Result<(Giver<Assessed>, Answer<Assessed>), EngineError> {
        self.check_running()?;
        stamp(&mut change);
        let (giver, answer) = pair();
        let for_reply = giver.clone();
        let reply =
            Box::new(move |outcome: Result<_, AssessError>| for_reply.give(outcome.map_err(EngineError::Assess)));
        let trace_id = change.trace_id();
        let message = move |is_live| WriterMessage::Assess(Box::new(AssessJob { change, is_live, reply }));
        self.post(Tell { tenant: self.number, trace_id, message: Box::new(message) })?;
        Ok((giver, answer))
    }
}

/// Times have whole milliseconds, as MLflow's do.
fn stamp(change: &mut AssessmentChange) {
    let now = unix_now_ns() / 1_000_000 * 1_000_000;
    match change {
        AssessmentChange::Log { assessment } => {
            if assessment.assessment_id.is_empty() {
                assessment.assessment_id = new_id();
            }
            if assessment.create_time_unix_nano == 0 {
                assessment.create_time_unix_nano = now;
            }
            assessment.last_update_time_unix_nano = now.max(assessment.create_time_unix_nano);
        }
        AssessmentChange::Update { at_unix_nano, .. } => *at_unix_nano = now,
        _ => {}
    }
}

/// `a-` and 32 random hex digits: each `RandomState` has keys of its own, from the operating system's random numbers.
fn new_id() -> String {
    let random = || RandomState::new().hash_one(0_u8);
    format!("a-{:016x}{:016x}", random(), random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_mlflow_s_form_and_differ() {
        let ids: std::collections::HashSet<String> = (0..1_000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 1_000);
        assert!(ids.iter().all(|id| id.len() == 34 && id.starts_with("a-")));
    }

    #[test]
    fn a_logged_assessment_gets_its_times_and_an_id_unless_it_has_one() {
        let mut change = AssessmentChange::Log { assessment: Box::new(Assessment::feedback("f", 1)) };
        stamp(&mut change);
        let AssessmentChange::Log { assessment } = &change else { panic!("still the same") };
        assert!(assessment.create_time_unix_nano > 0 && assessment.create_time_unix_nano.is_multiple_of(1_000_000));
        let first = assessment.assessment_id.clone();
        stamp(&mut change);
        let AssessmentChange::Log { assessment } = &change else { panic!("still the same") };
        assert_eq!(assessment.assessment_id, first);
    }
}
