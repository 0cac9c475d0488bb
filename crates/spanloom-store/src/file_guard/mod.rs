//! What the file system is asked before SQLite may touch a path: kinds of files, permissions, network mounts; and how much
//! room there is.
//!
//! On Unix a new store is readable by its owner alone under any umask; SQLite gives its `-wal` and `-shm` files the
//! same permissions. Elsewhere the directory's own rules hold.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use other::{
    create_directory, create_private, file_id, file_size_limit, free_bytes, kind, network_filesystem, preallocate,
    resolve,
};
#[cfg(unix)]
pub(crate) use unix::{
    create_directory, create_private, file_id, file_size_limit, free_bytes, kind, network_filesystem, preallocate,
    resolve,
};
