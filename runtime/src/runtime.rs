//! What Go's package `runtime` offers: yielding, counting, limits.

use crate::kernel;
use crate::sched::m::Kind;

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
