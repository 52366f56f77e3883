//! Whether a wait can still end: what primitives say when they are asked.
//!
//! A goroutine that waits may tell how to find out (`G::can_be_asked`). The answer is
//! careful: `Open` unless it is certain that no handle is left with which anybody could
//! end the wait. Whoever asks sees to it that the goroutine is not resumed meanwhile,
//! so that the object it waits for, which its frame borrows, is there.

use crate::leaks::Hopeless;
use crate::sched::GRef;

/// Answers for the object that it is given.
pub(crate) type Ask = unsafe fn(*const ()) -> Outlook;

/// Whether anybody can still end a wait.
#[derive(Clone, Copy)]
pub(crate) enum Outlook {
    /// Somebody may, as far as is known.
    Open,
    /// Nobody can, for this reason.
    Never(Hopeless),
    /// Only the end of this goroutine, if it still has this number.
    End(GRef, u64),
}

/// An [`Ask`] for one that waits for nothing at all.
///
/// # Safety
/// None is needed.
pub(crate) unsafe fn for_ever(_nothing: *const ()) -> Outlook {
    Outlook::Never(Hopeless::Nil)
}
