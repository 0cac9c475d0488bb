//! What every trace says about the program that made it: who runs it, what it is, and of which commit.
//!
//! The repository is read from its files, once for the process. No command is run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use spanloom_core::attribute_key as key;

use crate::environment::process_variable;

/// The metadata that every trace of this process begins with.
pub(crate) fn metadata() -> BTreeMap<String, String> {
    let user =
        process_variable("USER").or_else(|| process_variable("LOGNAME")).or_else(|| process_variable("USERNAME"));
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let unknown = || "unknown".to_owned();
    let mut metadata = repository().clone();
    let own = [
        (key::USER, Some(user.unwrap_or_else(unknown))),
        (key::SOURCE_NAME, Some(program.unwrap_or_else(unknown))),
        (key::SOURCE_TYPE, Some("LOCAL".to_owned())),
        (key::MODEL_ID, process_variable("MLFLOW_ACTIVE_MODEL_ID").filter(|id| !id.is_empty())),
    ];
    metadata.extend(own.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    metadata
}

/// What is known of the repository of the working directory, as of the first call.
fn repository() -> &'static BTreeMap<String, String> {
    static KNOWN: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let here = std::env::current_dir().ok();
        here.as_deref().and_then(Repository::around).map(|repository| repository.describe()).unwrap_or_default()
    })
}

/// Where a repository keeps what.
struct Repository {
    /// Of this work tree: `HEAD`.
    own: PathBuf,
    /// Of all work trees: branches and settings.
    common: PathBuf,
}

impl Repository {
    /// The repository that a directory is in.
    fn around(directory: &Path) -> Option<Self> {
        let entry = directory.ancestors().map(|above| above.join(".git")).find(|entry| entry.exists())?;
        // In a further work tree, and in a submodule, it is a file that says where.
        let own = if entry.is_dir() {
            entry
        } else {
            let text = fs::read_to_string(&entry).ok()?;
            entry.parent()?.join(text.strip_prefix("gitdir:")?.trim())
        };
        let common = fs::read_to_string(own.join("commondir"));
        let common = common.map_or_else(|_| own.clone(), |path| own.join(path.trim()));
        Some(Self { own, common })
    }

    fn describe(&self) -> BTreeMap<String, String> {
        let head = fs::read_to_string(self.own.join("HEAD")).unwrap_or_default();
        let head = head.trim();
        let reference = head.strip_prefix("ref:").map(str::trim);
        let commit = match reference {
            Some(reference) => self.commit_of(reference),
            None => Some(head.to_owned()),
        };
        let branch = reference.and_then(|reference| reference.strip_prefix("refs/heads/")).map(str::to_owned);
        let entries = [
            (key::SOURCE_GIT_COMMIT, commit.filter(|commit| is_commit(commit))),
            (key::SOURCE_GIT_BRANCH, branch),
            (key::SOURCE_GIT_REPO_URL, self.origin()),
        ];
        entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    fn commit_of(&self, reference: &str) -> Option<String> {
        let loose = [&self.own, &self.common].into_iter().find_map(|dir| fs::read_to_string(dir.join(reference)).ok());
        loose.map(|text| text.trim().to_owned()).or_else(|| {
            let packed = fs::read_to_string(self.common.join("packed-refs")).ok()?;
            let line = packed.lines().find(|line| line.split_whitespace().nth(1) == Some(reference))?;
            line.split_whitespace().next().map(str::to_owned)
        })
    }

    /// The URL of the remote `origin`.
    fn origin(&self) -> Option<String> {
        let settings = fs::read_to_string(self.common.join("config")).ok()?;
        let mut in_origin = false;
        for line in settings.lines().map(str::trim) {
            if line.starts_with('[') {
                in_origin = line == "[remote \"origin\"]";
            } else if in_origin
                && let Some((name, url)) = line.split_once('=')
                && name.trim() == "url"
            {
                return Some(without_credentials(url.trim()));
            }
        }
        None
    }
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A URL may hold a password or a token before the `@`; `git@host:path` holds none.
fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host_ends = rest.find('/').unwrap_or(rest.len());
    let host_begins = rest[..host_ends].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host_begins..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    /// A directory with these files, and what is said of the repository around its directory `work`.
    fn describe(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        let directory = tempfile::tempdir().expect("there is room");
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().expect("files are in directories")).expect("there is room");
            fs::write(path, text).expect("there is room");
        }
        let work = directory.path().join("work/deep/er");
        fs::create_dir_all(&work).expect("there is room");
        Repository::around(&work).map(|repository| repository.describe()).unwrap_or_default()
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], commit: Option<&str>, branch: Option<&str>, url: Option<&str>) {
        let said = describe(files);
        let said = |key| said.get(key).map(String::as_str);
        let found = (said(key::SOURCE_GIT_COMMIT), said(key::SOURCE_GIT_BRANCH), said(key::SOURCE_GIT_REPO_URL));
        assert_eq!(found, (commit, branch, url));
    }

    #[test]
    fn commit_branch_and_origin_are_read_from_the_files_of_a_repository() {
        let head = ("work/.git/HEAD", "ref: refs/heads/topic/a\n");
        let loose = ("work/.git/refs/heads/topic/a", COMMIT);
        let settings = "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = https://me:secret@example.com/a.git\n";
        let settings = ("work/.git/config", settings);
        check(&[head, loose], Some(COMMIT), Some("topic/a"), None);
        check(&[head, loose, settings], Some(COMMIT), Some("topic/a"), Some("https://example.com/a.git"));
        let packed =
            format!("# pack-refs with: peeled\n{} refs/heads/topic/a/b\n{COMMIT} refs/heads/topic/a\n", "f".repeat(40));
        check(&[head, ("work/.git/packed-refs", &packed)], Some(COMMIT), Some("topic/a"), None);
        check(&[head], None, Some("topic/a"), None);
        check(&[("work/.git/HEAD", COMMIT)], Some(COMMIT), None, None);
    }

    #[test]
    fn a_further_work_tree_shares_the_branches_of_the_first() {
        let files = [
            ("work/.git", "gitdir: ../main/.git/worktrees/w\n"),
            ("main/.git/worktrees/w/HEAD", "ref: refs/heads/w\n"),
            ("main/.git/worktrees/w/commondir", "../..\n"),
            ("main/.git/refs/heads/w", COMMIT),
            ("main/.git/config", "[remote \"origin\"]\nurl=git@example.com:a.git"),
        ];
        check(&files, Some(COMMIT), Some("w"), Some("git@example.com:a.git"));
    }

    #[test]
    fn damaged_files_say_nothing() {
        check(&[("work/.git", "no such form")], None, None, None);
        check(&[("work/.git/HEAD", "\0\0")], None, None, None);
    }
}
