//! What Go's package `runtime` offers: yielding, counting, limits.

use crate::kernel;
use crate::sched::m::Kind;
use crate::sched::rt::MAX_PROCS;
use crate::sched::{Status, handoff};
use std::marker::PhantomData;
use std::panic::Location;

/// Lets other goroutines run (Go's `runtime.Gosched`).
///
/// ```
/// #[marmota::main]
/// fn main() {
///     marmota::go(|| println!("first"));
///     marmota::runtime::gosched();
///     println!("second, with one processor");
/// }
/// ```
#[inline]
pub fn gosched() {
    let m = kernel::enter();
    kernel::leave(kernel::yield_inside(m));
}

/// How many goroutines exist (Go's `runtime.NumGoroutine`); 0 outside of any
/// runtime.
pub fn num_goroutine() -> usize {
    let m = kernel::enter_quietly();
    let n = match m.kind.get() {
        Kind::Parallel => m.rt().goroutines(),
        Kind::Sim => crate::sim::driver::alive(m),
        Kind::Thread => 0,
    };
    kernel::leave(m);
    n as usize
}

/// The CPUs this process may use: its affinity, and its cgroup's quota if that is
/// less (Go's `runtime.NumCPU`, and the default of GOMAXPROCS since Go 1.25).
pub fn num_cpu() -> usize {
    crate::sys::usable_cpus()
}

/// Runs `f`, which may block its thread (a long system call, foreign code), and lets
/// other goroutines have its processor meanwhile; takes one back afterwards.
///
/// It is not needed for correctness: a plain blocking call is noticed and its
/// processor taken, some milliseconds later. In a deterministic run and on a plain
/// thread it just calls `f`. Go does this around every system call that it knows to
/// block (`runtime.entersyscallblock`).
///
/// ```
/// #[marmota::main]
/// fn main() -> std::io::Result<()> {
///     let this_file = marmota::runtime::blocking(|| std::fs::read(file!()));
///     # let _ = this_file;
///     Ok(())
/// }
/// ```
///
/// # Panics
/// When `f` does.
#[track_caller]
pub fn blocking<T>(f: impl FnOnce() -> T) -> T {
    /// Takes a processor back, also when `f` panics.
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            let m = kernel::enter_quietly();
            m.g().set_status(Status::Running);
            kernel::leave(m);
        }
    }
    let at = Location::caller();
    let m = kernel::enter();
    let _back = (m.kind.get() == Kind::Parallel).then(|| {
        m.g().about_to_wait(kernel::WaitReason::Syscall, at);
        handoff::give_up(m);
        Back
    });
    kernel::leave(m);
    f()
}

/// Sets how many goroutines may run at the same moment and returns the old number
/// (Go's `runtime.GOMAXPROCS`). A number below 1 changes nothing; above 1,024 counts
/// as 1,024.
///
/// Takes effect before it returns, while others run: the world stops for some
/// microseconds. In a deterministic run it is always 1; on a plain thread it is what
/// a new runtime would get.
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let before = marmota::runtime::gomaxprocs(3);
///     assert_eq!(marmota::runtime::gomaxprocs(-1), 3);
///     marmota::runtime::gomaxprocs(before);
/// }
/// ```
pub fn gomaxprocs<N: TryInto<i64>>(n: N) -> usize {
    // What does not fit is far above the limit.
    let wanted = n.try_into().unwrap_or(i64::MAX).min(MAX_PROCS as i64);
    loop {
        let m = kernel::enter();
        let old = match m.kind.get() {
            Kind::Parallel => m.rt().procs() as usize,
            Kind::Sim => 1,
            Kind::Thread => {
                kernel::leave(m);
                return crate::env::gomaxprocs();
            }
        };
        if m.kind.get() != Kind::Parallel || wanted < 1 || wanted == old as i64 {
            kernel::leave(m);
            return old;
        }
        let rt = m.rt();
        let stopped = rt.try_stop(Some(m));
        let old = rt.procs() as usize;
        if stopped {
            rt.resize(m, wanted as u32);
            rt.start_again();
        }
        kernel::leave(m);
        if stopped {
            return old;
        }
        std::thread::yield_now();
    }
}

