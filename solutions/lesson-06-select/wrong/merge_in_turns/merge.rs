//! Verdict: deadlock. One from here, one from there: whoever has two waits for the
//! other to have one.

use marmota::chan::Receiver;

/// Passes on what comes from `a` and from `b`, as it comes.
pub fn merge<T: Send + 'static>(a: Receiver<T>, b: Receiver<T>) -> Receiver<T> {
    let (out, merged) = marmota::chan(0);
    marmota::go(move || {
        let (mut a_open, mut b_open) = (true, true);
        while a_open || b_open {
            for (source, open) in [(&a, &mut a_open), (&b, &mut b_open)] {
                match source.recv() {
                    Some(value) => out.send(value),
                    None => *open = false,
                }
            }
        }
        out.close();
    });
    merged
}
