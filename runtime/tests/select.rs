//! `select!` and `Select`, sentence by sentence of the specification.

mod common;

use common::{at_every_width, everywhere, explore, panic_message, under_schedules};
use marmota::chan::{Chan, Select, chan};
use marmota::sim::Verdict;
use marmota::sync::WaitGroup;
use marmota::{Receiver, Sender, go, select, spawn, time};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

#[test]
fn a_single_receive_waits_for_its_value() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        go(move || tx.send(7));
        let got = select! { v = <-rx => v };
        assert_eq!(got, Some(7));
    });
}

#[test]
fn a_single_send_waits_for_its_receiver() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        let taken = spawn(move || rx.recv());
        select! { tx <- 7 => {} }
        assert_eq!(taken.join().unwrap(), Some(7));
    });
}

#[test]
fn of_several_the_one_that_comes_is_taken() {
    everywhere(|| {
        let (a, from_a) = chan::<i32>(0);
        let (_b, from_b) = chan::<&str>(0);
        let (c, _to_c) = chan::<u8>(0);
        go(move || a.send(1));
        let got = select! {
            v = <-from_a => v.unwrap(),
            v = <-from_b => unreachable!("{v:?}"),
            c <- 3 => unreachable!(),
        };
        assert_eq!(got, 1);
    });
}

#[test]
fn default_is_taken_when_nothing_is_ready_and_only_then() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        let look = || select! { v = <-rx => v, default => Some(-1) };
        assert_eq!(look(), Some(-1));
        assert_eq!(look(), Some(-1), "also when it was found quiet before");
        tx.send(5);
        assert_eq!(look(), Some(5));
        assert_eq!(look(), Some(-1));
        let fill = |v| select! { tx <- v => true, default => false };
        assert!(fill(1));
        assert!(!fill(2));
        assert!(!fill(2));
        assert_eq!(look(), Some(1));
        assert!(fill(2));
        assert_eq!(look(), Some(2));
        tx.close();
        assert_eq!(look(), None);
        assert_eq!(look(), None);
    });
}

#[test]
fn a_polled_channel_still_notices_a_waiting_partner() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        let (tx2, rx2) = chan(0);
        assert_eq!(select! { v = <-rx => v, default => None }, None);
        assert!(!select! { tx2 <- 1 => true, default => false });
        go(move || tx.send(9));
        go(move || assert_eq!(rx2.recv(), Some(1)));
        let mut got = None;
        while got.is_none() {
            got = select! { v = <-rx => v, default => { marmota::runtime::gosched(); None } };
        }
        assert_eq!(got, Some(9));
        while !select! { tx2 <- 1 => true, default => false } {
            marmota::runtime::gosched();
        }
    });
}

#[test]
fn a_closed_channel_is_always_ready() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(2);
        tx.send(1);
        tx.close();
        let mut got = Vec::new();
        for _ in 0..3 {
            select! { v = <-rx => got.push(v) }
        }
        assert_eq!(got, [Some(1), None, None]);
    });
}

#[test]
fn closing_wakes_a_select_that_waits() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(0);
        let (_other, quiet) = chan::<i32>(0);
        let waiting = spawn(move || {
            select! { v = <-rx => v.is_none(), v = <-quiet => v.is_some() }
        });
        tx.close();
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn a_send_in_a_select_panics_on_a_closed_channel() {
    everywhere(|| {
        let (tx, _rx) = chan(0);
        tx.close();
        let send = || select! { tx <- 1 => {} };
        assert_eq!(panic_message(send), "send on closed channel");
        let poll = || select! { tx <- 1 => {}, default => {} };
        assert_eq!(panic_message(poll), "send on closed channel");
    });
}

#[test]
fn closing_makes_a_waiting_send_panic() {
    everywhere(|| {
        let (tx, _rx) = chan(0);
        let (_idle_tx, idle) = chan::<()>(0);
        let their = tx.clone();
        let waiting = spawn(move || panic_message(|| select! { their <- 1 => {}, <-idle => {} }));
        tx.close();
        assert_eq!(waiting.join().unwrap(), "send on closed channel");
    });
}

#[test]
fn a_nil_case_is_never_ready() {
    everywhere(|| {
        let nil = Chan::<i32>::nil();
        let (tx, rx) = chan(1);
        assert!(select! { <-nil => false, nil <- 1 => false, default => true });
        tx.send(1);
        for _ in 0..10 {
            assert!(select! { <-nil => false, nil <- 1 => false, v = <-rx => v == Some(1) });
            tx.send(1);
        }
    });
}

#[test]
fn only_nil_cases_block_for_ever() {
    let report = under_schedules(|| {
        let nil = Chan::<i32>::nil();
        select! { <-nil => {}, nil <- 1 => {} }
    });
    let Verdict::Deadlock(blocked) = report.verdict else {
        panic!("{report}")
    };
    assert_eq!(blocked[0].reason.to_string(), "select");
}

