//! The channel: values are handed over once each and in order, and nobody who can go on
//! stays parked.

use crate::chan::core::{Core, Received, Sent};
use ::loom::sync::Arc;
use std::mem::MaybeUninit;
use std::panic::Location;

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = ::loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

fn send(channel: &Core<u32>, value: u32) -> bool {
    channel.send(&mut MaybeUninit::new(value), Location::caller())
}

fn recv(channel: &Core<u32>) -> Option<u32> {
    channel.recv(Location::caller())
}

fn beside<R: 'static>(
    channel: &Arc<Core<u32>>,
    f: impl FnOnce(&Core<u32>) -> R + 'static,
) -> ::loom::thread::JoinHandle<R> {
    let channel = channel.clone();
    ::loom::thread::spawn(move || f(&channel))
}

/// Two senders and a receiver meet; whoever comes first waits.
pub fn values_are_handed_over_once_each() {
    for capacity in [0, 1] {
        check(move || {
            let channel = Arc::new(Core::new(capacity));
            let senders = [1, 2].map(|value| beside(&channel, move |channel| send(channel, value)));
            let sum = recv(&channel).unwrap() + recv(&channel).unwrap();
            assert_eq!(sum, 3);
            for sender in senders {
                assert!(sender.join().unwrap());
            }
            assert_eq!(channel.len(), 0);
        });
    }
}

/// One sender's values arrive in order, past a buffer that is full in between.
pub fn the_order_of_a_sender_is_kept() {
    check(|| {
        let channel = Arc::new(Core::new(1));
        let sender = beside(&channel, |channel| {
            (1..=3).all(|value| send(channel, value))
        });
        assert_eq!([1, 2, 3].map(|_| recv(&channel)), [1, 2, 3].map(Some));
        assert!(sender.join().unwrap());
    });
}

/// Room in the buffer lets a sender that waits go on, without another receive.
pub fn room_is_for_who_waits() {
    check(|| {
        let channel = Arc::new(Core::new(1));
        let sender = beside(&channel, |channel| send(channel, 1) && send(channel, 2));
        assert_eq!(recv(&channel), Some(1));
        assert!(sender.join().unwrap());
        assert_eq!((channel.len(), recv(&channel)), (1, Some(2)));
    });
}

/// A close finds a sender and two receivers, before, while or after they wait.
pub fn a_close_wakes_everybody() {
    check(|| {
        let channel = Arc::new(Core::new(0));
        let receivers = [(); 2].map(|()| beside(&channel, recv));
        let sent = send(&channel, 1);
        assert!(sent, "a receiver is there or comes");
        assert!(channel.close());
        let got = receivers.map(|receiver| receiver.join().unwrap());
        assert!(got == [Some(1), None] || got == [None, Some(1)]);
        assert!(!channel.close() && !send(&channel, 2));
    });
}

/// Who only looks, without the lock if the last look found nothing, sees a value that
/// was sent before.
pub fn a_look_misses_no_value_that_was_there() {
    check(|| {
        let channel = Arc::new(Core::new(1));
        assert!(matches!(channel.try_recv(), Received::Empty));
        let sender = beside(&channel, |channel| {
            assert!(matches!(
                channel.try_send(&mut MaybeUninit::new(1)),
                Sent::Done
            ));
        });
        let early = matches!(channel.try_recv(), Received::Value(1));
        sender.join().unwrap();
        let late = matches!(channel.try_recv(), Received::Value(1));
        assert!(early != late, "it was received once");
    });
}
