//! Verdict: panicked. Two goroutines, one for each source, and each of them closes the
//! channel when its own is through.

use marmota::chan::Receiver;

/// Passes on what comes from `a` and from `b`, as it comes.
pub fn merge<T: Send + 'static>(a: Receiver<T>, b: Receiver<T>) -> Receiver<T> {
    let (out, merged) = marmota::chan(0);
    for source in [a, b] {
        let out = out.clone();
        marmota::go(move || {
            for value in source {
                out.send(value);
            }
            out.close();
        });
    }
    merged
}
