//! The system as the models see it.

use ::loom::sync::atomic::{Ordering::SeqCst, fence};

/// As in `loom`: with the light side a full fence too, what the membarrier amounts to.
pub(crate) fn fence_all_threads() -> bool {
    fence(SeqCst);
    true
}
