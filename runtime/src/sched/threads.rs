//! Which threads of the process are ours: for the deadlock report.
//!
//! When all Ms sleep and no timer is armed, only a thread that we do not know can
//! still ready a goroutine: one that the program made with `std::thread`, and that
//! has not used a primitive yet. So before a deadlock is reported, the process's
//! threads are counted against the ones we know, and as long as there are others,
//! the report waits.
//!
//! A test harness has threads of its own. A runtime whose fatal errors go to its
//! caller (a test) therefore also takes those for known that were there when it
//! began.

use crate::lock::SpinLock;
use crate::sys::PageVec;

static KNOWN: SpinLock<PageVec<i32>> = SpinLock::new(PageVec::new());

/// Marks this thread as the runtime's own while it lives.
pub(crate) struct Known(i32);

impl Known {
    pub(crate) fn this_thread() -> Known {
        let id = this_thread_id();
        KNOWN.lock().push(id);
        Known(id)
    }
}

impl Drop for Known {
    fn drop(&mut self) {
        let mut known = KNOWN.lock();
        if let Some(at) = known.iter().position(|id| *id == self.0)
            && let Some(last) = known.pop()
            && at < known.len()
        {
            known[at] = last;
        }
    }
}

/// The process's threads that are not ours and not in `besides`.
pub(crate) fn strangers(besides: &[i32]) -> usize {
    let all = all_threads();
    let known = KNOWN.lock();
    all.iter()
        .filter(|id| !known.contains(id) && !besides.contains(id))
        .count()
}

#[cfg(target_os = "linux")]
fn this_thread_id() -> i32 {
    // SAFETY: gettid has no preconditions.
    unsafe { libc::syscall(libc::SYS_gettid) as i32 }
}

/// All threads of the process. Allocates: not for use inside the runtime.
#[cfg(target_os = "linux")]
pub(crate) fn all_threads() -> Vec<i32> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return Vec::new();
    };
    tasks
        .flatten()
        .filter_map(|task| task.file_name().to_str()?.parse().ok())
        .collect()
}

#[cfg(not(target_os = "linux"))]
fn this_thread_id() -> i32 {
    0
}

/// Unknown here: a thread from outside counts once it has used a primitive.
#[cfg(not(target_os = "linux"))]
pub(crate) fn all_threads() -> Vec<i32> {
    Vec::new()
}
