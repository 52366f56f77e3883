//! Go-style concurrency for Rust: goroutines, channels and the scheduler under
//! them, with Go's semantics.
//!
//! ```
//! use marmota::{chan, go};
//!
//! #[marmota::main]
//! fn main() {
//!     let (tx, rx) = chan(0);
//!     go(move || {
//!         for i in 0..3 {
//!             tx.send(i);
//!         }
//!         tx.close();
//!     });
//!     for value in rx {
//!         println!("{value}");
//!     }
//! }
//! ```
//!
//! # Soundness
//!
//! A goroutine may go on on another thread after any call of this crate (a send, a
//! lock and its guard's drop, a sleep): each is a place where it can be asked to let
//! others run. Between two such calls it stays on its thread, even if it is stopped
//! because its time is up. Rust's thread-locals assume that code stays on its
//! thread: a borrow of one that is held across such a call, and even its address
//! as the compiler remembers it, would then belong to the wrong thread. No library
//! can prevent that on stable Rust, so starting a runtime is where you promise it:
//!
//! - [`Runtime::run`] is `unsafe`, with this as its contract;
//! - [`main`](macro@main) and [`test`](macro@test) call it for you. **By putting
//!   one on a function you promise**: nothing that runs in a goroutine holds a
//!   borrow of a thread-local, or a guard that is tied to its thread (of
//!   `std::sync::Mutex`, of standard output), across a call of this crate.
//!
//! Short uses within one expression, such as `thread_rng().gen()` or `println!`,
//! are fine. In a deterministic run ([`sim`]) everything stays on one thread, so
//! [`sim::run`] is safe.
//!
//! # Platforms
//!
//! Linux on x86-64 is tested. On aarch64 most tests pass under QEMU, which says little
//! about a real machine's memory order; for macOS it compiles, and was never run. Both
//! stand behind the same seams (`arch`, `sys`).

// So that the attributes work inside this crate as they do outside.
extern crate self as marmota;

mod arch;
pub mod chan;
pub mod context;
pub mod debug;
mod dump;
mod env;
mod fatal;
mod fence;
pub mod future;
mod garbage;
pub mod gc;
mod goroutine;
pub mod kernel;
mod leaks;
mod lock;
mod loom;
pub mod net;
mod netpoll;
mod overflow;
mod panics;
mod quit;
pub mod race;
pub mod runtime;
mod runtime_builder;
mod sanitize;
mod sched;
mod seed;
pub mod sim;
mod slab;
mod stack;
pub mod sync;
mod sys;
pub mod time;
mod walk;

pub use chan::{Chan, Receiver, Sender, chan};
pub use goroutine::{JoinHandle, Scope, ScopedJoinHandle, go, scope, spawn};
/// Waits until one of several channel operations can go on, carries it out, and
/// gives its arm's value (Go's `select`).
///
/// ```text
/// select! {
///     value = <-rx => ..,       receive: value is an Option, None from a closed channel
///     <-quit => ..,             receive, whatever comes
///     tx <- expression => ..,   send
///     default => ..,            if none of them can go on at this moment
/// }
/// ```
///
/// If several can go on, each is as likely as the others. Channel and value
/// expressions are evaluated once, in source order, whichever arm is taken; their
/// temporaries end before the arm begins. A case on a nil channel is never taken,
/// and a select without any case blocks for ever. Arms may return, break, continue
/// and use `?`; a comma is needed after those that do not end with a block.
///
/// Channels may be a `Sender`, a `Receiver`, a `Chan`, or a reference to one. The
/// value is bound as by `let`, so the pattern may carry a type and must match
/// `None` too.
///
/// ```
/// use marmota::{chan, go, select, time};
/// use std::time::Duration;
/// #[marmota::main]
/// fn main() {
///     let (tx, rx) = chan(0);
///     let (_quit, quitting) = chan::<()>(0);
///     go(move || tx.send("a value"));
///     let answer = select! {
///         value = <-rx => value.unwrap_or("closed"),
///         <-quitting => return,
///         <-time::after(Duration::from_secs(10)) => "too late",
///     };
///     assert_eq!(answer, "a value");
/// }
/// ```
///
/// # Panics
/// `send on closed channel`.
///
/// Source of the rules: the Go specification, "Select statements".
pub use marmota_macros::select;
pub use marmota_macros::{main, test};
pub use runtime_builder::{BuildError, Builder, Runtime};

/// Whether this code runs in a goroutine (and not on a plain thread).
pub fn in_goroutine() -> bool {
    sched::m::current()
        .and_then(|m| m.g.get())
        .is_some_and(|g| g.home.get() != sched::Home::Thread)
}

pub(crate) fn current_g() -> sched::GRef {
    let m = kernel::enter_quietly();
    let g = m.g();
    kernel::leave(m);
    g
}

/// What the attribute macros expand to; not for direct use.
#[doc(hidden)]
pub mod __private {
    use crate::Runtime;

    /// `select!`.
    pub mod select {
        pub use crate::chan::select::{
            DEFAULT, Slot, for_ever, poll, recv_case, send_case, value_for, wait,
        };
    }

    // Safe functions, so that the attributes work in crates that forbid unsafe
    // code: the attribute is the promise (see "Soundness").

    /// `#[marmota::main]`.
    pub fn main<T: Send>(main: impl FnOnce() -> T + Send) -> T {
        match Runtime::builder().build() {
            Ok(rt) => {
                // SAFETY: whoever wrote the attribute promised what `run` asks for.
                let value = unsafe { rt.run(main) };
                crate::race::exit_if_found();
                value
            }
            Err(error) => {
                eprintln!("{error}");
                std::process::exit(2)
            }
        }
    }

    /// `#[marmota::test]`.
    pub fn test<T: Send>(procs: Option<usize>, test: impl FnOnce() -> T + Send) -> T {
        let mut builder = Runtime::builder().panic_in_caller();
        if let Some(procs) = procs {
            builder = builder.procs(procs);
        }
        let races = crate::race::found();
        match builder.build() {
            Ok(rt) => {
                // SAFETY: whoever wrote the attribute promised what `run` asks for.
                let value = unsafe { rt.run(test) };
                assert!(
                    crate::race::found() == races,
                    "race detected during execution of test"
                );
                value
            }
            Err(error) => panic!("{error}"),
        }
    }
}
