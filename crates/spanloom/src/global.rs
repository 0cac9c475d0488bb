//! The installed engine: a convenience on top of engines that are values.

use std::sync::{Arc, PoisonError, RwLock};

use spanloom_api::tenant::Tenant;

use crate::error::Error;
use crate::exit_hook;
use crate::handle::{Inner, Kept, Spanloom};

static INSTALLED: RwLock<Option<Kept>> = RwLock::new(None);

/// Starts an engine with the settings of the environment and makes it the one of spans without a parent:
/// `Spanloom::builder().from_env()?.install()`.
///
/// Traces go to `./spanloom.db`, unless the environment says otherwise. The handle need not be kept.
///
/// # Errors
/// As [`Builder::from_env`](crate::Builder::from_env) and [`Builder::install`](crate::Builder::install).
pub fn init() -> Result<Spanloom, Error> {
    Spanloom::builder().from_env()?.install()
}

/// As [`init`], but a program that cannot trace goes on without: the error comes beside a handle that does nothing.
pub fn init_or_noop() -> (Spanloom, Option<Error>) {
    match init() {
        Ok(loom) => (loom, None),
        Err(error) => (Spanloom::disabled(), Some(error)),
    }
}

/// The installed engine, if there is one.
pub fn global() -> Option<Spanloom> {
    INSTALLED
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .filter(|kept| !kept.is_stopped())
        .map(Kept::handle)
}

pub(crate) fn install(start: impl FnOnce() -> Result<Spanloom, Error>) -> Result<Spanloom, Error> {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    if installed.as_ref().is_some_and(|kept| !kept.is_stopped()) {
        return Err(Error::AlreadyInstalled);
    }
    let loom = start()?;
    if let Some(tenant) = loom.tenant()
        && !Tenant::install(tenant)
    {
        return Err(Error::AlreadyInstalled);
    }
    exit_hook::arm();
    *installed = Some(loom.keep());
    Ok(loom)
}

/// Lets go of an installed engine that was shut down and has no handle left, and with it of its thread and files.
pub(crate) fn let_go(stopped: &Arc<Inner>) {
    let kept = INSTALLED.write().unwrap_or_else(PoisonError::into_inner).take_if(|kept| kept.is_of(stopped));
    drop(kept);
}

/// What the process does when it exits.
///
/// The thread that exits has no thread-locals any more, which the runtime under the actors may need on a thread that sends
/// to them. So another thread does it, and this one waits.
pub(crate) fn flush_at_exit() {
    let Some(kept) = INSTALLED.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(Kept::clone) else { return };
    let shut_down = move || kept.shut_down_at_exit();
    if let Ok(thread) = std::thread::Builder::new().name("spanloom-exit".to_owned()).spawn(shut_down) {
        // A panic of that thread has been told by the hook; the process exits all the same.
        let _ = thread.join();
    }
}
