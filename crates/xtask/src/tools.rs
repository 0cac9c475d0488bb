//! Which optional tools are installed, and if not, what to say about it.

use crate::call::Call;

/// What was found when the program started.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    pub(crate) rustfmt: Tool,
    pub(crate) clippy: Tool,
    pub(crate) miri: Tool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tool {
    Installed,
    /// Holds the reason to print.
    Missing(String),
}

impl Tools {
    /// Asks the tools themselves; a few short processes.
    pub(crate) fn detect() -> Self {
        Self { rustfmt: component("rustfmt", "fmt"), clippy: component("clippy", "clippy"), miri: miri() }
    }
}

fn component(name: &str, subcommand: &str) -> Tool {
    if answers(&Call::cargo(subcommand).arg("--version")) {
        Tool::Installed
    } else {
        Tool::Missing(format!("not installed: `rustup component add {name}`"))
    }
}

fn answers(call: &Call) -> bool {
    call.command().output().is_ok_and(|output| output.status.success())
}

fn miri() -> Tool {
    let list = std::process::Command::new("rustup")
        .args(["component", "list", "--toolchain", "nightly", "--installed"])
        .output();
    match list {
        Err(_) => Tool::Missing("needs rustup, which was not found".to_owned()),
        Ok(list) if !list.status.success() => Tool::Missing("needs a nightly toolchain: none is installed".to_owned()),
        Ok(list) => miri_among(&String::from_utf8_lossy(&list.stdout)),
    }
}

/// Judges rustup's list of installed components, one a line, some with the host's name after them.
fn miri_among(components: &str) -> Tool {
    let missing = |name: &&str| !components.lines().any(|line| line == *name || line.starts_with(&format!("{name}-")));
    let missing: Vec<_> = ["miri", "rust-src"].into_iter().filter(missing).collect();
    if missing.is_empty() {
        Tool::Installed
    } else {
        Tool::Missing(format!("not installed: `rustup component add --toolchain nightly {}`", missing.join(" ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn miri_needs_the_source_of_std_too() {
        let host = "x86_64-unknown-linux-gnu";
        assert_eq!(miri_among(&format!("cargo-{host}\nmiri-{host}\nrust-src\n")), Tool::Installed);
        assert_eq!(
            miri_among(&format!("cargo-{host}\nmiri-{host}\n")),
            Tool::Missing("not installed: `rustup component add --toolchain nightly rust-src`".into())
        );
    }
}
