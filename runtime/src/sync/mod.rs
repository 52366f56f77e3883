//! What goroutines need to share memory: locks and meetings, with Go's rules.

mod again;
pub mod atomic;
mod cond;
pub mod errgroup;
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
