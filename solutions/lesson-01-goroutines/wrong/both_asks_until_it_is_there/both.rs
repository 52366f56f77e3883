//! Verdict: livelock. It asks whether the result has come, again and again, in
//! place of waiting for it: whoever runs it makes no progress by that.

use std::sync::{Arc, Mutex};

/// Runs `a` and `b` at the same time and returns what they return.
pub fn run_both<A, B>(
    a: impl FnOnce() -> A + Send + 'static,
    b: impl FnOnce() -> B + Send + 'static,
) -> (A, B)
where
    A: Send + 'static,
    B: Send + 'static,
{
    let result = Arc::new(Mutex::new(None));
    let place = Arc::clone(&result);
    marmota::go(move || {
        let a = a();
        *place.lock().unwrap() = Some(a);
    });
    let b = b();
    loop {
        if let Some(a) = result.lock().unwrap().take() {
            return (a, b);
        }
        marmota::runtime::gosched();
    }
}
