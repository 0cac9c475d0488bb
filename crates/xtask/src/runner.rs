//! Runs a step: its output goes to a log of its own, its progress to the screen, its result into a report.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use crate::{
    call::Call,
    error::Error,
    excerpt::excerpt,
    libtest::Tally,
    process::{self, Event},
    progress::Progress,
    steps::{Goal, Step, Work},
    summary::{Counts, Failure, Report, Verdict, judge},
    workspace::Workspace,
};

#[derive(Debug)]
pub(crate) struct Runner {
    root: PathBuf,
    logs: PathBuf,
}

impl Runner {
    /// A runner for this workspace, with an empty directory for its logs.
    pub(crate) fn new(workspace: &Workspace) -> Result<Self, Error> {
        let logs = steps_dir(workspace);
        empty_dir(&logs)?;
        Ok(Self { root: workspace.root.clone(), logs })
    }

    /// Runs `step` to its end.
    pub(crate) fn run(&self, step: &Step) -> Result<Report, Error> {
        match &step.work {
            Work::Skip { reason } => Ok(skipped(&step.name, reason)),
            Work::Run { needs: Some(file), .. } if !file.exists() => {
                Ok(skipped(&step.name, &format!("`{}` is not there: see the step that installs it", file.display())))
            }
            Work::Run { call, goal, .. } => self.run_call(&step.name, call, goal),
        }
    }

    fn run_call(&self, name: &str, call: &Call, goal: &Goal) -> Result<Report, Error> {
        let dir = self.prepare_dir(call)?;
        let path = self.logs.join(format!("{}.log", file_name(name)));
        let mut log = Log::create(path)?;
        log.write(&format!("$ {}", call.line()));

        let mut tally = Tally::default();
        let mut progress = Progress::start(name);
        let end = process::run(call, dir, |event| {
            if let Event::Line(line) = event {
                log.write(line);
                tally.read(line);
            }
            progress.update(&tally);
        });
        let elapsed = progress.elapsed();
        drop(progress);

        let (path, text) = log.finish()?;
        let (counts, reason) = judge(goal, &end, &tally, &text);
        if *goal == Goal::Installs && reason.is_some() {
            return Ok(skipped(name, text.lines().next_back().unwrap_or("it printed no reason")));
        }
        let failed = |reason| Failure { reason, failing: tally.failing(), excerpt: excerpt(&text), log: path };
        let verdict = reason.map_or(Verdict::Passed, |reason| Verdict::Failed(failed(reason)));
        Ok(Report { name: name.to_owned(), verdict, counts, elapsed })
    }

    fn prepare_dir<'a>(&'a self, call: &'a Call) -> Result<&'a Path, Error> {
        match call.scratch() {
            Some(scratch) => empty_dir(scratch).map(|()| scratch.as_path()),
            None => Ok(&self.root),
        }
    }
}

/// Where logs and scratch directories of a run are.
pub(crate) fn steps_dir(workspace: &Workspace) -> PathBuf {
    workspace.target.join("xtask")
}

fn skipped(name: &str, reason: &str) -> Report {
    let verdict = Verdict::Skipped(reason.to_owned());
    Report { name: name.to_owned(), verdict, counts: Counts::SKIPPED_STEP, elapsed: std::time::Duration::ZERO }
}

fn empty_dir(dir: &Path) -> Result<(), Error> {
    let remove = match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    remove.and_then(|()| fs::create_dir_all(dir)).map_err(|source| Error::Output { path: dir.to_owned(), source })
}

/// `Unit tests` → `unit-tests`.
fn file_name(step: &str) -> String {
    step.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "-")
}

/// A step's output on disk. Keeps the first error for [`Log::finish`], so that the program can run on meanwhile.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: BufWriter<File>,
    state: io::Result<()>,
}

impl Log {
    fn create(path: PathBuf) -> Result<Self, Error> {
        match File::create(&path) {
            Ok(file) => Ok(Self { path, file: BufWriter::new(file), state: Ok(()) }),
            Err(source) => Err(Error::Output { path, source }),
        }
    }

    fn write(&mut self, line: &str) {
        if self.state.is_ok() {
            self.state = writeln!(self.file, "{line}");
        }
    }

    /// Closes the log and returns its path and text.
    fn finish(mut self) -> Result<(PathBuf, String), Error> {
        let text = self.state.and_then(|()| self.file.flush()).and_then(|()| fs::read_to_string(&self.path));
        match text {
            Ok(text) => Ok((self.path, text)),
            Err(source) => Err(Error::Output { path: self.path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_hold_no_spaces_or_separators() {
        assert_eq!(file_name("Example a/b_c"), "example-a-b_c");
    }
}
