//! Verdict: livelock. Who is to close asks again and again whether the last producer
//! has returned.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use marmota::chan::{Receiver, Sender};
use marmota::runtime::gosched;

/// Sends as many values as it likes and then returns. It does not close.
pub type Producer<T> = Box<dyn FnOnce(&Sender<T>) + Send>;

/// Starts each of `producers` on a goroutine of its own, all on one channel, which
/// is closed when the last of them has returned.
pub fn start_all<T: Send + 'static>(producers: Vec<Producer<T>>) -> Receiver<T> {
    let (out, values) = marmota::chan(0);
    let left = Arc::new(AtomicUsize::new(producers.len()));
    for producer in producers {
        let (out, left) = (out.clone(), Arc::clone(&left));
        marmota::go(move || {
            producer(&out);
            left.fetch_sub(1, Ordering::SeqCst);
        });
    }
    marmota::go(move || {
        while left.load(Ordering::SeqCst) > 0 {
            gosched();
        }
        out.close();
    });
    values
}
