//! The dear side of an asymmetric fence, for what has bet on it: locks (`sync::bias`,
//! `sync::lean`) and the regions of the heap (`gc::gate`).

/// Makes every thread of the process pass a full fence, as it did when the bet was
/// made. The program ends if that does not work any more: the other side goes without.
pub(crate) fn fence_all_threads() {
    if !crate::sys::fence_all_threads() {
        crate::fatal::fatal(format_args!(
            "runtime: membarrier worked and does not any more: \
             let the sandbox allow it from the start or not at all"
        ));
    }
}
