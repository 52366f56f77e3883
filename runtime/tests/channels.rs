//! Channels, sentence by sentence of the specification.

mod common;

use common::{at_every_width, everywhere, explore, panic_message, under_schedules};
use marmota::chan::{Chan, TryRecvError, TrySendError, chan};
use marmota::sim::Verdict;
use marmota::sync::WaitGroup;
use marmota::{Receiver, Sender, go, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// Lets the others get as far as they can.
fn settle() {
    for _ in 0..50 {
        marmota::runtime::gosched();
    }
}

#[test]
fn an_unbuffered_send_and_its_receive_meet() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        let taken = Arc::new(AtomicBool::new(false));
        let seen = taken.clone();
        let sender = spawn(move || {
            tx.send(1);
            seen.load(SeqCst)
        });
        settle();
        // Before the receive: the sender cannot have passed its send.
        taken.store(true, SeqCst);
        assert_eq!(rx.recv(), Some(1));
        assert!(
            sender.join().unwrap(),
            "the send ended before the receive began"
        );
    });
}

#[test]
fn a_buffered_send_waits_only_when_the_buffer_is_full() {
    everywhere(|| {
        let (tx, rx) = chan(3);
        (0..3).for_each(|i| tx.send(i));
        assert_eq!((tx.len(), tx.capacity()), (3, 3));
        let received = Arc::new(AtomicBool::new(false));
        let seen = received.clone();
        let fourth = spawn(move || {
            tx.send(3);
            seen.load(SeqCst)
        });
        settle();
        received.store(true, SeqCst);
        assert_eq!(rx.recv(), Some(0));
        assert!(
            fourth.join().unwrap(),
            "the fourth send ended while the buffer was full"
        );
        assert_eq!(
            (0..3).map(|_| rx.recv().unwrap()).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert!(rx.is_empty());
    });
}

#[test]
fn values_arrive_in_the_order_they_were_sent() {
    everywhere(|| {
        for capacity in [0, 1, 3] {
            let (tx, rx) = chan(capacity);
            go(move || {
                (0..20).for_each(|i| tx.send(i));
                tx.close();
            });
            assert_eq!(rx.iter().collect::<Vec<_>>(), (0..20).collect::<Vec<_>>());
        }
    });
}

#[test]
fn receiving_from_a_closed_channel_drains_it_and_then_gives_none_for_ever() {
    everywhere(|| {
        let (tx, rx) = chan(3);
        tx.send(1);
        tx.send(2);
        tx.close();
        assert_eq!((rx.recv(), rx.recv()), (Some(1), Some(2)));
        for _ in 0..5 {
            assert_eq!(rx.recv(), None);
            assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        }
        assert_eq!(rx.iter().next(), None);
    });
}

#[test]
fn closing_wakes_all_waiting_receivers_with_none() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(0);
        let waiting: Vec<_> = (0..5)
            .map(|_| {
                let rx = rx.clone();
                spawn(move || rx.recv())
            })
            .collect();
        settle();
        tx.close();
        assert!(waiting.into_iter().all(|w| w.join().unwrap().is_none()));
    });
}

#[test]
fn closing_makes_all_waiting_senders_panic_and_keeps_what_is_buffered() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        tx.send(0);
        let waiting: Vec<_> = (1..4)
            .map(|i| {
                let tx = tx.clone();
                spawn(move || panic_message(|| tx.send(i)))
            })
            .collect();
        settle();
        tx.close();
        for sender in waiting {
            assert_eq!(sender.join().unwrap(), "send on closed channel");
        }
        assert_eq!((rx.recv(), rx.recv()), (Some(0), None));
    });
}

#[test]
fn misuse_panics_with_the_words_of_go() {
    everywhere(|| {
        let (tx, _rx) = chan(1);
        tx.close();
        assert_eq!(panic_message(|| tx.send(1)), "send on closed channel");
        assert_eq!(panic_message(|| tx.close()), "close of closed channel");
        let nil = Chan::<i32>::nil();
        assert_eq!(panic_message(|| nil.close()), "close of nil channel");
        assert_eq!(
            panic_message(|| nil.sender().close()),
            "close of nil channel"
        );
        let huge = panic_message(|| drop(Chan::<u64>::new(usize::MAX)));
        assert_eq!(huge, "makechan: size out of range");
        let huge = panic_message(|| drop(Chan::<u64>::new(isize::MAX as usize / 4)));
        assert_eq!(huge, "makechan: size out of range");
    });
}

