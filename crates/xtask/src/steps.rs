//! The steps of each task: what is run, in which order, and what is skipped for which reason.
//!
//! Pure: the plan follows from the workspace and the tools alone.

use std::path::PathBuf;
use std::time::Duration;

use crate::{
    args::Depth,
    call::Call,
    runner::steps_dir,
    tools::{Tool, Tools},
    workspace::{Example, Workspace},
};

/// No example does more than a few seconds of work; one that waits for input or a network would never end.
const EXAMPLE_LIMIT: Duration = Duration::from_secs(120);
/// Cases per property in a long run, against proptest's default of 256.
const LONG_PROPERTY_CASES: &str = "4096";
/// Cases per property under miri, which runs about a thousand times slower than the machine.
const MIRI_PROPERTY_CASES: &str = "2";

/// The server that delivery is tested against.
const MLFLOW_VERSION: &str = "3.17.2";

/// One named thing to run, or the reason why it is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) work: Work,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    Run {
        call: Call,
        goal: Goal,
        /// A file without which it cannot run: what an earlier step should have installed.
        needs: Option<PathBuf>,
    },
    Skip {
        reason: String,
    },
}

/// What a step must do to pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Run at least one test, and fail none.
    Tests,
    /// End with success.
    Success,
    /// End with success, and print these lines on the way.
    Prints(Vec<String>),
    /// End with success; else it counts as skipped, for the reason in its last line.
    Installs,
}

impl Step {
    fn tests(name: &str, call: Call) -> Self {
        Self { name: name.to_owned(), work: Work::Run { call, goal: Goal::Tests, needs: None } }
    }

    fn check(name: &str, call: Call) -> Self {
        Self { name: name.to_owned(), work: Work::Run { call, goal: Goal::Success, needs: None } }
    }

    fn install(name: &str, call: Call) -> Self {
        Self { name: name.to_owned(), work: Work::Run { call, goal: Goal::Installs, needs: None } }
    }

    fn skip(name: &str, reason: String) -> Self {
        Self { name: name.to_owned(), work: Work::Skip { reason } }
    }

    /// The step, if the workspace has the package it is about.
    fn about(self, package: &str, workspace: &Workspace) -> Self {
        match workspace.has(package) {
            true => self,
            false => Self::skip(&self.name, format!("no package `{package}` in the workspace")),
        }
    }

    /// The step, if this file is there when its turn comes.
    fn needing(mut self, file: PathBuf) -> Self {
        if let Work::Run { needs, .. } = &mut self.work {
            *needs = Some(file);
        }
        self
    }

    /// The step, if the tool it needs is installed.
    fn with(self, tool: &Tool) -> Self {
        match tool {
            Tool::Installed => self,
            Tool::Missing(reason) => Self::skip(&self.name, reason.clone()),
        }
    }
}

/// `cargo xtask test`.
pub(crate) fn test(workspace: &Workspace, tools: &Tools, depth: Depth) -> Vec<Step> {
    let mut steps = vec![
        behaviour(depth),
        install_mlflow(workspace).about("spanloom-tests", workspace),
        delivery(workspace).about("spanloom-tests", workspace),
        Step::tests("documentation tests", Call::cargo("test --workspace --doc --no-fail-fast")),
        Step::check("disabled build", Call::cargo("run -p spanloom-disabled-tests"))
            .about("spanloom-disabled-tests", workspace),
        loom_model(workspace).about("spanloom-api", workspace),
        Step::tests("safe ring", Call::cargo("test -p spanloom-api --features safe-ring --lib"))
            .about("spanloom-api", workspace),
        miri(workspace, depth).about("spanloom-api", workspace).with(&tools.miri),
    ];
    if depth == Depth::Long {
        steps.push(Step::tests("optimised code", Call::cargo("test --workspace --tests --release --no-fail-fast")));
    }
    steps
}

