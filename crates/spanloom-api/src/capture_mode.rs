//! How much of what a program records is kept.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::raw_id::{MAX_TENANTS, RawId};

/// How much of what a program records is kept: what is left out is on no disk, in no answer and in no request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Capture {
    /// The structure: names, types, levels, times, parents and outcomes of spans, names and times of events. No attribute, tag
    /// or metadata that the program sets, no text of an error.
    None,
    /// All but content: no inputs, outputs and items of streams, no messages, documents and arguments of tools under the names
    /// that the conventions give them, and no previews. Other attributes, token usage, models, errors, tags stay.
    Metadata,
    /// Everything.
    #[default]
    Full,
}

/// Whether some engine keeps less than everything: all that a program without such an engine looks at.
static REDUCED: AtomicBool = AtomicBool::new(false);
static MODES: [AtomicU8; MAX_TENANTS] = [const { AtomicU8::new(Capture::Full as u8) }; MAX_TENANTS];

/// Says how much an engine keeps. Before its first span.
pub fn set(tenant: u8, capture: Capture) {
    MODES[usize::from(tenant) % MAX_TENANTS].store(capture as u8, Ordering::Relaxed);
    if capture != Capture::Full {
        REDUCED.store(true, Ordering::Release);
    }
}

/// Whether inputs and outputs of this trace are worth serialising. The engine leaves them out in any case.
#[inline(always)]
pub(crate) fn keeps_content(root: RawId) -> bool {
    !REDUCED.load(Ordering::Relaxed) || keeps_content_of(root.tenant())
}

#[cold]
fn keeps_content_of(tenant: u8) -> bool {
    MODES[usize::from(tenant) % MAX_TENANTS].load(Ordering::Relaxed) == Capture::Full as u8
}
