//! Dropping the values of dead objects that need it, and running cleanups and
//! finalizers (`specials`).
//!
//! A destructor is user code: it may lock, block and allocate. So neither the sweeper
//! nor the goroutine that happens to need slots runs it, but a goroutine of its own
//! (in a program without a runtime, a thread).
//!
//! The handles in such a value that have become edges do nothing when dropped, and
//! derived types have no destructor of their own, so it does not matter that its
//! neighbours may be gone already.
//!
//! Several reapers may be at work beside each other. They take cleanups and finalizers in
//! the order in which these were added, and two may run at the same time.

use super::header::Header;
use super::heap::Listed;
use super::{cycle, span, specials, stats, worker};
use crate::kernel;
use crate::lock::SpinLock;
use crate::sched::Rt;
use crate::sys::PageVec;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

static DOOMED: SpinLock<PageVec<Listed>> = SpinLock::new(PageVec::new());
/// What a thread is to drop. A list of its own, so that no thread takes what dies in a
/// deterministic run.
static LEFT: SpinLock<PageVec<Listed>> = SpinLock::new(PageVec::new());
/// The lists' lengths, as hints.
static WAITING: AtomicUsize = AtomicUsize::new(0);
static LEFT_WAITING: AtomicUsize = AtomicUsize::new(0);

/// Puts a dead object on the list. By the sweeper, inside the runtime.
pub(crate) fn doom(object: *mut u8) {
    let mut doomed = DOOMED.lock();
    doomed.push(Listed(object));
    WAITING.store(doomed.len(), Relaxed);
}

/// Threads that drop values: how many have been started, and how many are at it.
static THREADS: Mutex<(u64, usize)> = Mutex::new((0, 0));
static ENDED: Condvar = Condvar::new();

/// How long a run waits for destructors of what came before it. One that waits for
/// something may take for ever: then the run begins beside it.
const PATIENCE: Duration = Duration::from_secs(1);

/// One of `THREADS`, from before it is started to its end, however it ends.
struct AtIt;

impl AtIt {
    fn new() -> AtIt {
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        *threads = (threads.0 + 1, threads.1 + 1);
        AtIt
    }
}

impl Drop for AtIt {
    fn drop(&mut self) {
        THREADS.lock().unwrap_or_else(PoisonError::into_inner).1 -= 1;
        ENDED.notify_all();
    }
}

/// How many threads have been started to drop values.
pub(crate) fn threads_started() -> u64 {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner).0
}

/// Waits until they have ended. Outside of the runtime.
pub(crate) fn wait_for_threads() {
    let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    drop(ENDED.wait_timeout_while(threads, PATIENCE, |threads| threads.1 > 0));
}

/// What waits now is dropped by a thread.
pub(crate) fn leave_to_a_thread() {
    let m = kernel::enter_quietly();
    let some = {
        let (mut doomed, mut left) = (DOOMED.lock(), LEFT.lock());
        while let Some(object) = doomed.pop() {
            left.push(object);
        }
        LEFT_WAITING.store(left.len(), Relaxed);
        WAITING.store(0, Relaxed);
        !left.is_empty()
    };
    kernel::leave(m);
    let some_due = {
        let mut due = left_due();
        due.extend(std::iter::from_fn(specials::next_due));
        LEFT_DUE_WAITING.store(due.len(), Relaxed);
        !due.is_empty()
    };
    if some || some_due {
        let builder = std::thread::Builder::new().name("marmota-reaper".into());
        // Without a thread, the next collection or run tries again.
        let at_it = AtIt::new();
        drop(builder.spawn(move || {
            let _at_it = at_it;
            // One that panics has said so, and the others have their turn.
            while catch_unwind(|| reap_from(&LEFT, &LEFT_WAITING)).is_err() {}
            loop {
                let due = {
                    let mut left = left_due();
                    let due = left.pop_front();
                    LEFT_DUE_WAITING.store(left.len(), Relaxed);
                    due
                };
                let Some(due) = due else { return };
                drop(catch_unwind(AssertUnwindSafe(|| due.run())));
            }
        }));
    }
}

/// Cleanups and finalizers that a thread is to run: as for `LEFT`.
static LEFT_DUE: Mutex<VecDeque<specials::Due>> = Mutex::new(VecDeque::new());
static LEFT_DUE_WAITING: AtomicUsize = AtomicUsize::new(0);

fn left_due() -> MutexGuard<'static, VecDeque<specials::Due>> {
    LEFT_DUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a reaper if there is something for it. Outside of the runtime.
pub(crate) fn kick() {
    if waiting() > 0 {
        worker::start_reaper(reap);
    }
}

/// How many values wait to be dropped, and cleanups and finalizers to be run.
pub(crate) fn waiting() -> usize {
    let left = LEFT_WAITING.load(Relaxed) + LEFT_DUE_WAITING.load(Relaxed);
    WAITING.load(Relaxed) + left + specials::waiting()
}

/// How many of this runtime's reapers are at something that does not wait any more.
pub(crate) fn under_way() -> usize {
    runtime().map_or(0, |rt| rt.reaping.load(SeqCst))
}

/// That of the current goroutine.
fn runtime() -> Option<&'static Rt> {
    let m = kernel::enter_quietly();
    let rt = m.rt.get();
    kernel::leave(m);
    rt
}

fn reap() {
    let Some(rt) = runtime() else {
        // A deterministic run.
        return reap_in_run();
    };
    // Before anything is taken off a list: who sees none waiting sees this.
    rt.reaping.fetch_add(1, SeqCst);
    reap_from(&DOOMED, &WAITING);
    while let Some(due) = specials::next_due() {
        due.run();
    }
    rt.reaping.fetch_sub(1, SeqCst);
}

fn reap_in_run() {
    reap_from(&DOOMED, &WAITING);
    while let Some(due) = specials::next_due() {
        due.run();
    }
}

fn reap_from(list: &SpinLock<PageVec<Listed>>, waiting: &AtomicUsize) {
    loop {
        let m = kernel::enter_quietly();
        let object = {
            let mut doomed = list.lock();
            let object = doomed.pop();
            waiting.store(doomed.len(), Relaxed);
            object
        };
        kernel::leave(m);
        let Some(Listed(object)) = object else {
            cycle::dropped();
            return;
        };
        // SAFETY: a doomed object keeps its slot until we free it, and it is ours
        // alone: nothing refers to it, and we took it off the list.
        unsafe {
            let info = Header::of(object).info();
            (info.drop)(object.wrapping_add(info.offset));
            span::free_doomed(object, info);
            stats::reaped(info);
        }
    }
}
