//! What goroutines need to share memory: locks and meetings, with Go's rules.
//!
//! ```text
//!   raw ── mutex, once          the lock and its protocol; a value in it; run one time
//!   sema, bias, rwraw           permits; readers that are not counted; many readers or
//!      ── rwmutex               one writer; a value in it
//!   lean, fence                 giving back by a store; who pays for that
//!   cond, waitgroup             wait for a condition; wait for a number of things
//!   weighted ── semaphore       tokens; with a context that ends the wait
//!   atomic, map, pool           values that need no lock of one's own
//!   errgroup, singleflight      goroutines on one task; work that is done one time
//! ```
//!
//! Package `sync` is [`Mutex`] to [`Pool`]; [`errgroup`], [`Semaphore`] and
//! [`singleflight`] are of `golang.org/x/sync`.

mod again;
pub mod atomic;
mod bias;
mod cond;
pub mod errgroup;
mod lean;
mod map;
mod mutex;
mod once;
pub mod pool;
mod raw;
mod rwmutex;
mod rwraw;
mod sema;
mod semaphore;
pub mod singleflight;
mod waitgroup;
mod weighted;

pub(crate) use bias::{SLOTS, Slot};
pub use cond::{Cond, Held};
pub use map::Map;
pub use mutex::{Mutex, MutexGuard, OwnedMutexGuard};
pub use once::{Once, once_func, once_value};
pub use pool::Pool;
pub use raw::RawMutex;
pub use rwmutex::{
    OwnedRwMutexReadGuard, OwnedRwMutexWriteGuard, RwMutex, RwMutexReadGuard, RwMutexWriteGuard,
};
pub use semaphore::Semaphore;
pub use waitgroup::WaitGroup;
