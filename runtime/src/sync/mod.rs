//! What goroutines need to share memory: locks and meetings, with Go's rules.

mod mutex;
mod waitgroup;

pub use mutex::{Mutex, MutexGuard};
pub use waitgroup::WaitGroup;
