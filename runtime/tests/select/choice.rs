//! Nothing ready is missed, the choice is even, and losing leaves no trace.

use super::common::{at_every_width, everywhere, explore};
use marmota::chan::{Chan, Select, chan};
use marmota::sync::WaitGroup;
use marmota::{Receiver, Sender, go, select, time};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

#[test]
fn a_timeout_ends_a_wait_that_is_too_long() {
    everywhere(|| {
        let (_tx, rx) = chan::<()>(0);
        let begin = time::now();
        let timed_out = select! {
            <-rx => false,
            <-time::after(Duration::from_millis(3)) => true,
        };
        assert!(timed_out);
        assert!(begin.elapsed() >= Duration::from_millis(3));
    });
}

#[test]
fn no_default_where_a_channel_can_always_be_sent_to_or_received_from() {
    at_every_width(|| {
        let chan = Chan::new(1);
        let (stop_tx, stop) = marmota::chan::<()>(0);
        let other = marmota::spawn({
            let chan = chan.clone();
            move || {
                loop {
                    // Full, then empty: one of the two cases is ready at each moment.
                    select! { chan <- 1 => {} default => {} }
                    select! { <-chan => {} default => {} }
                    select! { <-stop => return, default => {} }
                }
            }
        });
        for _ in 0..100_000 {
            select! {
                chan <- 2 => {}
                <-chan => {}
                default => panic!("neither was ready"),
            }
        }
        stop_tx.close();
        other.join().unwrap();
    });
}

#[test]
fn a_ready_case_is_never_missed_for_a_default() {
    // One of the two channels always has a value or is closed.
    fn rounds(n: usize, close: bool) {
        let (done_tx, done) = chan::<bool>(1);
        for _ in 0..n {
            let (tx1, rx1) = chan(1);
            let (tx2, rx2) = chan(1);
            // So that the quick look has something to go by.
            select! { <-rx1 => {}, <-rx2 => {}, default => {} }
            tx1.send(1);
            let (done_tx, (a, b)) = (done_tx.clone(), (rx1.clone(), rx2.clone()));
            go(move || done_tx.send(select! { <-b => true, <-a => true, default => false }));
            if close {
                tx2.close();
            } else {
                tx2.send(1);
            }
            select! { <-rx1 => {}, default => {} }
            assert_eq!(done.recv(), Some(true), "a ready case was missed");
        }
    }
    at_every_width(|| {
        rounds(50_000, false);
        rounds(50_000, true);
    });
    explore(|| {
        rounds(2, false);
        rounds(2, true);
    });
}

#[test]
fn a_case_that_wanders_is_never_missed_by_one_who_polls() {
    // A token goes round on a thread of its own. It is put down on the next channel
    // before it is taken up from the last, so at every moment one has a value.
    at_every_width(|| {
        const N: usize = 3;
        let channels: Vec<_> = (0..N).map(|_| Chan::<()>::new(2)).collect();
        channels[0].send(());
        let (stop_tx, stop) = chan::<()>(0);
        let theirs = channels.clone();
        let wanderer = std::thread::spawn(move || {
            let (mut at, mut turns) = (0, 0usize);
            loop {
                let next = (at + 1) % N;
                theirs[next].send(());
                theirs[at].recv();
                at = next;
                turns += 1;
                select! { <-stop => return turns, default => {} }
            }
        });
        for round in 0..300_000 {
            // What is taken is put back.
            select! {
                <-channels[2] => channels[2].send(()),
                <-channels[0] => channels[0].send(()),
                <-channels[1] => channels[1].send(()),
                default => panic!("round {round}: a ready case was missed"),
            }
        }
        stop_tx.close();
        assert!(wanderer.join().unwrap() > 0);
    });
}

/// Binomial: the mean is n/k, ten standard deviations are allowed.
fn assert_even(counts: &[usize]) {
    let n: usize = counts.iter().sum();
    let p = 1.0 / counts.len() as f64;
    let sigma = (n as f64 * p * (1.0 - p)).sqrt();
    for &count in counts {
        let off = (count as f64 - n as f64 * p).abs();
        assert!(off < 10.0 * sigma, "{counts:?} is uneven");
    }
}

