//! A goroutine that holds the allocator's lock while it has no P. A thread cannot be made
//! then, and the P that waits for the new thread must not be the only one there is.
//!
//! The allocator here has one lock, which a goroutine can take by itself: what happens to
//! one that blocks inside a real allocator, or is stopped there, happens to it for sure.
//!
//! The test fails by not ending.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

static LOCK: Mutex<()> = Mutex::new(());
/// Who waits for the allocator. One that does may be a thread of the runtime that has just
/// been started; in most rounds it is the one that makes threads.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

fn lock() -> MutexGuard<'static, ()> {
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

fn enter() -> MutexGuard<'static, ()> {
    INSIDE.fetch_add(1, SeqCst);
    let lock = lock();
    INSIDE.fetch_sub(1, SeqCst);
    lock
}

struct Locked;

// SAFETY: the system's allocator, under a lock.
unsafe impl GlobalAlloc for Locked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _lock = enter();
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let _lock = enter();
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Locked = Locked;

/// Goroutines other than main have run.
static OTHER_RAN: AtomicBool = AtomicBool::new(false);

/// Blocks with the allocator's lock until somebody wants it (or has not needed it), and then
/// computes for so long that it would be stopped.
fn block_and_compute_with_the_lock() {
    let lock = lock();
    while INSIDE.load(SeqCst) == 0 && !OTHER_RAN.load(SeqCst) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(100) {
        std::hint::spin_loop();
    }
    drop(lock);
}

#[test]
fn a_goroutine_without_a_p_that_holds_up_a_new_thread_goes_on() {
    // A new runtime each time: it has no thread but main's.
    for _ in 0..20 {
        OTHER_RAN.store(false, SeqCst);
        let rt = marmota::Runtime::builder().procs(1).build().unwrap();
        let body = || {
            // Somebody to go on with when we block: on a thread that is to be made.
            marmota::go(|| OTHER_RAN.store(true, SeqCst));
            block_and_compute_with_the_lock();
            while !OTHER_RAN.load(SeqCst) {
                marmota::runtime::gosched();
            }
        };
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe { rt.run(body) };
    }
}