/// `cargo xtask ci`.
pub(crate) fn ci(workspace: &Workspace, tools: &Tools, depth: Depth) -> Vec<Step> {
    let lints = Call::cargo("clippy --workspace --all-targets --features spanloom-tests/servers -- -D warnings");
    let documentation = Call::cargo("doc --workspace --no-deps").env("RUSTDOCFLAGS", "-D warnings");
    let mut steps = vec![
        Step::check("formatting", Call::cargo("fmt --all --check -- --color never")).with(&tools.rustfmt),
        Step::check("lints", lints).with(&tools.clippy),
    ];
    steps.extend(test(workspace, tools, depth));
    steps.push(Step::check("documentation", documentation));
    steps.extend(examples(workspace));
    steps
}

fn behaviour(depth: Depth) -> Step {
    let call = Call::cargo("test --workspace --tests --no-fail-fast");
    let call = match depth {
        Depth::Standard => call,
        Depth::Long => call.words("-- --include-ignored").env("PROPTEST_CASES", LONG_PROPERTY_CASES),
    };
    Step::tests("unit and behaviour tests", call)
}

fn install_mlflow(workspace: &Workspace) -> Step {
    let script = Call::script(workspace.root.join("tests").join("delivery").join("install.sh"));
    Step::install("installing MLflow", script.arg(mlflow_dir(workspace)).arg(MLFLOW_VERSION))
}

/// With the whole workspace named, so that nothing is built anew for it.
fn delivery(workspace: &Workspace) -> Step {
    let dir = mlflow_dir(workspace);
    let call = Call::cargo("test --workspace --features spanloom-tests/servers --test delivery --no-fail-fast");
    let call = call.env("SPANLOOM_TEST_PYTHON", dir.join("bin").join("python").display().to_string());
    Step::tests("delivery to a real MLflow server", call).needing(dir.join("installed"))
}

fn mlflow_dir(workspace: &Workspace) -> PathBuf {
    workspace.target.join("servers").join(format!("mlflow-{MLFLOW_VERSION}"))
}

/// In a target directory of its own: other flags for rustc would rebuild everything in the common one.
fn loom_model(workspace: &Workspace) -> Step {
    let call = Call::cargo("test -p spanloom-api --lib --release --target-dir").arg(workspace.target.join("loom"));
    Step::tests("loom model", call.rustflags("--cfg loom").arg("loom"))
}

/// Takes some minutes, so only a long run has the time for it.
fn miri(workspace: &Workspace, depth: Depth) -> Step {
    if depth == Depth::Standard {
        return Step::skip("miri", "takes minutes: part of `--long`".to_owned());
    }
    let call = Call::nightly_cargo("miri test -p spanloom-api --lib --target-dir").arg(workspace.target.join("miri"));
    // Property tests look for the file of their earlier failures, which isolation forbids. The ring passes the addresses
    // of literals and boxes as words, whose provenance is exposed on purpose.
    let flags = "-Zmiri-disable-isolation -Zmiri-permissive-provenance";
    let call = call.env("MIRIFLAGS", flags).env("PROPTEST_CASES", MIRI_PROPERTY_CASES);
    Step::tests("miri", call.arg("ring::"))
}

/// `cargo xtask examples`: a step that builds them, so that compiling does not count as running, then one for each.
pub(crate) fn examples(workspace: &Workspace) -> Vec<Step> {
    let Some(first) = workspace.examples.first() else {
        return vec![Step::skip("examples", "none in the workspace".to_owned())];
    };
    let build = Call::cargo("build --all-features --examples -p").arg(&first.package);
    let build = Step::check("building examples", build);
    std::iter::once(build).chain(workspace.examples.iter().map(|example| run_example(example, workspace))).collect()
}