#[test]
fn no_cases_block_for_ever() {
    let report = under_schedules(|| select! {});
    let Verdict::Deadlock(blocked) = report.verdict else {
        panic!("{report}")
    };
    assert_eq!(blocked[0].reason.to_string(), "select (no cases)");
    assert!(blocked[0].at.as_ref().unwrap().file.ends_with("select.rs"));
}

#[test]
fn a_goroutine_never_meets_itself() {
    let report = under_schedules(|| {
        let both = Chan::<i32>::new(0);
        select! { both <- 1 => {}, <-both => {} }
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
    everywhere(|| {
        let both = Chan::<i32>::new(0);
        for _ in 0..10 {
            assert!(select! { both <- 1 => false, <-both => false, default => true });
        }
    });
}

#[test]
fn two_that_both_send_and_receive_on_one_channel_meet() {
    everywhere(|| {
        let both = Chan::<i32>::new(0);
        let group = WaitGroup::new();
        let (sent, received) = (Chan::new(100), Chan::new(100));
        for _ in 0..2 {
            let (both, sent, received) = (both.clone(), sent.clone(), received.clone());
            group.go(move || {
                for i in 0..20 {
                    select! { both <- i => sent.send(i), v = <-both => received.send(v) }
                }
            });
        }
        group.wait();
        assert_eq!(sent.len(), 20);
        assert_eq!(received.len(), 20);
    });
}

#[test]
fn the_same_channel_may_stand_in_several_cases() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        go(move || (0..20).for_each(|i| tx.send(i)));
        for i in 0..20 {
            let got = select! { v = <-rx => v, v = <-rx => v, v = <-&rx => v };
            assert_eq!(got, Some(i));
        }
        assert!(select! { <-rx => false, <-rx => false, default => true });
    });
}

#[test]
fn expressions_are_evaluated_once_in_source_order_whatever_is_taken() {
    everywhere(|| {
        let (tx, rx) = chan::<usize>(1);
        let log = std::cell::RefCell::new(Vec::new());
        let note = |what: &'static str| log.borrow_mut().push(what);
        select! {
            <-{ note("first channel"); &rx } => unreachable!(),
            { note("second channel"); &tx } <- { note("value"); 3 } => note("arm"),
            <-{ note("third channel"); Receiver::from(Chan::<u8>::nil()) } => unreachable!(),
        }
        assert_eq!(
            log.into_inner(),
            [
                "first channel",
                "second channel",
                "value",
                "third channel",
                "arm"
            ]
        );
    });
}

#[test]
fn temporaries_end_before_the_arm() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        tx.send(1);
        let shared = marmota::sync::Mutex::new(rx);
        select! {
            v = <-&*shared.lock() => {
                assert_eq!(v, Some(1));
                assert!(shared.try_lock().is_some(), "the guard is gone");
            }
        }
    });
}

#[test]
fn a_value_that_was_not_sent_is_dropped_once() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    at_every_width(|| {
        DROPS.store(0, SeqCst);
        let (full, _rx) = chan::<Counted>(0);
        let (tx, rx) = chan::<Counted>(1);
        select! { full <- Counted => {}, default => assert_eq!(DROPS.load(SeqCst), 1) }
        select! { full <- Counted => {}, tx <- Counted => assert_eq!(DROPS.load(SeqCst), 2) }
        select! { v = <-rx => { assert_eq!(DROPS.load(SeqCst), 2); drop(v); } }
        assert_eq!(DROPS.load(SeqCst), 3);
        tx.send(Counted);
        select! { <-rx => assert_eq!(DROPS.load(SeqCst), 4, "nobody wanted it") }
        tx.close();
        let refused = panic_message(|| select! { tx <- Counted => {} });
        assert_eq!(refused, "send on closed channel");
        assert_eq!(DROPS.load(SeqCst), 5);
    });
}

#[test]
fn a_received_value_is_dropped_although_the_drop_of_another_panics() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("bomb");
        }
    }
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    at_every_width(|| {
        DROPS.store(0, SeqCst);
        let (full, _rx) = chan::<Bomb>(0);
        let (tx, rx) = chan::<Counted>(1);
        tx.send(Counted);
        let message = panic_message(|| select! { full <- Bomb => {}, v = <-rx => drop(v) });
        assert_eq!(message, "bomb");
        assert_eq!(DROPS.load(SeqCst), 1);
    });
}

