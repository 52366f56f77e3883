//! Verdict: deadlock. The producers count themselves down, and the last one closes.
//! Without producers there is no last one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use marmota::chan::{Receiver, Sender};

/// Sends as many values as it likes and then returns. It does not close.
pub type Producer<T> = Box<dyn FnOnce(&Sender<T>) + Send>;

/// Starts each of `producers` on a goroutine of its own, all on one channel, which
/// is closed when the last of them has returned.
pub fn start_all<T: Send + 'static>(producers: Vec<Producer<T>>) -> Receiver<T> {
    let (out, values) = marmota::chan(0);
    let running = Arc::new(AtomicUsize::new(producers.len()));
    for producer in producers {
        let (out, running) = (out.clone(), Arc::clone(&running));
        marmota::go(move || {
            producer(&out);
            if running.fetch_sub(1, Ordering::SeqCst) == 1 {
                out.close();
            }
        });
    }
    values
}
