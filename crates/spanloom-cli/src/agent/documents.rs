//! The documents that the agent answers from: files of a directory, or this project's own documentation.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The documentation of the workspace that this was built in, by path.
const BUILT_IN: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// One document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceText {
    /// Its path, relative to where it was found, with `/`.
    pub(crate) uri: String,
    /// What it says. Bytes that are no UTF-8 were replaced.
    pub(crate) text: String,
}

/// Why there is nothing to answer from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentsError {
    #[error("`{}` cannot be read", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("there is no text in {0}")]
    Empty(String),
}

/// The documentation that this was built with.
pub(crate) fn built_in() -> Result<Vec<SourceText>, DocumentsError> {
    let documents = BUILT_IN.iter().map(|(uri, text)| SourceText { uri: (*uri).to_owned(), text: (*text).to_owned() });
    some(documents.collect(), || "the documentation that this program was built with".to_owned())
}

/// The `.md` and `.txt` files of a directory and those below it, by name. Links and hidden files are left alone.
pub(crate) fn read_dir(root: &Path) -> Result<Vec<SourceText>, DocumentsError> {
    let mut documents = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |source| DocumentsError::Read { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && is_text(&path) {
                documents.push(read(root, &path)?);
            }
        }
    }
    documents.sort_by(|a, b| a.uri.cmp(&b.uri));
    some(documents, || format!("the .md and .txt files of `{}`", root.display()))
}

fn some(documents: Vec<SourceText>, whence: impl FnOnce() -> String) -> Result<Vec<SourceText>, DocumentsError> {
    let empty = documents.iter().all(|document| document.text.trim().is_empty());
    if empty { Err(DocumentsError::Empty(whence())) } else { Ok(documents) }
}

fn is_text(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("md") || extension.eq_ignore_ascii_case("txt"))
}

fn read(root: &Path, path: &Path) -> Result<SourceText, DocumentsError> {
    let bytes = fs::read(path).map_err(|source| DocumentsError::Read { path: path.to_owned(), source })?;
    let relative = path.strip_prefix(root).unwrap_or(path);
    let uri = relative.to_string_lossy().replace('\\', "/");
    Ok(SourceText { uri, text: String::from_utf8_lossy(&bytes).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_below_a_directory_are_found_by_name() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir_all(folder.path().join("sub/.git")).expect("a new directory");
        for (name, text) in [("b.md", "b"), ("a.TXT", "a"), ("sub/c.md", "c"), ("sub/.git/d.md", "d"), ("e.rs", "e")] {
            fs::write(folder.path().join(name), text).expect("a new file");
        }
        let uris: Vec<_> =
            read_dir(folder.path()).expect("readable").into_iter().map(|document| document.uri).collect();
        assert_eq!(uris, ["a.TXT", "b.md", "sub/c.md"]);
    }

    #[test]
    fn a_directory_without_text_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().expect("a temporary directory");
        fs::write(folder.path().join("a.md"), " \n").expect("a new file");
        assert!(matches!(read_dir(folder.path()), Err(DocumentsError::Empty(whence)) if whence.contains("`")));
        assert!(matches!(read_dir(&folder.path().join("none")), Err(DocumentsError::Read { .. })));
    }
}
