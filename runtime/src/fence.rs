//! The dear side of an asymmetric fence, for locks that have bet on it (`bias`, `lean`).

/// Makes every thread of the process pass a full fence, as it did when the lock began to
/// lean. The program ends if that does not work any more: the other side goes without.
pub(crate) fn fence_all_threads() {
    if !crate::sys::fence_all_threads() {
        crate::fatal::fatal(format_args!(
            "runtime: membarrier worked and does not any more: \
             let the sandbox allow it from the start or not at all"
        ));
    }
}
