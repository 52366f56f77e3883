//! Verdict: livelock. A source that is closed stays in the select, where it is always
//! ready: it goes round and round until the other has a value.

use marmota::chan::Receiver;
use marmota::select;

/// Passes on what comes from `a` and from `b`, as it comes.
pub fn merge<T: Send + 'static>(a: Receiver<T>, b: Receiver<T>) -> Receiver<T> {
    let (out, merged) = marmota::chan(0);
    marmota::go(move || {
        let (mut a_open, mut b_open) = (true, true);
        while a_open || b_open {
            select! {
                value = <-a => match value {
                    Some(value) => out.send(value),
                    None => a_open = false,
                },
                value = <-b => match value {
                    Some(value) => out.send(value),
                    None => b_open = false,
                },
            }
        }
        out.close();
    });
    merged
}
