//! The Unix side: modes, kinds and magic numbers.

use std::fs::{DirBuilder, File, FileType, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Creates a directory for its owner alone; one that exists is left as it is.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    // The umask may have taken even the owner's bits.
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Creates an empty file for its owner alone, and makes its name durable.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match created {
        Ok(file) => file.set_permissions(Permissions::from_mode(0o600))?,
        // Another process was quicker; SQLite sorts out who makes the tables.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// The path without links; SQLite then refuses a link in place of the file itself.
pub(crate) fn resolve(directory: &Path) -> io::Result<PathBuf> {
    directory.canonicalize()
}

/// A name for what was found instead of a file.
pub(crate) fn kind(found: &FileType) -> &'static str {
    if found.is_symlink() {
        "a symbolic link"
    } else if found.is_dir() {
        "a directory"
    } else if found.is_fifo() {
        "a pipe"
    } else if found.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// The name of the network file system that a path is on, if it is on one.
#[cfg(target_os = "linux")]
pub(crate) fn network_filesystem(path: &Path) -> Option<&'static str> {
    // Numbers of `statfs(2)`.
    const NETWORK: &[(u32, &str)] = &[
        (0x0000_6969, "nfs"),
        (0x0000_517b, "smb"),
        (0xff53_4d42, "cifs"),
        (0xfe53_4d42, "smb2"),
        (0x5346_414f, "afs"),
        (0x7375_7245, "coda"),
        (0x00c3_6400, "ceph"),
        (0x0bd0_0bd0, "lustre"),
        (0x0102_1997, "9p"),
    ];
    let magic = rustix::fs::statfs(path).ok()?.f_type;
    // The type is 32 or 64 bits wide; the numbers have 32.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "only the low 32 bits are the number")]
    let magic = magic as u32;
    NETWORK.iter().find(|(number, _)| *number == magic).map(|(_, name)| *name)
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn network_filesystem(_path: &Path) -> Option<&'static str> {
    None
}

/// Creates a file of this size for its owner alone, and takes its room at once.
///
/// # Errors
/// When there is no room, which leaves no file behind; and when there is a file.
pub(crate) fn preallocate(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let permitted = file.set_permissions(Permissions::from_mode(0o600));
    permitted.and_then(|()| take_room(&mut file, bytes)).inspect_err(|_| drop(std::fs::remove_file(path)))
}

#[cfg(target_os = "linux")]
fn take_room(file: &mut File, bytes: u64) -> io::Result<()> {
    use rustix::io::Errno;
    match rustix::fs::fallocate(&*file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => fill(file, bytes),
        outcome => Ok(outcome?),
    }
}

#[cfg(not(target_os = "linux"))]
fn take_room(file: &mut File, bytes: u64) -> io::Result<()> {
    fill(file, bytes)
}

/// Not with zeros, for which some file systems keep no room.
fn fill(file: &mut File, bytes: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(0x5a).take(bytes), file).map(drop)
}

/// What this user may still write to the file system that a path is on.
pub(crate) fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path.parent()?).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// The longest file that this process may write: a longer one would be a signal, which ends it.
pub(crate) fn file_size_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Fsize).current
}

/// What tells a file from another that has taken its name.
pub(crate) fn file_id(path: &Path) -> Option<(u64, u64)> {
    path.symlink_metadata().ok().map(|found| (found.dev(), found.ino()))
}
