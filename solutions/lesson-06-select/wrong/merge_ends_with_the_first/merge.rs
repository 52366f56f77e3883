//! Verdict: wrong result. The first source that is closed ends it; what the other still
//! had is lost.

use marmota::chan::Receiver;
use marmota::select;

/// Passes on what comes from `a` and from `b`, as it comes.
pub fn merge<T: Send + 'static>(a: Receiver<T>, b: Receiver<T>) -> Receiver<T> {
    let (out, merged) = marmota::chan(0);
    marmota::go(move || {
        loop {
            let value = select! {
                value = <-a => value,
                value = <-b => value,
            };
            match value {
                Some(value) => out.send(value),
                None => break,
            }
        }
        out.close();
    });
    merged
}