#[test]
fn the_choice_among_ready_cases_is_even() {
    at_every_width(|| {
        const TRIALS: usize = 10_000;
        let (tx, rx) = chan(1);
        let closed = || {
            let (tx, rx) = chan::<()>(0);
            tx.close();
            rx
        };
        let (a, b, quiet) = (closed(), closed(), Chan::<()>::new(0));
        let mut counts = [0usize; 4];
        for _ in 0..TRIALS {
            if tx.is_empty() {
                tx.send(0);
            }
            let i = select! {
                <-a => 0,
                <-quiet => unreachable!(),
                <-rx => 1,
                <-b => 2,
                <-a => 3,
            };
            counts[i] += 1;
        }
        assert_even(&counts);
        let mut select = Select::new();
        let cases = [select.recv(&a), select.recv(&quiet), select.recv(&b)];
        let mut counts = [0usize; 3];
        for _ in 0..TRIALS {
            counts[select.wait().index()] += 1;
        }
        assert_eq!(counts[cases[1]], 0);
        assert_even(&[counts[cases[0]], counts[cases[2]]]);
    });
}

#[test]
fn waiting_senders_are_chosen_evenly_over_time() {
    // Two senders, one who selects over both: none is starved.
    at_every_width(|| {
        const TRIALS: usize = 10_000;
        let (a_tx, a) = chan::<()>(1);
        let (b_tx, b) = chan::<()>(1);
        let mut counts = [0usize; 2];
        for _ in 0..TRIALS {
            let _ = (a_tx.try_send(()), b_tx.try_send(()));
            select! { <-a => counts[0] += 1, <-b => counts[1] += 1 }
        }
        assert_even(&counts);
    });
}

#[test]
fn a_deterministic_run_tries_every_ready_case() {
    static TAKEN: [AtomicUsize; 3] = [const { AtomicUsize::new(0) }; 3];
    explore(|| {
        let channels: Vec<_> = (0..3).map(|_| Chan::<()>::new(1)).collect();
        channels.iter().for_each(|c| c.send(()));
        let i = select! { <-channels[0] => 0, <-channels[1] => 1, <-channels[2] => 2 };
        TAKEN[i].fetch_add(1, SeqCst);
    });
    // The exploration ends when it has seen every schedule there is.
    assert!(TAKEN.iter().all(|n| n.load(SeqCst) > 0));
}

#[test]
fn a_select_that_lost_leaves_no_trace() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(0);
        let (other_tx, other) = chan::<i32>(0);
        for i in 0..50 {
            let sender = other_tx.clone();
            go(move || sender.send(i));
            // Waits on rx too, and is won by other.
            assert_eq!(select! { v = <-rx => v, v = <-other => v }, Some(i));
            assert!(
                !select! { tx <- 1 => true, default => false },
                "nobody waits on rx"
            );
        }
    });
}

#[test]
fn fan_in_over_many_loses_nothing() {
    everywhere(|| {
        let channels: Vec<(Sender<usize>, Receiver<usize>)> = (0..4).map(|_| chan(0)).collect();
        let group = WaitGroup::new();
        for (i, (tx, _)) in channels.iter().enumerate() {
            let tx = tx.clone();
            group.go(move || (0..10).for_each(|n| tx.send(i * 10 + n)));
        }
        let (done_tx, done) = chan::<()>(0);
        go(move || {
            group.wait();
            done_tx.close();
        });
        let mut got = Vec::new();
        loop {
            select! {
                v = <-channels[0].1 => got.extend(v),
                v = <-channels[1].1 => got.extend(v),
                v = <-channels[2].1 => got.extend(v),
                v = <-channels[3].1 => got.extend(v),
                <-done => break,
            }
        }
        for i in 0..4 {
            let own: Vec<_> = got.iter().filter(|v| **v / 10 == i).collect();
            assert!(own.is_sorted(), "a sender's order is kept: {got:?}");
        }
        got.sort_unstable();
        assert_eq!(got, (0..40).collect::<Vec<_>>());
    });
}

#[test]
fn threads_from_outside_select_too() {
    at_every_width(|| {
        let (tx, rx) = chan(0);
        let (_idle_tx, idle) = chan::<()>(0);
        let thread = std::thread::spawn(move || {
            let mut sum = 0;
            loop {
                select! {
                    v = <-rx => match v { Some(v) => sum += v, None => return sum },
                    <-idle => unreachable!(),
                }
            }
        });
        (1..=100).for_each(|i| tx.send(i));
        tx.close();
        assert_eq!(thread.join().unwrap(), 5050);
    });
}
