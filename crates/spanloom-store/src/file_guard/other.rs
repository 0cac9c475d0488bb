//! Everywhere but on Unix: the directory's own rules hold.

use std::fs::{FileType, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

pub(crate) fn resolve(directory: &Path) -> io::Result<PathBuf> {
    std::path::absolute(directory)
}

pub(crate) fn kind(found: &FileType) -> &'static str {
    if found.is_symlink() {
        "a symbolic link"
    } else if found.is_dir() {
        "a directory"
    } else {
        "a device"
    }
}

pub(crate) fn network_filesystem(_path: &Path) -> Option<&'static str> {
    None
}

/// Creates a file of this size that takes its room at once.
pub(crate) fn preallocate(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    fill(&mut file, bytes).inspect_err(|_| drop(std::fs::remove_file(path)))
}

fn fill(file: &mut impl Write, bytes: u64) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0x5a), bytes), file).map(drop)
}

/// Not known here.
pub(crate) fn free_bytes(_path: &Path) -> Option<u64> {
    None
}

/// There is none here.
pub(crate) fn file_size_limit() -> Option<u64> {
    None
}

/// Not known here.
pub(crate) fn file_id(_path: &Path) -> Option<(u64, u64)> {
    None
}