#[test]
fn a_nil_channel_blocks_for_ever() {
    fn reason(f: fn()) -> String {
        let report = under_schedules(f);
        let Verdict::Deadlock(blocked) = report.verdict else {
            panic!("{report}")
        };
        blocked[0].reason.to_string()
    }
    let receive = reason(|| _ = Chan::<i32>::nil().recv());
    assert_eq!(receive, "chan receive (nil chan)");
    let send = reason(|| Chan::nil().send(1));
    assert_eq!(send, "chan send (nil chan)");
    everywhere(|| {
        let nil = Chan::<i32>::nil();
        assert!(nil.is_nil() && nil.same_channel(&Chan::nil()));
        assert_eq!((nil.len(), nil.capacity()), (0, 0));
        assert_eq!(nil.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(nil.try_send(1), Err(TrySendError::Full(1)));
    });
}

#[test]
fn the_try_forms_do_not_wait() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(tx.try_send(1), Ok(()));
        assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
        assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(tx.try_send(3), Ok(()));
        tx.close();
        assert_eq!(tx.try_send(4), Err(TrySendError::Closed(4)));
        assert_eq!(rx.try_recv(), Ok(3));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
        // Unbuffered: only with one who waits.
        let (tx, rx) = chan(0);
        assert_eq!(tx.try_send(1), Err(TrySendError::Full(1)));
        let waiting = spawn(move || rx.recv());
        while tx.try_send(1).is_err() {
            marmota::runtime::gosched();
        }
        assert_eq!(waiting.join().unwrap(), Some(1));
    });
}

#[test]
fn values_of_size_zero_are_counted() {
    everywhere(|| {
        for capacity in [0, 2, usize::MAX / 2] {
            let (tx, rx) = chan::<()>(capacity);
            go(move || {
                (0..10).for_each(|_| tx.send(()));
                tx.close();
            });
            assert_eq!(rx.iter().count(), 10);
        }
    });
}

#[test]
fn large_values_arrive_whole() {
    everywhere(|| {
        for capacity in [0, 1] {
            let (tx, rx) = chan(capacity);
            go(move || (0..5u64).for_each(|i| tx.send([i; 500])));
            (0..5u64).for_each(|i| assert_eq!(rx.recv(), Some([i; 500])));
        }
    });
}

#[test]
fn handles_are_of_one_channel_and_directions_convert_one_way() {
    everywhere(|| {
        let both = Chan::new(1);
        let (tx, rx): (Sender<i32>, Receiver<i32>) = (both.clone().into(), both.clone().into());
        assert!(tx.same_channel(&both.sender()) && rx.same_channel(&both.receiver()));
        assert!(!tx.same_channel(&chan(1).0));
        tx.send(1);
        assert_eq!((both.len(), tx.len(), rx.len()), (1, 1, 1));
        assert_eq!(
            format!("{tx:?} {rx:?} {both:?}"),
            "Sender(1/1) Receiver(1/1) Chan(1/1)"
        );
        assert_eq!(both.recv(), Some(1));
        // Dropping handles closes nothing.
        drop((tx, both));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    });
}

#[test]
fn every_value_is_dropped_exactly_once() {
    static ALIVE: AtomicUsize = AtomicUsize::new(0);
    struct Counted(#[allow(dead_code, reason = "a size")] u64);
    impl Counted {
        fn new() -> Self {
            ALIVE.fetch_add(1, SeqCst);
            Counted(1)
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            assert!(ALIVE.fetch_sub(1, SeqCst) > 0, "dropped twice");
        }
    }
    at_every_width(|| {
        let (tx, rx) = chan(4);
        (0..4).for_each(|_| tx.send(Counted::new()));
        drop(rx.recv());
        drop(tx.try_send(Counted::new()));
        assert!(
            tx.try_send(Counted::new()).is_err(),
            "full; the value came back"
        );
        let their = tx.clone();
        let waiting = spawn(move || panic_message(|| their.send(Counted::new())));
        settle();
        tx.close();
        waiting.join().unwrap();
        assert_eq!(ALIVE.load(SeqCst), 4, "those in the buffer");
        assert_eq!(
            panic_message(|| tx.send(Counted::new())),
            "send on closed channel"
        );
        drop(rx.recv());
        drop((tx, rx));
        assert_eq!(ALIVE.load(SeqCst), 0);
    });
}

#[test]
fn the_rest_is_dropped_although_one_drop_panics() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
            assert!(!self.0, "bomb");
        }
    }
    at_every_width(|| {
        DROPS.store(0, SeqCst);
        let chan = Chan::new(5);
        (0..5).for_each(|i| chan.send(Bomb(i == 1)));
        assert_eq!(panic_message(|| drop(chan)), "bomb");
        assert_eq!(DROPS.load(SeqCst), 5);
    });
}

