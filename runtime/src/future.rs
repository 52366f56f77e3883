//! The bridge to async code, in both directions.
//!
//! ```text
//!   a goroutine waits for a future       block_on(future)
//!   async code waits for a goroutine     spawn(..).await
//! ```
//!
//! A goroutine is its own executor: [`block_on`] polls the future on the goroutine's
//! stack and parks the goroutine, not the thread, while the future is pending. The
//! waker is a handle on the parked goroutine and may be used from any thread, that
//! of another executor's reactor for instance. In the other direction a
//! [`JoinHandle`](crate::JoinHandle) is a future, for any executor.
//!
//! A goroutine may be on another thread at each poll. A future that finds its
//! reactor through a thread-local (tokio's do) must be given it inside the future:
//! `block_on(async { let _entered = handle.enter(); … })` is *not* enough across an
//! await; spawn it on its own executor and await the handle here.

use crate::kernel::{self, Goroutine, WaitReason};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use std::task::{Context, Poll, Wake, Waker};

/// Runs a future to its end on the current goroutine, which is parked while the
/// future waits.
///
/// ```
/// use marmota::future::block_on;
/// #[marmota::main]
/// fn main() {
///     let answer = marmota::spawn(|| 6 * 7);
///     let doubled = block_on(async { answer.await.unwrap() * 2 });
///     assert_eq!(doubled, 84);
/// }
/// ```
#[track_caller]
pub fn block_on<F: IntoFuture>(future: F) -> F::Output {
    let mut future = pin!(future.into_future());
    let alarm = Arc::new(Alarm {
        rung: AtomicBool::new(false),
        sleeper: kernel::current(),
    });
    let waker = Waker::from(alarm.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        // Acquire: pairs with the release in `wake`: what the waker did before is
        // seen by the next poll. A park may end early, so the flag decides.
        while !alarm.rung.swap(false, Acquire) {
            kernel::park(WaitReason::Future);
        }
    }
}

/// Wakes one `block_on`. The flag tells its alarms from those of another that the
/// same goroutine is in, further up its stack.
struct Alarm {
    rung: AtomicBool,
    sleeper: Goroutine,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: see `block_on`. Before `ready`, whose permit then finds it set.
        self.rung.store(true, Release);
        kernel::ready(self.sleeper);
    }
}