#[test]
fn arms_return_break_continue_and_try() {
    fn returns(rx: &Receiver<i32>) -> &'static str {
        select! { <-rx => return "returned", default => {} }
        "went on"
    }
    fn tries(rx: &Receiver<Result<i32, String>>) -> Result<i32, String> {
        let v = select! { v = <-rx => v.ok_or("closed")?? };
        Ok(v + 1)
    }
    everywhere(|| {
        let (tx, rx) = chan(10);
        assert_eq!(returns(&rx), "went on");
        (0..5).for_each(|i| tx.send(i));
        assert_eq!(returns(&rx), "returned");
        let mut seen = Vec::new();
        'all: loop {
            select! {
                v = <-rx => {
                    let Some(v) = v else { break };
                    if v == 2 {
                        continue;
                    }
                    if v == 4 {
                        break 'all;
                    }
                    seen.push(v)
                }
            }
        }
        assert_eq!(seen, [1, 3]);
        let (tx, rx) = chan(3);
        tx.send(Ok(1));
        tx.send(Err("no".to_string()));
        tx.close();
        assert_eq!(tries(&rx), Ok(2));
        assert_eq!(tries(&rx), Err("no".into()));
        assert_eq!(tries(&rx), Err("closed".into()));
    });
}

#[test]
fn the_forms_of_arms_and_channels() {
    struct Hub {
        jobs: Chan<i32>,
        quit: std::sync::Arc<Receiver<()>>,
    }
    everywhere(|| {
        let (_q, quit) = chan(0);
        let hub = Hub {
            jobs: Chan::new(3),
            quit: std::sync::Arc::new(quit),
        };
        let (many, boxed) = (vec![hub.jobs.clone()], Box::new(hub.jobs.sender()));
        let by_mut = &mut hub.jobs.sender();
        // A block needs no comma, an expression at the end needs none either.
        select! { hub.jobs <- 1 => {} <-hub.quit => () }
        select! { boxed <- 1 + 1 => {}, }
        select! { by_mut <- -3 => (), <-hub.quit => {}, default => {} }
        let first = select! {
            default => None,
            v = <-many[0] => if v == Some(1) { v } else { None }
            v: Option<()> = <-*hub.quit => match v { Some(()) => None, None => Some(0) },
        };
        assert_eq!(first, Some(1));
        let pair: (i32, i32) = (
            select! { mut v = <-(&many)[0].clone().receiver() => { v = v.map(|v| v * 10); v.unwrap() } },
            select! { _ = <-hub.jobs.receiver() => 5 },
        );
        assert_eq!(pair, (20, 5));
        assert_eq!(select! { default => "only" }, "only");
    });
}

#[test]
fn channels_of_references_and_of_nothing() {
    everywhere(|| {
        let text = String::from("borrowed");
        marmota::scope(|s| {
            let (tx, rx) = chan::<&str>(0);
            let text = &text;
            s.go(move || select! { tx <- text => {} });
            assert_eq!(select! { v = <-rx => v }, Some("borrowed"));
        });
        let (tx, rx) = chan::<()>(0);
        go(move || select! { tx <- () => {} });
        assert_eq!(select! { v = <-rx => v }, Some(()));
    });
}

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

#[test]
fn the_dynamic_select_receives_sends_and_looks() {
    everywhere(|| {
        let (tx, rx) = chan::<i32>(1);
        let (text_tx, text) = chan::<String>(1);
        {
            let mut select = Select::new();
            let (r, s) = (select.recv(&rx), select.send(&text_tx, "hello".into()));
            let selected = select.wait();
            assert_eq!(selected.index(), s);
            assert!(select.try_wait().is_none(), "a send is used up");
            tx.send(4);
            let selected = select.try_wait().expect("ready");
            assert_eq!(selected.index(), r);
            assert_eq!(selected.recv(&rx), Some(4));
            tx.close();
            assert_eq!(select.wait().recv(&rx), None);
            select.remove(r);
            assert!(select.try_wait().is_none());
        }
        assert_eq!(text.recv().as_deref(), Some("hello"));
        assert!(Select::new().try_wait().is_none());
    });
}

#[test]
fn the_dynamic_select_waits_and_drops_what_nobody_takes() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, SeqCst);
        }
    }
    at_every_width(|| {
        DROPS.store(0, SeqCst);
        let (tx, rx) = chan(0);
        let (full, _keep) = chan(0);
        go(move || (0..3).for_each(|_| tx.send(Counted)));
        let mut select = Select::new();
        select.recv(&rx);
        select.send(&full, Counted);
        drop(select.wait().recv(&rx));
        assert_eq!(DROPS.load(SeqCst), 1);
        let _ = select.wait();
        let _ = select.wait();
        drop(select);
        assert_eq!(DROPS.load(SeqCst), 4, "two not taken, one not sent");
    });
}

#[test]
fn a_dynamic_select_without_cases_blocks_for_ever() {
    let report = under_schedules(|| {
        let _ = Select::new().wait();
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
}

#[test]
fn taking_from_the_wrong_channel_says_so() {
    everywhere(|| {
        let (tx, rx) = chan(1);
        let (_other_tx, other) = chan::<i32>(1);
        tx.send(1);
        let mut select = Select::new();
        select.recv(&rx);
        let message = panic_message(|| _ = select.wait().recv(&other));
        assert!(message.contains("another channel"), "{message}");
    });
}
