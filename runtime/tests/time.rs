//! Timers, tickers and functions that run later: Go 1.23's rules.
//!
//! Where exact times matter, the test is a deterministic run, whose time is
//! virtual; on the parallel scheduler only order and lower bounds are looked at.

mod common;

use common::{at_every_width, everywhere, explore, panic_message, under_schedules};
use marmota::sim::Verdict;
use marmota::sync::WaitGroup;
use marmota::time::{Instant, Ticker, Timer, after, after_func, now, sleep};
use marmota::{chan, go, select, spawn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

fn nothing_there(rx: &marmota::Receiver<Instant>) -> bool {
    select! { <-rx => false, default => true }
}

#[test]
fn a_timer_sends_the_time_it_was_due_once() {
    everywhere(|| {
        let begin = now();
        let timer = Timer::new(2 * MS);
        let at = timer.channel().recv().expect("timers close nothing");
        assert!(at - begin >= 2 * MS);
        assert!(now() >= at);
        assert!(nothing_there(&timer.channel()));
    });
    explore(|| {
        let begin = now();
        let timer = Timer::new(2 * MS);
        sleep(10 * MS);
        let at = timer.channel().recv().unwrap();
        assert_eq!(at - begin, 2 * MS, "when it was due, not when it was asked");
        assert_eq!(begin.elapsed(), 10 * MS);
    });
}

#[test]
fn the_channel_looks_unbuffered() {
    everywhere(|| {
        let timer = Timer::new(MS);
        let channel = timer.channel();
        assert_eq!((channel.len(), channel.capacity()), (0, 0));
        sleep(2 * MS);
        assert_eq!(
            (channel.len(), channel.capacity()),
            (0, 0),
            "also once it is due"
        );
        assert!(channel.recv().is_some());
    });
}

#[test]
fn stopping_says_whether_it_prevented_something() {
    everywhere(|| {
        let timer = Timer::new(HOUR);
        assert!(timer.stop());
        assert!(!timer.stop());
        let fired = Timer::new(MS);
        fired.channel().recv();
        assert!(!fired.stop());
    });
}

#[test]
fn after_stop_no_value_from_before_is_received() {
    everywhere(|| {
        let timer = Timer::new(MS);
        sleep(2 * MS);
        assert!(timer.stop(), "it was due, but nobody had received");
        assert!(nothing_there(&timer.channel()));
    });
}

#[test]
fn after_reset_no_value_from_before_is_received() {
    everywhere(|| {
        let begin = now();
        let timer = Timer::new(MS);
        sleep(2 * MS);
        assert!(timer.reset(5 * MS));
        assert!(nothing_there(&timer.channel()) || begin.elapsed() >= 7 * MS);
        let at = timer.channel().recv().unwrap();
        assert!(at - begin >= 7 * MS);
    });
}

#[test]
fn what_a_lost_select_left_behind_is_not_received_after_stop() {
    explore(|| {
        // Both are due at once: one wins the select, the other's time stays.
        let timers = [Timer::new(MS), Timer::new(MS)];
        let lost = select! { <-timers[0].channel() => 1, <-timers[1].channel() => 0 };
        let (lost, won) = (&timers[lost], &timers[1 - lost]);
        assert!(!won.stop());
        assert!(lost.stop(), "nobody has received it");
        assert!(nothing_there(&lost.channel()));
        let timers = [Timer::new(MS), Timer::new(MS)];
        let lost = select! { <-timers[0].channel() => 1, <-timers[1].channel() => 0 };
        assert!(timers[lost].reset(HOUR));
        assert!(nothing_there(&timers[lost].channel()));
        let timers = [Timer::new(MS), Timer::new(MS)];
        let lost = select! { <-timers[0].channel() => 1, <-timers[1].channel() => 0 };
        assert!(
            timers[lost].channel().try_recv().is_ok(),
            "without a stop it is there"
        );
    });
}

#[test]
fn all_who_wait_for_a_ticker_get_a_tick_in_their_order() {
    explore(|| {
        let begin = now();
        let ticker = Ticker::new(MS);
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let ticks = ticker.channel();
                spawn(move || ticks.recv().unwrap())
            })
            .collect();
        let mut times: Vec<_> = waiters
            .into_iter()
            .map(|w| w.join().unwrap() - begin)
            .collect();
        times.sort_unstable();
        assert_eq!(times, [MS, 2 * MS, 3 * MS]);
    });
}

