//! What the workspace holds, as `cargo metadata` tells it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{call::Call, error::Error, promise};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where cargo builds; logs and scratch directories go below it.
    pub(crate) target: PathBuf,
    packages: BTreeSet<String>,
    pub(crate) examples: Vec<Example>,
}

/// A program in the top-level `examples` directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Example {
    pub(crate) package: String,
    pub(crate) name: String,
    source: PathBuf,
    /// The lines that its documentation promises.
    pub(crate) prints: Vec<String>,
}

impl Workspace {
    /// Asks cargo about the workspace around the current directory.
    pub(crate) fn load() -> Result<Self, Error> {
        let call = Call::cargo("metadata --no-deps --format-version 1");
        let answer = call.command().output().map_err(|source| Error::CargoNotStarted { source })?;
        if !answer.status.success() {
            let stderr = String::from_utf8_lossy(&answer.stderr).trim_end().to_owned();
            return Err(Error::MetadataRefused { stderr });
        }
        let workspace = Self::from_metadata(&answer.stdout);
        workspace.map_err(|source| Error::MetadataUnreadable { source })?.with_promises()
    }

    fn with_promises(mut self) -> Result<Self, Error> {
        for example in &mut self.examples {
            let path = &example.source;
            let text = fs::read_to_string(path).map_err(|source| Error::Example { path: path.clone(), source })?;
            example.prints = promise::promised(&text);
        }
        Ok(self)
    }

    pub(crate) fn has(&self, package: &str) -> bool {
        self.packages.contains(package)
    }

    fn from_metadata(json: &[u8]) -> Result<Self, serde_json::Error> {
        let metadata: Metadata = serde_json::from_slice(json)?;
        let programs = metadata.workspace_root.join("examples");
        let mut examples: Vec<_> = metadata.packages.iter().flat_map(|package| package.examples(&programs)).collect();
        examples.sort();
        Ok(Self {
            root: metadata.workspace_root,
            target: metadata.target_directory,
            packages: metadata.packages.into_iter().map(|package| package.name).collect(),
            examples,
        })
    }
}

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    targets: Vec<Target>,
}

impl Package {
    /// The examples whose source is below `dir`; those of a crate's own directory are its business.
    fn examples(&self, dir: &Path) -> impl Iterator<Item = Example> {
        let own = move |target: &&Target| {
            target.kind.iter().any(|kind| kind == "example") && target.src_path.starts_with(dir)
        };
        let example = |target: &Target| Example {
            package: self.name.clone(),
            name: target.name.clone(),
            source: target.src_path.clone(),
            prints: Vec::new(),
        };
        self.targets.iter().filter(own).map(example)
    }
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

#[cfg(test)]
impl Workspace {
    /// A workspace in `/w` of these packages, whose examples are in `spanloom-examples`.
    pub(crate) fn of(packages: &[&str], examples: &[&str]) -> Self {
        let example = |name: &&str| Example {
            package: "spanloom-examples".into(),
            name: (*name).into(),
            source: format!("/w/examples/{name}.rs").into(),
            prints: Vec::new(),
        };
        Self {
            root: "/w".into(),
            target: "/w/target".into(),
            packages: packages.iter().map(|name| (*name).to_owned()).collect(),
            examples: examples.iter().map(example).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_those_of_the_top_level_directory() {
        let json = r#"{
            "workspace_root": "/w", "target_directory": "/w/target",
            "packages": [
                {"name": "spanloom-examples", "targets": [
                    {"name": "second", "kind": ["example"], "src_path": "/w/examples/second.rs"},
                    {"name": "first", "kind": ["example"], "src_path": "/w/examples/first.rs"}]},
                {"name": "spanloom-store", "targets": [
                    {"name": "spanloom_store", "kind": ["lib"], "src_path": "/w/crates/spanloom-store/src/lib.rs"},
                    {"name": "measure", "kind": ["example"], "src_path": "/w/crates/spanloom-store/examples/measure.rs"}]}
            ]}"#;
        let expected = Workspace::of(&["spanloom-examples", "spanloom-store"], &["first", "second"]);
        assert_eq!(Workspace::from_metadata(json.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn foreign_answer_is_an_error() {
        assert!(Workspace::from_metadata(b"{}").is_err());
    }
}