#[test]
fn a_buffer_is_used_round_and_round() {
    everywhere(|| {
        let (tx, rx) = chan(3);
        let mut next = 0;
        for i in 0..20 {
            tx.send(i);
            if tx.len() == 3 {
                for _ in 0..=i % 3 {
                    assert_eq!(rx.recv(), Some(next));
                    next += 1;
                }
            }
        }
    });
}

#[test]
fn the_happens_before_edges_carry_plain_memory() {
    at_every_width(|| {
        struct Shared(std::cell::UnsafeCell<u64>);
        // SAFETY: a channel orders all accesses below.
        unsafe impl Sync for Shared {}
        for capacity in [0, 1] {
            let shared = Arc::new(Shared(std::cell::UnsafeCell::new(0)));
            let (there, there_rx) = chan(capacity);
            let (back, back_rx) = chan(capacity);
            let theirs = shared.clone();
            go(move || {
                while there_rx.recv().is_some() {
                    // SAFETY: ours between receive and send.
                    unsafe { *theirs.0.get() += 1 };
                    back.send(());
                }
            });
            for i in 0..2_000 {
                // SAFETY: ours until the send.
                unsafe { assert_eq!(*shared.0.get(), 2 * i) };
                // SAFETY: as above.
                unsafe { *shared.0.get() += 1 };
                there.send(());
                back_rx.recv();
            }
            there.close();
        }
    });
}

#[test]
fn many_senders_and_receivers_lose_and_double_nothing() {
    everywhere(|| {
        for capacity in [0, 2] {
            let (tx, rx) = chan(capacity);
            let (senders, got) = (WaitGroup::new(), Chan::new(100));
            for s in 0..3 {
                let tx = tx.clone();
                senders.go(move || (0..5).for_each(|i| tx.send(s * 5 + i)));
            }
            let receivers = WaitGroup::new();
            for _ in 0..3 {
                let (rx, got) = (rx.clone(), got.clone());
                receivers.go(move || rx.iter().for_each(|v| got.send(v)));
            }
            senders.wait();
            tx.close();
            receivers.wait();
            got.close();
            let mut all: Vec<_> = got.receiver().iter().collect();
            all.sort_unstable();
            assert_eq!(all, (0..15).collect::<Vec<_>>());
        }
    });
}

#[test]
fn a_receive_that_nobody_answers_is_reported_with_its_place() {
    let report = under_schedules(|| {
        let (_tx, rx) = chan::<i32>(0);
        rx.recv();
    });
    let Verdict::Deadlock(blocked) = &report.verdict else {
        panic!("{report}")
    };
    assert_eq!(blocked[0].reason.to_string(), "chan receive");
    assert!(
        blocked[0]
            .at
            .as_ref()
            .unwrap()
            .file
            .ends_with("channels.rs")
    );
}

#[test]
fn a_producer_waits_until_each_value_is_taken() {
    // Seed of the notes: the numbers start at 0, and there is no buffer to run ahead
    // into.
    explore(|| {
        let (tx, rx) = chan(0);
        let produced = Arc::new(AtomicUsize::new(0));
        let count = produced.clone();
        go(move || {
            for i in 0..5 {
                tx.send(i);
                count.fetch_add(1, SeqCst);
            }
            tx.close();
        });
        for (expected, got) in rx.iter().enumerate() {
            assert_eq!(got, expected);
            assert!(produced.load(SeqCst) <= expected + 1);
        }
    });
}
