//! Where a store is: a checked file, or a named piece of this process's memory.
//!
//! # Invariants
//! - The file is never opened here once it exists. SQLite's locks belong to the process and die when any descriptor
//!   of the file is closed, so everything is asked of its name instead.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::{Connection, OpenFlags};
use spanloom_core::StoreError;

use crate::error::{classify, unusable};
use crate::file_guard;

/// Where a store is.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    target: Target,
    shown: String,
}

#[derive(Clone, Debug)]
enum Target {
    File(PathBuf),
    /// SQLite's `memdb`: every connection of this process that opens the name sees the same data.
    Memory(String),
}

impl Location {
    /// A file to write; it and its directory are created, for their owner alone, when they do not exist.
    pub(crate) fn create_file(path: &Path) -> Result<Self, StoreError> {
        let location = Self::file(path, true)?;
        location.check_file(true)?;
        Ok(location)
    }

    /// A file to read, which must exist.
    pub(crate) fn existing_file(path: &Path) -> Result<Self, StoreError> {
        let location = Self::file(path, false)?;
        location.check_file(false)?;
        Ok(location)
    }

    /// A place in memory that no one else has.
    pub(crate) fn new_memory() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let name = format!("file:/spanloom-{}?vfs=memdb", NEXT.fetch_add(1, Ordering::Relaxed));
        Self { shown: name.clone(), target: Target::Memory(name) }
    }

    /// The path, or the name in memory, for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The file, if it is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.target {
            Target::File(path) => Some(path),
            Target::Memory(_) => None,
        }
    }

    /// A file beside it, whose name is that of the store and something more.
    pub(crate) fn beside(&self, suffix: &str) -> Option<PathBuf> {
        let mut name = self.path()?.as_os_str().to_owned();
        name.push(suffix);
        Some(PathBuf::from(name))
    }

    /// A new connection.
    pub(crate) fn connect(&self, access: Access) -> Result<Connection, StoreError> {
        let access = match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let common = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        match &self.target {
            // The directory was resolved before, so that only a link in place of the file itself is refused.
            Target::File(path) => Connection::open_with_flags(path, common | OpenFlags::SQLITE_OPEN_NOFOLLOW),
            Target::Memory(name) => {
                let flags = OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_CREATE;
                let write = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                Connection::open_with_flags(name, write | flags)
            }
        }
        .map_err(|error| classify(&self.shown, error))
    }

    fn file(path: &Path, create_dir: bool) -> Result<Self, StoreError> {
        let shown = path.display().to_string();
        let name = path.file_name().ok_or_else(|| unusable(&shown, "the path names no file"))?;
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if create_dir {
            file_guard::create_directory(parent).map_err(|error| io(&shown, "its directory cannot be made", error))?;
        }
        let parent = file_guard::resolve(parent).map_err(|error| io(&shown, "its directory cannot be used", error))?;
        Ok(Self { target: Target::File(parent.join(name)), shown })
    }

    /// Makes the file and its directory anew if they have gone; whether it did.
    pub(crate) fn restore(&self) -> Result<bool, StoreError> {
        if let Some(parent) = self.path().and_then(Path::parent) {
            file_guard::create_directory(parent)
                .map_err(|error| io(&self.shown, "its directory cannot be made", error))?;
        }
        self.check_file(true)
    }

    /// Whether it had to be made.
    fn check_file(&self, create: bool) -> Result<bool, StoreError> {
        let Some(path) = self.path() else { return Ok(false) };
        let mut made = false;
        match path.symlink_metadata() {
            Ok(found) if found.is_file() => {}
            Ok(found) => {
                return Err(unusable(
                    &self.shown,
                    format!("it is {}, not a file", file_guard::kind(&found.file_type())),
                ));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && create => {
                file_guard::create_private(path).map_err(|error| io(&self.shown, "the file cannot be made", error))?;
                made = true;
            }
            Err(error) => return Err(io(&self.shown, "the file cannot be found", error)),
        }
        match file_guard::network_filesystem(path) {
            Some(name) => Err(unusable(
                &self.shown,
                format!(
                    "it is on a network file system (`{name}`), where SQLite's write-ahead log loses data: use a local disk"
                ),
            )),
            None => Ok(made),
        }
    }
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

fn io(shown: &str, what: &str, error: std::io::Error) -> StoreError {
    StoreError::Unusable { path: shown.to_owned(), what: what.to_owned(), source: Some(Box::new(error)) }
}
