//! An end cannot be made into both ends, or into the other end.

use marmota::{Chan, Receiver, Sender};

fn main() {
    let (tx, rx) = marmota::chan::<i32>(0);
    let _: Chan<i32> = tx.clone().into();
    let _: Chan<i32> = rx.clone().into();
    let _: Receiver<i32> = tx.into();
    let _: Sender<i32> = rx.into();
}
