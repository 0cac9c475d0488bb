//! A file that keeps some room on the disk.
//!
//! On a full disk nothing in a store can be changed: to remove something SQLite first writes to its log, and to empty the
//! log it makes the file longer. So room for that is kept from the beginning, in a file of no other use beside the store,
//! `<store>-ballast`. It goes when the disk is full and comes back when there is room.
//!
//! The processes that write one store share it.

use std::io;
use std::path::PathBuf;

use crate::file_guard;
use crate::location::Location;

/// The file that keeps some room on the disk.
#[derive(Debug)]
pub(crate) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// The one of a store; none in memory.
    pub(crate) fn of(location: &Location, bytes: u64) -> Option<Self> {
        Some(Self { path: location.beside("-ballast")?, bytes })
    }

    /// Makes it if it is not there and leaves at least `spare` bytes free; whether it is there.
    pub(crate) fn restore(&self, spare: u64) -> bool {
        if self.is_there() {
            return true;
        }
        let free = file_guard::free_bytes(&self.path);
        if free.is_some_and(|free| free < self.bytes.saturating_add(spare)) {
            return false;
        }
        match file_guard::preallocate(&self.path, self.bytes) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => true,
            Err(error) => {
                tracing::debug!(%error, "the store's ballast could not be made");
                false
            }
        }
    }

    /// Gives its room back.
    pub(crate) fn release(&self) {
        // One that is not there keeps no room.
        let _ = std::fs::remove_file(&self.path);
    }

    /// Whether the disk has no room, for this user, for a few bytes more.
    pub(crate) fn is_disk_full(&self) -> bool {
        let mut probe = self.path.clone().into_os_string();
        probe.push("-probe");
        let probe = PathBuf::from(probe);
        let full = match file_guard::preallocate(&probe, PROBE_BYTES) {
            Err(error) => matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded),
            Ok(()) => false,
        };
        let _ = std::fs::remove_file(&probe);
        full
    }

    fn is_there(&self) -> bool {
        self.path.symlink_metadata().is_ok_and(|found| found.is_file())
    }
}

/// As much as SQLite asks for at once for its shared memory.
const PROBE_BYTES: u64 = 32 << 10;
