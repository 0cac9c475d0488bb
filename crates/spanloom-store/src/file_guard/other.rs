//! Everywhere but on Unix: the directory's own rules hold.

use std::fs::{FileType, OpenOptions};
use std::io;
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
