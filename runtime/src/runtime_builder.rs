//! `Runtime`: an instance of the scheduler, and how to build one.

use crate::sched::rt::{Config, MAX_PROCS, OnFatal};
use crate::sched::{Closure, Rt};
use crate::stack::{DEFAULT_STACK_SIZE, StackPool, guard_bytes};
use crate::sys;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::Ordering::SeqCst;

/// Go's limit on threads (`debug.SetMaxThreads`).
const DEFAULT_MAX_THREADS: usize = 10_000;

static DEFAULT_POOL: StackPool = StackPool::new(DEFAULT_STACK_SIZE);

#[cfg_attr(not(test), allow(dead_code, reason = "unit tests build bare runtimes"))]
pub(crate) fn default_pool() -> &'static StackPool {
    &DEFAULT_POOL
}

/// Pools of other sizes, one each, for ever: runtimes of one size share.
static OTHERS: Mutex<Vec<(usize, &'static StackPool)>> = Mutex::new(Vec::new());

/// Bytes of address space of all stacks, and of those that are in use or kept for the
/// next goroutines.
pub(crate) fn stack_bytes() -> (u64, u64) {
    let mut pools = vec![&DEFAULT_POOL];
    {
        let others = OTHERS
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        pools.extend(others.iter().map(|(_, pool)| *pool));
    }
    // Not under that lock, which is tied to its thread.
    pools
        .into_iter()
        .map(|pool| {
            // The pool's lock is the runtime's: whoever holds it is not stopped.
            let m = crate::kernel::enter_quietly();
            let bytes = pool.bytes();
            crate::kernel::leave(m);
            bytes
        })
        .fold((0, 0), |sum, pool| (sum.0 + pool.0, sum.1 + pool.1))
}

fn pool_of(size: usize) -> &'static StackPool {
    if size == DEFAULT_STACK_SIZE {
        return &DEFAULT_POOL;
    }
    let mut others = OTHERS
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((_, pool)) = others.iter().find(|(of, _)| *of == size) {
        return pool;
    }
    let pool: &'static StackPool = Box::leak(Box::new(StackPool::new(size)));
    others.push((size, pool));
    pool
}

/// A scheduler of its own, with its own Ps and threads. Several may run side by
/// side; a goroutine belongs to the one it was started in.
///
/// ```
/// let rt = marmota::Runtime::builder().procs(2).build()?;
/// // SAFETY: nothing below holds a thread-local's borrow across a blocking call.
/// let sum = unsafe { rt.run(|| {
///     let (tx, rx) = marmota::chan(0);
///     marmota::go(move || { tx.send(1); tx.send(2); tx.close(); });
///     rx.iter().sum::<i32>()
/// }) };
/// assert_eq!(sum, 3);
/// # Ok::<(), marmota::BuildError>(())
/// ```
#[derive(Debug)]
pub struct Runtime {
    rt: &'static Rt,
}

impl fmt::Debug for Rt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rt")
            .field("procs", &self.procs())
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// The defaults: GOMAXPROCS from the environment or the usable CPUs, stacks of
    /// 256 KB, at most 10,000 threads.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Runs `main` as the first goroutine and returns what it returns. Goroutines
    /// that are still there then never run again, as in Go, where the end of main
    /// ends the program; their destructors do not run.
    ///
    /// Go's rules for errors: a panic that nobody recovers, in any goroutine,
    /// prints `panic: …` and ends the process with status 2; so does
    /// `fatal error: all goroutines are asleep - deadlock!`.
    ///
    /// # Safety
    /// A goroutine may go on on another thread after any call that can block or
    /// yield. Rust's thread-locals assume that it does not. You promise that no
    /// code that runs in this runtime holds a borrow of a thread-local (or
    /// anything else tied to a thread, such as a lock guard that is not `Send`)
    /// across such a call. See "Soundness" on the crate's front page.
    ///
    /// # Panics
    /// When called from a goroutine: runtimes do not nest.
    pub unsafe fn run<T, F>(self, main: F) -> T
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        assert!(
            !crate::in_goroutine(),
            "marmota: Runtime::run was called inside a goroutine; start goroutines with marmota::go, or run the second runtime on a thread of its own"
        );
        crate::panics::install_hook();
        let rt = self.rt;
        let mut result = None;
        let slot = SendPtr(&raw mut result);
        let body = move || {
            let slot = slot;
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(main));
            if let Err(payload) = &outcome
                && payload.is::<crate::panics::Goexit>()
            {
                // The others go on, and nobody ends the program but they.
                rt.main_exited.store(true, SeqCst);
                return;
            }
            let outcome = match outcome {
                Ok(value) => Ok(value),
                Err(payload) if rt.config.on_fatal == OnFatal::EndProcess => {
                    crate::panics::unrecovered(crate::current_g(), payload);
                    return;
                }
                Err(payload) => {
                    let said = crate::panics::said(crate::current_g(), &*payload);
                    Err((payload, said))
                }
            };
            if !rt.main_returns() {
                // The run has failed, and the caller's frame is gone: what may borrow from
                // it must not be dropped either.
                std::mem::forget(outcome);
                return;
            }
            // SAFETY: the caller waits in `run_main` until we say that we have returned, so
            // its frame lives.
            unsafe { *slot.0 = Some(outcome) };
            rt.main_returned();
        };
        // SAFETY: called once by its goroutine; what it borrows lives in this
        // frame, which stays until main has returned or the run has failed, and
        // then the goroutine never runs again; everything in it is Send.
        let main = unsafe { Closure::new(body) };
        match rt.run_main(main) {
            Ok(()) => match result.expect("main stored its result") {
                Ok(value) => value,
                Err((payload, said)) => {
                    // With the macro, which test runners listen to.
                    eprint!("{said}");
                    std::panic::resume_unwind(payload)
                }
            },
            Err(why) => panic!("{why}"),
        }
    }
}

