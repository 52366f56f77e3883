//! What programs must not do, and the words they are told.

use super::Body;
use super::panics::{caught, text};
use marmota::sync::{RawMutex, WaitGroup};
use marmota::{Chan, chan, go, runtime, select};

pub const PROGRAMS: &[Body] = &[
    ("close_of_closed", || {
        let (tx, _rx) = chan::<i32>(0);
        tx.close();
        tx.close();
    }),
    ("close_of_nil", || Chan::<i32>::nil().close()),
    ("send_on_closed", || {
        let (tx, _rx) = chan(1);
        tx.close();
        tx.send(1);
    }),
    ("select_sends_on_closed", || {
        let (tx, _rx) = chan(0);
        tx.close();
        select! {
            tx <- 1 => {}
            default => {}
        }
    }),
    ("close_under_a_sender", || {
        let (tx, _rx) = chan(0);
        let (got_tx, got) = chan(0);
        let theirs = tx.clone();
        go(move || got_tx.send(text(caught(|| theirs.send(1)))));
        runtime::gosched();
        tx.close();
        println!("{}", got.recv().unwrap());
    }),
    ("a_channel_too_large", || {
        let n = 1 << 62;
        chan::<i64>(n);
    }),
    ("a_negative_counter", || {
        let group = WaitGroup::new();
        group.add(1);
        group.add(-2);
    }),
    ("one_done_too_many", || WaitGroup::new().done()),
    ("misuses_are_caught", || {
        let c = Chan::new(0);
        c.close();
        println!("{}", text(caught(|| c.close())));
        println!("{}", text(caught(|| c.send(1))));
        println!("{}", text(caught(|| Chan::<i32>::nil().close())));
        println!("{}", text(caught(|| WaitGroup::new().add(-1))));
        // Go's zero value and `ok`.
        let value = c.recv();
        println!("{} {}", value.unwrap_or_default(), value.is_some());
    }),
    ("unlock_of_unlocked", || {
        println!("before");
        RawMutex::new().unlock();
    }),
    ("unlock_of_unlocked_is_not_caught", || {
        let lock = RawMutex::new();
        println!("{}", text(caught(|| lock.unlock())));
    }),
];
