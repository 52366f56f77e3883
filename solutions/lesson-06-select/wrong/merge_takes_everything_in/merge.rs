//! Verdict: wrong result. A large buffer takes in what nobody wants yet: the sources
//! are never held back.

use marmota::chan::{Chan, Receiver};
use marmota::select;

/// Passes on what comes from `a` and from `b`, as it comes.
pub fn merge<T: Send + 'static>(mut a: Receiver<T>, mut b: Receiver<T>) -> Receiver<T> {
    let (out, merged) = marmota::chan(1_000);
    marmota::go(move || {
        let mut open = 2;
        while open > 0 {
            select! {
                value = <-a => match value {
                    Some(value) => out.send(value),
                    None => {
                        a = Chan::nil().receiver();
                        open -= 1;
                    }
                },
                value = <-b => match value {
                    Some(value) => out.send(value),
                    None => {
                        b = Chan::nil().receiver();
                        open -= 1;
                    }
                },
            }
        }
        out.close();
    });
    merged
}