#[test]
fn a_timer_that_fired_can_be_set_again() {
    everywhere(|| {
        let timer = Timer::new(MS);
        for _ in 0..3 {
            assert!(timer.channel().recv().is_some());
            assert!(!timer.reset(MS));
        }
        assert!(timer.stop());
        assert!(!timer.reset(MS), "stopped");
        assert!(timer.channel().recv().is_some());
    });
}

#[test]
fn a_reset_moves_one_who_waits_already() {
    everywhere(|| {
        let timer = Timer::new(HOUR);
        let channel = timer.channel();
        let waiter = spawn(move || channel.recv());
        for _ in 0..5 {
            marmota::runtime::gosched();
        }
        let begin = now();
        assert!(timer.reset(MS));
        let at = waiter.join().unwrap().unwrap();
        assert!(at - begin >= MS && at - begin < HOUR);
    });
}

#[test]
fn a_stop_leaves_one_who_waits_waiting() {
    let report = under_schedules(|| {
        let timer = Timer::new(MS);
        let stopper = timer.clone();
        go(move || {
            stopper.stop();
            stopper.channel().recv();
        });
        // Whichever comes first: stopped, or fired for one of the two.
        timer.channel().recv();
        timer.stop();
        timer.channel().recv();
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
}

#[test]
fn a_timer_nobody_waits_for_hides_no_deadlock() {
    let report = under_schedules(|| {
        let _timer = Timer::new(MS);
        let _ticker = Ticker::new(MS);
        let _after = after(MS);
        let (_tx, rx) = chan::<()>(0);
        rx.recv();
    });
    assert!(matches!(report.verdict, Verdict::Deadlock(_)), "{report}");
    let rt = marmota::Runtime::builder()
        .procs(2)
        .panic_in_caller()
        .build()
        .unwrap();
    let message = panic_message(|| {
        let main = || {
            let _ticker = Ticker::new(MS);
            let (_tx, rx) = chan::<()>(0);
            rx.recv();
        };
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe { rt.run(main) }
    });
    assert!(message.contains("all goroutines are asleep"), "{message}");
}

#[test]
fn a_timer_that_a_select_waits_for_counts_only_meanwhile() {
    explore(|| {
        let ticker = Ticker::new(HOUR);
        let begin = now();
        for _ in 0..3 {
            select! {
                <-after(MS) => {}
                <-ticker.channel() => unreachable!(),
            }
        }
        assert_eq!(begin.elapsed(), 3 * MS);
    });
}

#[test]
fn several_wait_for_one_timer_and_one_gets_it() {
    everywhere(|| {
        let timer = Timer::new(MS);
        let (tx, rx) = chan(0);
        let (quit_tx, quit) = chan::<()>(0);
        let group = WaitGroup::new();
        for _ in 0..3 {
            let (channel, tx, quit) = (timer.channel(), tx.clone(), quit.clone());
            group.go(move || select! { <-channel => tx.send(()), <-quit => {} });
        }
        rx.recv();
        quit_tx.close();
        group.wait();
        assert!(nothing_there(&timer.channel()));
    });
}

#[test]
fn a_ticker_ticks_at_its_interval() {
    explore(|| {
        let begin = now();
        let ticker = Ticker::new(3 * MS);
        for n in 1..=5 {
            let at = ticker.channel().recv().unwrap();
            assert_eq!(at - begin, n * 3 * MS);
        }
    });
    at_every_width(|| {
        let begin = now();
        let ticker = Ticker::new(MS);
        let mut last = begin;
        for n in 1..=5 {
            let at = ticker.channel().recv().unwrap();
            assert!(at > last && at - begin >= n * MS);
            last = at;
        }
    });
}

#[test]
fn a_slow_receiver_misses_ticks_and_stays_in_step() {
    explore(|| {
        let begin = now();
        let ticker = Ticker::new(2 * MS);
        sleep(7 * MS);
        let ticks = ticker.channel();
        assert_eq!(ticks.recv().unwrap() - begin, 2 * MS, "one waits");
        assert!(nothing_there(&ticks), "4 and 6 are lost");
        assert_eq!(ticks.recv().unwrap() - begin, 8 * MS);
    });
}

#[test]
fn a_ticker_that_is_stopped_ticks_no_more_and_closes_nothing() {
    explore(|| {
        let ticker = Ticker::new(MS);
        ticker.channel().recv();
        ticker.stop();
        let ticks = ticker.channel();
        let ticked = select! { <-ticks => true, <-after(HOUR) => false };
        assert!(!ticked);
        ticker.reset(2 * MS);
        let begin = now();
        assert_eq!(ticks.recv().unwrap() - begin, 2 * MS);
        assert_eq!(ticks.recv().unwrap() - begin, 4 * MS);
    });
}

#[test]
fn intervals_must_be_positive() {
    everywhere(|| {
        let zero = Duration::ZERO;
        let message = panic_message(|| drop(Ticker::new(zero)));
        assert_eq!(message, "non-positive interval for NewTicker");
        let ticker = Ticker::new(MS);
        let message = panic_message(|| ticker.reset(zero));
        assert_eq!(message, "non-positive interval for Ticker.Reset");
        assert!(
            Timer::new(zero).channel().recv().is_some(),
            "a timer's may be zero"
        );
        assert!(Timer::new(Duration::MAX).stop());
    });
}

#[test]
fn a_function_runs_later_in_a_goroutine_of_its_own() {
    everywhere(|| {
        let (tx, rx) = chan(0);
        let begin = now();
        after_func(2 * MS, move || tx.send(now()));
        let at = rx.recv().unwrap();
        assert!(at - begin >= 2 * MS);
    });
}

#[test]
fn a_function_that_is_stopped_does_not_run() {
    explore(|| {
        let runs = Arc::new(AtomicUsize::new(0));
        let count = runs.clone();
        let timer = after_func(2 * MS, move || {
            count.fetch_add(1, SeqCst);
        });
        assert!(timer.channel().try_recv().is_err(), "its channel is nil");
        assert!(timer.stop());
        assert!(!timer.stop());
        sleep(5 * MS);
        assert_eq!(runs.load(SeqCst), 0);
        // Reset runs it again, as often as one likes.
        for n in 1..=3 {
            assert!(!timer.reset(MS));
            sleep(5 * MS);
            assert_eq!(runs.load(SeqCst), n);
        }
        assert!(!timer.stop());
        timer.reset(2 * MS);
        sleep(MS);
        assert!(timer.reset(2 * MS), "moved");
        sleep(MS + MS / 2);
        assert_eq!(runs.load(SeqCst), 3);
        sleep(MS);
        assert_eq!(runs.load(SeqCst), 4);
    });
}

#[test]
fn a_function_may_stop_and_reset_its_own_timer() {
    everywhere(|| {
        let (tx, rx) = chan(10);
        let slot = Arc::new(std::sync::OnceLock::<Timer>::new());
        let own = slot.clone();
        let timer = after_func(HOUR, move || {
            let timer = own.get().expect("set before it was to run");
            assert!(!timer.stop(), "it has fired");
            timer.reset(MS);
            let _ = tx.try_send(());
        });
        slot.set(timer.clone()).unwrap();
        assert!(timer.reset(MS));
        (0..5).for_each(|_| _ = rx.recv());
        timer.stop();
    });
}

#[test]
fn what_a_function_holds_is_freed() {
    struct Held(Arc<AtomicUsize>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    static FREED: AtomicUsize = AtomicUsize::new(0);
    explore(|| {
        let freed = Arc::new(AtomicUsize::new(0));
        let hold = || {
            let held = Held(freed.clone());
            move || assert!(Arc::strong_count(&held.0) > 0)
        };
        drop(after_func(MS, hold()));
        sleep(2 * MS);
        assert_eq!(freed.load(SeqCst), 1, "after it ran");
        after_func(MS, hold()).stop();
        assert_eq!(freed.load(SeqCst), 2, "after it was stopped");
    });
    struct Static;
    impl Drop for Static {
        fn drop(&mut self) {
            FREED.fetch_add(1, SeqCst);
        }
    }
    // Schedules may run more than once: to see that they repeat.
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let report = under_schedules(|| {
        RUNS.fetch_add(1, SeqCst);
        let held = Static;
        after_func(HOUR, move || _ = &held);
    });
    assert!(report.passed(), "{report}");
    assert_eq!(FREED.load(SeqCst), RUNS.load(SeqCst), "when the run ends");
}

#[test]
fn timers_are_started_stopped_and_reset_from_everywhere_at_once() {
    at_every_width(|| {
        let group = WaitGroup::new();
        let timer = Timer::new(MS);
        let runs = Arc::new(AtomicUsize::new(0));
        let count = runs.clone();
        let alarm = after_func(MS, move || _ = count.fetch_add(1, SeqCst));
        for i in 0..8 {
            let (timer, alarm) = (timer.clone(), alarm.clone());
            group.go(move || {
                for n in 0..2_000u32 {
                    match (n + i) % 5 {
                        0 => _ = timer.reset(Duration::from_nanos(u64::from(n % 3) * 500)),
                        1 => _ = alarm.reset(Duration::from_nanos(u64::from(n % 3) * 500)),
                        2 => _ = (timer.stop(), alarm.stop()),
                        3 => select! { <-timer.channel() => {}, <-after(Duration::from_micros(5)) => {} },
                        _ => select! { <-timer.channel() => {}, default => {} },
                    }
                }
            });
        }
        group.wait();
        timer.stop();
        alarm.stop();
        assert!(nothing_there(&timer.channel()));
    });
}

#[test]
fn many_timeouts_made_and_dropped_leave_nothing() {
    at_every_width(|| {
        let (tx, rx) = chan(0);
        go(move || (0..20_000).for_each(|i| tx.send(i)));
        for i in 0..20_000 {
            select! {
                v = <-rx => assert_eq!(v, Some(i)),
                <-after(HOUR) => unreachable!(),
            }
        }
    });
}

#[test]
fn a_thread_from_outside_can_wait_for_a_timer() {
    at_every_width(|| {
        let timer = Timer::new(2 * MS);
        let channel = timer.channel();
        let (tx, rx) = chan(0);
        let waiter = std::thread::spawn(move || tx.send(channel.recv().is_some()));
        // Waits as a goroutine: joining the thread would hold up the processor
        // whose timer it is.
        assert_eq!(rx.recv(), Some(true));
        waiter.join().unwrap();
    });
}

#[test]
fn a_timer_on_a_thread_without_goroutine_says_what_to_do() {
    for message in [
        panic_message(|| drop(Timer::new(MS))),
        panic_message(|| drop(Ticker::new(MS))),
        panic_message(|| drop(after(MS))),
        panic_message(|| drop(after_func(MS, || ()))),
    ] {
        assert!(message.contains("#[marmota::main]"), "{message}");
    }
}

#[test]
fn a_ten_second_program_takes_no_time_in_a_deterministic_run() {
    explore(|| {
        let begin = now();
        let (tx, rx) = chan(0);
        go(move || {
            for i in 0..10 {
                sleep(Duration::from_secs(1));
                tx.send(i);
            }
            tx.close();
        });
        assert_eq!(rx.iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert_eq!(begin.elapsed(), Duration::from_secs(10));
    });
}
