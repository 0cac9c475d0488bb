//! Many questions at once, as a busy server gets them.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use tokio::runtime::Builder;
use tokio::task::{JoinError, JoinSet};

use crate::agent::{Agent, AgentError, Answer, Question};
use crate::error::CliError;

/// Questions that are open at the same time, for each thread: enough of them that each waits for its turns, as in a busy
/// server, and can be seen while it runs.
const MOST_OPEN_PER_THREAD: usize = 256;
/// Of a few questions only this share is open at the same time, so that their timelines show work and not waiting.
const OPEN_SHARE: usize = 4;
const REDRAW: Duration = Duration::from_millis(100);

/// How the questions went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) answered: u64,
    pub(crate) unanswered: u64,
}

/// Asks them all and waits for the answers. Progress goes to stderr, when that is a terminal.
pub(crate) fn ask_all(agent: Arc<Agent>, questions: Vec<Question>, threads: usize) -> Result<Tally, CliError> {
    let runtime =
        Builder::new_multi_thread().worker_threads(threads).thread_name("agent").build().map_err(CliError::Threads)?;
    let progress = progress(questions.len() as u64);
    let most_open = (questions.len() / OPEN_SHARE).clamp(threads, threads.saturating_mul(MOST_OPEN_PER_THREAD));
    let tally = runtime.block_on(ask(agent, questions, most_open, &progress));
    progress.finish_and_clear();
    Ok(tally)
}

async fn ask(agent: Arc<Agent>, questions: Vec<Question>, most_open: usize, progress: &ProgressBar) -> Tally {
    let mut open = JoinSet::new();
    let mut tally = Tally::default();
    for question in questions {
        if open.len() >= most_open
            && let Some(outcome) = open.join_next().await
        {
            tally.count(&outcome);
            progress.inc(1);
        }
        let agent = Arc::clone(&agent);
        open.spawn(async move { agent.answer(&question.text, &question.asker).await });
    }
    while let Some(outcome) = open.join_next().await {
        tally.count(&outcome);
        progress.inc(1);
    }
    tally
}

impl Tally {
    /// Traces that were made.
    pub(crate) fn traces(&self) -> u64 {
        self.answered + self.unanswered
    }

    fn count(&mut self, outcome: &Result<Result<Answer, AgentError>, JoinError>) {
        match outcome {
            Ok(Ok(_)) => self.answered += 1,
            Ok(Err(_)) | Err(_) => self.unanswered += 1,
        }
    }
}

fn progress(questions: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40.cyan/dim} {human_pos}/{human_len} questions, {rate}, {elapsed}")
        .expect("the template is valid")
        .with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
            // Writing to the bar's line cannot fail.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        })
        .progress_chars("━╸─");
    let progress = ProgressBar::new(questions).with_style(style);
    progress.enable_steady_tick(REDRAW);
    progress
}