/// In a scratch directory: an example may leave its store behind. It prints what its documentation says.
fn run_example(example: &Example, workspace: &Workspace) -> Step {
    let call = Call::cargo("run --all-features --manifest-path")
        .arg(workspace.root.join("Cargo.toml"))
        .words("--package")
        .arg(&example.package)
        .words("--example")
        .arg(&example.name)
        .in_scratch(steps_dir(workspace).join("examples").join(&example.name))
        .limit(EXAMPLE_LIMIT);
    let goal = Goal::Prints(example.prints.clone());
    Step { name: format!("example {}", example.name), work: Work::Run { call, goal, needs: None } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGES: [&str; 3] = ["spanloom-api", "spanloom-disabled-tests", "spanloom-examples"];

    fn tools(miri: Tool) -> Tools {
        Tools { rustfmt: Tool::Installed, clippy: Tool::Installed, miri }
    }

    /// `name` per step, with ` (reason)` for those that are skipped.
    fn outline(steps: &[Step]) -> Vec<String> {
        let line = |step: &Step| match &step.work {
            Work::Run { .. } => step.name.clone(),
            Work::Skip { reason } => format!("{} ({reason})", step.name),
        };
        steps.iter().map(line).collect()
    }

    fn line_of(steps: &[Step], name: &str) -> String {
        let step = steps.iter().find(|step| step.name == name).unwrap();
        match &step.work {
            Work::Run { call, .. } => call.line(),
            Work::Skip { reason } => panic!("`{name}` is skipped: {reason}"),
        }
    }

    #[test]
    fn ci_runs_checks_then_tests_then_documentation_and_examples() {
        let workspace = Workspace::of(&PACKAGES, &["a", "b"]);
        let steps = ci(&workspace, &tools(Tool::Installed), Depth::Standard);
        let expected = [
            "formatting",
            "lints",
            "unit and behaviour tests",
            "installing MLflow (no package `spanloom-tests` in the workspace)",
            "delivery to a real MLflow server (no package `spanloom-tests` in the workspace)",
            "documentation tests",
            "disabled build",
            "loom model",
            "safe ring",
            "miri (takes minutes: part of `--long`)",
            "documentation",
            "building examples",
            "example a",
            "example b",
        ];
        assert_eq!(outline(&steps), expected);
    }

    #[test]
    fn what_is_missing_is_skipped_with_its_reason() {
        let tools = tools(Tool::Missing("no nightly".to_owned()));
        let steps = ci(&Workspace::of(&["spanloom-api"], &[]), &tools, Depth::Long);
        let skipped: Vec<_> = outline(&steps).into_iter().filter(|line| line.ends_with(')')).collect();
        let expected = [
            "installing MLflow (no package `spanloom-tests` in the workspace)",
            "delivery to a real MLflow server (no package `spanloom-tests` in the workspace)",
            "disabled build (no package `spanloom-disabled-tests` in the workspace)",
            "miri (no nightly)",
            "examples (none in the workspace)",
        ];
        assert_eq!(skipped, expected);
    }

    #[test]
    fn long_run_includes_ignored_tests_miri_and_optimised_code() {
        let steps = test(&Workspace::of(&PACKAGES, &[]), &tools(Tool::Installed), Depth::Long);
        assert!(line_of(&steps, "miri").ends_with("ring::"));
        let line = line_of(&steps, "unit and behaviour tests");
        assert!(line.starts_with("PROPTEST_CASES=4096 ") && line.ends_with(" -- --include-ignored"), "{line}");
        assert_eq!(steps.last().map(|step| step.name.as_str()), Some("optimised code"));
    }

    #[test]
    fn other_compiler_flags_build_in_a_directory_of_their_own() {
        let steps = test(&Workspace::of(&PACKAGES, &[]), &tools(Tool::Installed), Depth::Standard);
        let target = std::path::Path::new("/w/target").join("loom");
        let expected = format!(
            "RUSTFLAGS='--cfg loom' cargo test -p spanloom-api --lib --release --target-dir {} loom",
            target.display()
        );
        assert_eq!(line_of(&steps, "loom model"), expected);
    }
}
