//! Verdict: deadlock. First all of one source, then all of the other: who is second
//! waits for the end of the first.

use marmota::chan::Receiver;

/// Passes on what comes from `a` and from `b`, as it comes.
pub fn merge<T: Send + 'static>(a: Receiver<T>, b: Receiver<T>) -> Receiver<T> {
    let (out, merged) = marmota::chan(0);
    marmota::go(move || {
        for value in a.iter().chain(b.iter()) {
            out.send(value);
        }
        out.close();
    });
    merged
}