/// The payload that unwinds a goroutine after [`goexit`]. It comes out of
/// [`crate::JoinHandle::join`] of a goroutine that ended so, which is no panic.
#[derive(Debug)]
#[non_exhaustive]
pub struct Goexit;

/// Ends the current goroutine after running the destructors of its frames, as Go's
/// `runtime.Goexit` runs its deferred calls. No other goroutine is affected.
///
/// Called in the main goroutine, the program goes on with the others; when they have
/// all ended, it ends with `fatal error: no goroutines (main called runtime.Goexit) -
/// deadlock!`.
///
/// `std::panic::catch_unwind` catches it: pass a payload that is a [`Goexit`] on with
/// `std::panic::resume_unwind`.
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let (tx, rx) = marmota::chan(1);
///     struct Deferred(marmota::Sender<&'static str>);
///     impl Drop for Deferred {
///         fn drop(&mut self) {
///             self.0.send("deferred");
///         }
///     }
///     marmota::go(move || {
///         let _deferred = Deferred(tx);
///         marmota::runtime::goexit();
///     });
///     assert_eq!(rx.recv(), Some("deferred"));
/// }
/// ```
///
/// # Panics
/// On a plain thread, which is no goroutine.
pub fn goexit() -> ! {
    assert!(
        crate::in_goroutine(),
        "marmota: goexit was called on a thread that runs no goroutine; return from the thread's function instead"
    );
    std::panic::resume_unwind(Box::new(Goexit))
}

/// Keeps the current goroutine on its thread, and others off it, until the guard is
/// dropped (Go's `runtime.LockOSThread` and `UnlockOSThread`). Locks nest: each has
/// its guard. For foreign code that keeps state per thread.
///
/// A goroutine that ends locked (its guard was forgotten) takes its thread with it.
/// While locked, each block and wake-up is one of a thread, which costs microseconds.
/// In a deterministic run there is one thread, and nothing to do.
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let _lock = marmota::runtime::lock_os_thread();
///     let before = std::thread::current().id();
///     marmota::runtime::gosched();
///     assert_eq!(std::thread::current().id(), before);
/// }
/// ```
pub fn lock_os_thread() -> OsThreadLock {
    let m = kernel::enter_quietly();
    m.pinned.set(m.pinned.get() + 1);
    kernel::leave(m);
    OsThreadLock {
        not_send: PhantomData,
    }
}

/// Keeps the goroutine on its thread; see [`lock_os_thread`].
#[derive(Debug)]
#[must_use = "the thread is unlocked when the guard is dropped"]
pub struct OsThreadLock {
    not_send: PhantomData<*mut ()>,
}

impl Drop for OsThreadLock {
    fn drop(&mut self) {
        let m = kernel::enter_quietly();
        m.pinned.set(m.pinned.get() - 1);
        kernel::leave(m);
    }
}

/// The state and the stack of every goroutine of this runtime, in Go's shape (Go's
/// `runtime.Stack` with `all`); the calling one comes first. Stops the world for some
/// microseconds; naming the places takes milliseconds.
///
/// Goroutines that run at this moment are shown without their stack. In a
/// deterministic run and on a plain thread it is the caller's stack only.
///
/// ```
/// #[marmota::main]
/// fn main() {
///     let (_tx, rx) = marmota::chan::<()>(0);
///     marmota::go(move || _ = rx.recv());
///     let dump = loop {
///         let dump = marmota::runtime::stack_dump();
///         if dump.contains("[chan receive]:") {
///             break dump;
///         }
///         marmota::runtime::gosched();
///     };
///     assert!(dump.contains("goroutine 1 [running]:"));
/// }
/// ```
pub fn stack_dump() -> String {
    let m = kernel::enter_quietly();
    let of = (m.kind.get() == Kind::Parallel).then(|| (m.rt(), m.g()));
    kernel::leave(m);
    match of {
        Some((rt, g)) => crate::dump::text_of_all(rt, Some(g)),
        None => {
            let mut text = String::new();
            crate::dump::frames(&mut text, &std::backtrace::Backtrace::force_capture());
            text
        }
    }
}
