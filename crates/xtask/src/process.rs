//! Runs a program and hands out its output, line by line, while it runs.
//!
//! Both output streams share one pipe, so that their lines stay in order. The program gets no input.

use std::{
    io::{self, BufRead, BufReader, PipeReader},
    path::Path,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use crate::call::Call;

/// How often [`Event::Tick`] comes while the program is silent.
const TICK: Duration = Duration::from_millis(200);
/// Lines read ahead of the display.
const LINES_AHEAD: usize = 1024;

/// What is told while a program runs.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The program wrote a line.
    Line(&'a str),
    /// Some time has passed.
    Tick,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Succeeded,
    /// With the exit code or signal, as text.
    Failed(String),
    /// Killed at its time limit.
    TimedOut(Duration),
    /// With the reason.
    NotStarted(String),
}

/// Runs `call` in `dir` to its end, or kills it at its time limit; `notice` is told of everything on the way.
pub(crate) fn run(call: &Call, dir: &Path, notice: impl FnMut(Event<'_>)) -> End {
    match start(call, dir) {
        Ok((child, lines)) => follow(child, &lines, call.time_limit(), notice),
        Err(error) => End::NotStarted(error.to_string()),
    }
}

fn start(call: &Call, dir: &Path) -> io::Result<(Child, Receiver<String>)> {
    let (reader, writer) = io::pipe()?;
    let mut command = call.command();
    command.current_dir(dir).stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let child = command.spawn()?;
    // The command holds this process's ends of the pipe: it must go before the pipe can close.
    drop(command);
    let (sender, lines) = sync_channel(LINES_AHEAD);
    // Ends with the pipe, or with the receiver: a killed program may leave children that keep the pipe open.
    thread::Builder::new().name("output".to_owned()).spawn(move || forward(reader, &sender))?;
    Ok((child, lines))
}

fn forward(reader: PipeReader, lines: &SyncSender<String>) {
    for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if lines.send(line.trim_end_matches('\r').to_owned()).is_err() {
            return;
        }
    }
}

fn follow(child: Child, lines: &Receiver<String>, limit: Option<Duration>, mut notice: impl FnMut(Event<'_>)) -> End {
    let started = Instant::now();
    loop {
        if let Some(limit) = limit
            && started.elapsed() >= limit
        {
            return kill(child, limit);
        }
        match lines.recv_timeout(TICK) {
            Ok(line) => notice(Event::Line(&line)),
            Err(RecvTimeoutError::Timeout) => notice(Event::Tick),
            Err(RecvTimeoutError::Disconnected) => return wait(child),
        }
    }
}

fn kill(mut child: Child, limit: Duration) -> End {
    if let Ok(Some(_)) = child.try_wait() {
        return End::Failed("ended, but left a process behind that held its output open".to_owned());
    }
    match child.kill().and_then(|()| child.wait()) {
        Ok(_) => End::TimedOut(limit),
        Err(error) => End::Failed(format!("still running after its time limit, and could not be killed: {error}")),
    }
}

fn wait(mut child: Child) -> End {
    match child.wait() {
        Ok(status) if status.success() => End::Succeeded,
        Ok(status) => End::Failed(status.to_string()),
        Err(error) => End::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDLESS: &str = "XTASK_ENDLESS";

    /// Runs `call` and returns its end with the lines it wrote.
    fn outcome(call: &Call) -> (End, Vec<String>) {
        let mut lines = Vec::new();
        let end = run(call, Path::new("."), |event| {
            if let Event::Line(line) = event {
                lines.push(line.to_owned());
            }
        });
        (end, lines)
    }

    #[test]
    fn output_of_both_streams_arrives() {
        let (end, lines) = outcome(&Call::cargo("--version"));
        assert_eq!(end, End::Succeeded);
        assert!(lines[0].starts_with("cargo "), "{lines:?}");
        let (end, lines) = outcome(&Call::cargo("no-such-subcommand"));
        assert!(matches!(end, End::Failed(_)), "{end:?}");
        assert!(lines[0].starts_with("error: "), "{lines:?}");
    }

    #[test]
    fn program_is_killed_at_its_limit() {
        let limit = Duration::from_millis(1);
        let call = Call::this_test("process::tests::endless_if_asked").env(ENDLESS, "yes").limit(limit);
        assert_eq!(outcome(&call).0, End::TimedOut(limit));
    }

    /// No promise of its own: the program that the test above kills.
    #[test]
    fn endless_if_asked() {
        while std::env::var_os(ENDLESS).is_some() {
            thread::park();
        }
    }

    #[test]
    fn program_that_does_not_exist_is_told() {
        let end = run(&Call::cargo("--version"), Path::new("/no/such/directory"), |_| {});
        assert!(matches!(end, End::NotStarted(_)), "{end:?}");
    }
}
