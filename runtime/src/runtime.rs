//! What Go's package `runtime` offers: yielding, counting, limits.

use crate::kernel;
use crate::sched::m::Kind;
use crate::sched::{Status, handoff};
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
