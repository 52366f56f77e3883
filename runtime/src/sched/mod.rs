//! The parallel driver: G, M and P.
//!
//! A goroutine (G) runs on a thread (M) that holds one of GOMAXPROCS processors
//! (P). The shape is Go's (`runtime/proc.go`, and Dmitry Vyukov's scheduler
//! design of 2012): a run queue per P, a global one looked at every 61st time,
//! stealing, spinning threads, and one thread that sleeps until the next timer.
//!
//! ```text
//!   kernel (park, ready, yield_now, now, choose)        what primitives know
//!      |
//!   switch.rs   park, yield, start, end: on goroutine stacks, next to next
//!   find.rs     looking for work, on a thread's own stack (g0)
//!   idle.rs     idle Ps and Ms, waking, deadlock
//!   parking.rs  the words by which Ms sleep and are woken
//!   preempt.rs alert.rs handoff.rs    stopping any code, and Ms that part from Ps
//!   sysmon.rs   a thread that watches
//!   g.rs  m.rs  p.rs  runq.rs  global.rs  timers.rs     the data
//!   rt.rs state.rs life.rs    one runtime: its parts, its lock's, its threads and end
//! ```
//!
//! Where this departs from Go:
//! - A parking goroutine that finds a successor in its P's own queue switches to
//!   it directly; the scheduler's stack is used only to look further. Halves the
//!   switches of a hand-over. What makes it safe is `G::on_cpu` (see `g.rs`).
//! - `gosched` goes to the tail of the P's own ring and not of the global queue:
//!   the same order towards what this P would run next, without a lock that all Ps
//!   share; the global queue keeps its turn, one in 61. Only when the P has
//!   nothing else does it look at the global queue at once.
//! - A lone successor (`ready` with nothing else queued) wakes another thread only
//!   if that was of use before: see `idle.rs`.

mod alert;
pub(crate) mod claim;
pub(crate) mod find;
pub(crate) mod g;
mod global;
pub(crate) mod handoff;
mod idle;
mod life;
pub(crate) mod m;
mod p;
mod parking;
pub(crate) mod preempt;
pub(crate) mod rt;
mod runq;
mod state;
pub(crate) mod switch;
mod sysmon;
mod threads;
mod timer_runs;
pub(crate) mod timers;
mod trace;
pub(crate) mod waitreason;
mod world;

pub(crate) use g::{Closure, G, GRef, Home, Status};
pub(crate) use global::Global;
pub(crate) use m::{M, MRef};
pub(crate) use p::{P, PRef};
pub(crate) use rt::Rt;
pub(crate) use runq::RunQueue;
pub(crate) use state::State;
pub(crate) use sysmon::SLICE_NS;
