//! A run of the victim: started, listened to, killed or waited for.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long any run may take before it counts as hung.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A run that is about to begin.
pub(super) struct Program(Command);

/// A run.
pub(super) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    heard: Vec<String>,
    stderr: JoinHandle<String>,
}

/// A run that is over.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) lines: Vec<String>,
    pub(super) stderr: String,
}

impl Program {
    /// The victim with a task, in a directory, with nothing of Spanloom's in its environment.
    pub(super) fn new(task: &str, directory: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_victim"));
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["SPANLOOM_", "MLFLOW_", "OTEL_", "RUST_BACKTRACE"].iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.arg(task).current_dir(directory);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command)
    }

    pub(super) fn option(mut self, name: &str, value: impl ToString) -> Self {
        self.0.arg(format!("--{name}")).arg(value.to_string());
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Started by another program, which is given what to start.
    pub(super) fn through(self, starter: &[&str]) -> Self {
        let inner = self.0;
        let mut command = Command::new(starter[0]);
        command.args(&starter[1..]).arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = inner.get_current_dir() {
            command.current_dir(directory);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command)
    }

    pub(super) fn start(mut self) -> Running {
        let mut child = self.0.spawn().expect("the victim was built with this test");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().expect("stdout is a pipe"));
        let mut errors = child.stderr.take().expect("stderr is a pipe");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                // Whoever listened may have seen enough.
                let _ = send.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let stderr = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            errors.read_to_end(&mut bytes).expect("a pipe can be read");
            String::from_utf8_lossy(&bytes).into_owned()
        });
        Running { child, stdin, lines, heard: Vec::new(), stderr }
    }

    /// Runs it to its end.
    #[track_caller]
    pub(super) fn run(self) -> Ended {
        self.start().wait()
    }
}

impl Running {
    /// Listens until a line begins so, and gives what follows.
    #[track_caller]
    pub(super) fn wait_for(&mut self, prefix: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.heard.push(line.clone());
                    if let Some(rest) = line.strip_prefix(prefix) {
                        return rest.trim().to_owned();
                    }
                }
                Err(error) => panic!("no line `{prefix}`: {error}; heard {:?}", self.heard.last()),
            }
        }
    }

    /// Listens for this long, or until the program ends.
    pub(super) fn listen(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.heard.push(line);
        }
    }

    /// Takes note of what was said so far, without waiting.
    pub(super) fn catch_up(&mut self) {
        self.heard.extend(self.lines.try_iter());
    }

    /// Ends its stdin.
    pub(super) fn release(&mut self) {
        self.stdin = None;
    }

    /// Kills it, as `kill -9` does.
    pub(super) fn kill(mut self) -> Ended {
        self.child.kill().expect("it can be killed");
        self.wait()
    }

    /// Waits for its end. A program that hangs is killed, and fails the test.
    #[track_caller]
    pub(super) fn wait(mut self) -> Ended {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => self.heard.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().expect("it can be killed");
                    panic!("the program hangs; last heard: {:?}", self.heard.last());
                }
            }
        }
        let status = self.child.wait().expect("it has ended");
        let stderr = self.stderr.join().expect("the reader of a pipe does not panic");
        Ended { status, lines: self.heard, stderr }
    }
}

impl Ended {
    /// What followed a word at the start of a line, in order.
    pub(super) fn said<'a>(&'a self, word: &str) -> Vec<&'a str> {
        let after = |line: &'a String| line.strip_prefix(word)?.strip_prefix(' ');
        self.lines.iter().filter_map(after).collect()
    }

    /// What followed a word that was said once.
    #[track_caller]
    pub(super) fn said_once(&self, word: &str) -> &str {
        match self.said(word)[..] {
            [rest] => rest,
            ref other => panic!("`{word}` was said {} times; stderr: {}", other.len(), self.stderr),
        }
    }

    /// That it ended as a program should that has nothing to complain about.
    #[track_caller]
    pub(super) fn expect_success(&self) {
        assert!(self.status.success(), "{}: {}", self.status, self.stderr);
    }
}