struct SendPtr<T>(*mut T);
impl<T> Clone for SendPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for SendPtr<T> {}
// SAFETY: the one goroutine that gets it writes through it before its owner
// reads.
unsafe impl<T> Send for SendPtr<T> {}

/// How a [`Runtime`] is to be.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until build()"]
pub struct Builder {
    procs: Option<usize>,
    stack_size: usize,
    max_threads: usize,
    on_fatal: OnFatal,
    slice_ns: u64,
    storm: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            procs: None,
            stack_size: DEFAULT_STACK_SIZE,
            max_threads: DEFAULT_MAX_THREADS,
            on_fatal: OnFatal::EndProcess,
            slice_ns: crate::sched::SLICE_NS,
            storm: false,
        }
    }
}

impl Builder {
    /// How many goroutines may run at the same moment (GOMAXPROCS): 1 to 1024.
    pub fn procs(mut self, n: usize) -> Self {
        self.procs = Some(n);
        self
    }

    /// Bytes of stack per goroutine, of which only the touched pages use memory.
    /// Rounded up to pages; a guard is added below.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// The most threads before the program ends with `thread exhaustion`.
    pub fn max_threads(mut self, n: usize) -> Self {
        self.max_threads = n;
        self
    }

    /// For tests: a panic nobody recovers, or a deadlock, ends the run and panics
    /// in the caller of `run`, instead of ending the process.
    #[doc(hidden)]
    pub fn panic_in_caller(mut self) -> Self {
        self.on_fatal = OnFatal::PanicInCaller;
        self
    }

    /// For tests: whatever runs is stopped about this often, in microseconds.
    #[doc(hidden)]
    pub fn storm_micros(mut self, us: u64) -> Self {
        self.slice_ns = us.max(1) * 1_000;
        self.storm = true;
        self
    }

    /// Builds the runtime; nothing runs yet.
    ///
    /// # Errors
    /// For zero Ps or more than 1024, zero threads, a stack below one page, and a
    /// stack size that cannot be reserved. The message says what would do.
    pub fn build(self) -> Result<Runtime, BuildError> {
        crate::race::read_environment();
        crate::gc::set_up();
        let page = sys::page_size();
        let procs = self.procs.unwrap_or_else(crate::env::gomaxprocs);
        if procs == 0 || procs > MAX_PROCS {
            return Err(BuildError(format!(
                "procs is {procs}: a runtime needs 1 to {MAX_PROCS} processors"
            )));
        }
        if self.max_threads == 0 {
            return Err(BuildError(
                "max_threads is 0: goroutines need at least 1 thread".into(),
            ));
        }
        let size = self.stack_size.checked_next_multiple_of(page);
        let Some(size) = size.filter(|_| self.stack_size >= page) else {
            return Err(BuildError(format!(
                "stack_size is {} bytes: it must be at least one page ({page} bytes) and fit in the address space",
                self.stack_size
            )));
        };
        // The default's guard is part of its round size; others get it on top.
        let slot = if size == DEFAULT_STACK_SIZE {
            size
        } else {
            size + guard_bytes() + page
        };
        let pool = pool_of(slot);
        if !pool.probe() {
            return Err(BuildError(format!(
                "stack_size is {size} bytes: the system refuses to reserve that much; choose a smaller one or raise the address-space limit (ulimit -v)"
            )));
        }
        let max_threads = self.max_threads;
        let godebug = crate::env::godebug();
        let config = Config {
            procs,
            max_threads,
            on_fatal: self.on_fatal,
            slice_ns: self.slice_ns,
            storm: self.storm,
            async_preempt: !godebug.asyncpreemptoff,
            trace_ms: godebug.schedtrace_ms,
            trace_detail: godebug.scheddetail,
            pool,
        };
        Ok(Runtime {
            rt: Rt::new(config),
        })
    }
}

/// Why a runtime could not be built; Display says what would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError(String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "marmota: {}", self.0)
    }
}

impl std::error::Error for BuildError {}
