//! What is seen of a step while it runs: one moving line on a terminal, else a line now and then.

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::libtest::Tally;

/// How often a run without a terminal shows that it is alive.
const QUIET_INTERVAL: Duration = Duration::from_secs(30);

/// The display of one running step; dropping it clears the line.
#[derive(Debug)]
pub(crate) struct Progress {
    name: String,
    started: Instant,
    display: Display,
}

#[derive(Debug)]
enum Display {
    Terminal(ProgressBar),
    Plain { next: Duration },
}

impl Progress {
    pub(crate) fn start(name: &str) -> Self {
        let display = if io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{spinner} {msg}").expect("the template is valid");
            Display::Terminal(ProgressBar::new_spinner().with_style(style))
        } else {
            Display::Plain { next: QUIET_INTERVAL }
        };
        Self { name: name.to_owned(), started: Instant::now(), display }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Shows the time and the counts, if it is time to.
    pub(crate) fn update(&mut self, tally: &Tally) {
        let elapsed = self.elapsed();
        let text = text(&self.name, tally, elapsed);
        match &mut self.display {
            Display::Terminal(bar) => {
                bar.set_message(text);
                bar.tick();
            }
            Display::Plain { next } if elapsed >= *next => {
                *next = elapsed + QUIET_INTERVAL;
                println!("running: {text}");
            }
            Display::Plain { .. } => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Display::Terminal(bar) = &self.display {
            bar.finish_and_clear();
        }
    }
}

fn text(name: &str, tally: &Tally, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match tally.announced {
        0 => format!("{name}, {seconds} s"),
        announced => format!("{name}, {} of {announced} tests, {seconds} s", tally.done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_shown_once_there_are_some() {
        let elapsed = Duration::from_millis(1900);
        assert_eq!(text("lints", &Tally::default(), elapsed), "lints, 1 s");
        let mut tally = Tally::default();
        ["running 9 tests", "test a ... ok"].iter().for_each(|line| tally.read(line));
        assert_eq!(text("unit tests", &tally, elapsed), "unit tests, 1 of 9 tests, 1 s");
    }
}
