//! A closed channel in a loop around a select: always ready, and so never at rest.
//!
//! The first loop goes round and round until the other channel has a value. The
//! second one puts a nil channel in the place of the closed one, and sleeps.

use marmota::chan::{Chan, Receiver};
use marmota::{select, sim};

// ANCHOR: busy
fn turns_until_a_value(closed: Receiver<u32>, open: Receiver<u32>) -> u32 {
    let mut turns = 0;
    loop {
        turns += 1;
        select! {
            _none = <-closed => {}
            _value = <-open => return turns,
        }
    }
}
// ANCHOR_END: busy

// ANCHOR: rests
fn turns_with_nil(mut closed: Receiver<u32>, open: Receiver<u32>) -> u32 {
    let mut turns = 0;
    loop {
        turns += 1;
        select! {
            value = <-closed => {
                if value.is_none() {
                    closed = Chan::nil().receiver();
                }
            }
            _value = <-open => return turns,
        }
    }
}
// ANCHOR_END: rests

fn count(turns: fn(Receiver<u32>, Receiver<u32>) -> u32) {
    let report = sim::run(move || {
        let ((a, closed), (b, open)) = (marmota::chan(0), marmota::chan(0));
        a.close();
        marmota::go(move || {
            // Others have a hundred turns before this one sends.
            (0..100).for_each(|_| marmota::runtime::gosched());
            b.send(1);
        });
        println!("{} turns", turns(closed, open));
    });
    assert!(report.passed(), "{report}");
}

fn main() {
    print!("closed, and asked again and again: ");
    count(turns_until_a_value);
    print!("closed, and replaced by nil:       ");
    count(turns_with_nil);
}
