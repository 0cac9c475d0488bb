//! One call of a program: what it is given, where it runs, how long it may take.

use std::{ffi::OsString, path::PathBuf, process::Command, time::Duration};

/// A program with its arguments and surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    program: OsString,
    args: Vec<OsString>,
    envs: Vec<(&'static str, String)>,
    unset: Vec<&'static str>,
    scratch: Option<PathBuf>,
    limit: Option<Duration>,
}

impl Call {
    /// A call of the cargo that runs this program.
    pub(crate) fn cargo(args: &str) -> Self {
        Self::program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).words(args)
    }

    /// A call of cargo from the nightly toolchain.
    pub(crate) fn nightly_cargo(args: &str) -> Self {
        let mut call = Self::program("rustup".into()).words("run nightly cargo").words(args);
        // These name the toolchain this program was started from.
        call.unset.extend(["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"]);
        call
    }

    /// A call of a shell script.
    pub(crate) fn script(path: PathBuf) -> Self {
        Self::program("sh".into()).arg(path)
    }

    /// A call of this test binary that runs the test `name` alone.
    #[cfg(test)]
    pub(crate) fn this_test(name: &str) -> Self {
        Self::program(std::env::current_exe().unwrap().into()).words("--exact").arg(name)
    }

    fn program(program: OsString) -> Self {
        Self { program, args: Vec::new(), envs: Vec::new(), unset: Vec::new(), scratch: None, limit: None }
    }

    /// Adds the arguments in `text`, which white space separates.
    pub(crate) fn words(mut self, text: &str) -> Self {
        self.args.extend(text.split_whitespace().map(OsString::from));
        self
    }

    /// Adds one argument as it is.
    pub(crate) fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.envs.push((key, value.into()));
        self
    }

    /// Passes `flags` to rustc, in place of any that the caller's environment asks for.
    pub(crate) fn rustflags(mut self, flags: &str) -> Self {
        self.unset.push("CARGO_ENCODED_RUSTFLAGS");
        self.env("RUSTFLAGS", flags)
    }

    /// Runs in `dir`, which is emptied before; without it, in the workspace root.
    pub(crate) fn in_scratch(mut self, dir: PathBuf) -> Self {
        self.scratch = Some(dir);
        self
    }

    /// Kills the program when it has run for `limit`; without it, there is none.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    pub(crate) fn time_limit(&self) -> Option<Duration> {
        self.limit
    }

    pub(crate) fn scratch(&self) -> Option<&PathBuf> {
        self.scratch.as_ref()
    }

    /// The command, without its standard streams and directory.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Colour codes would hide the words that are looked for in the output.
        command.args(&self.args).env("CARGO_TERM_COLOR", "never");
        for key in &self.unset {
            command.env_remove(key);
        }
        command.envs(self.envs.iter().map(|(key, value)| (key, value)));
        command
    }

    /// The call as one would type it.
    pub(crate) fn line(&self) -> String {
        let program = std::path::Path::new(&self.program).file_stem().unwrap_or(&self.program);
        let envs = self.envs.iter().map(|(key, value)| format!("{key}={}", quoted(value)));
        let words = std::iter::once(program).chain(self.args.iter().map(OsString::as_os_str));
        envs.chain(words.map(|word| quoted(&word.to_string_lossy()))).collect::<Vec<_>>().join(" ")
    }
}

fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) { format!("'{word}'") } else { word.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_reads_as_typed() {
        let call = Call::cargo("test -p spanloom-api").rustflags("--cfg loom").arg("a b");
        assert_eq!(call.line(), "RUSTFLAGS='--cfg loom' cargo test -p spanloom-api 'a b'");
    }
}
