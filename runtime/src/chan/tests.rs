//! What only the inside shows.

use super::{Chan, chan};
use crate::kernel;
use crate::sched::timers::NEVER;
use crate::time::{Ticker, Timer, after};
use crate::{Runtime, select};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn with_one_p(f: fn()) {
    let rt = Runtime::builder()
        .procs(1)
        .panic_in_caller()
        .build()
        .unwrap();
    // SAFETY: the tests hold no thread-local's borrow across a blocking call.
    unsafe { rt.run(f) };
}

fn a_timer_is_in_the_heap() -> bool {
    let m = kernel::enter_quietly();
    let first = m.p().timers.first();
    kernel::leave(m);
    first != NEVER
}

#[test]
fn a_timer_stands_in_a_heap_only_while_somebody_waits_for_it() {
    with_one_p(|| {
        let (timer, ticker) = (Timer::new(HOUR), Ticker::new(HOUR));
        let timeout = after(HOUR);
        assert!(!a_timer_is_in_the_heap(), "made");
        select! { <-timer.channel() => {}, <-ticker.channel() => {}, <-timeout => {}, default => {} }
        assert!(!a_timer_is_in_the_heap(), "looked at");
        let (tx, rx) = chan(0);
        crate::go(move || tx.send(a_timer_is_in_the_heap()));
        select! {
            <-timer.channel() => unreachable!(),
            <-ticker.channel() => unreachable!(),
            waited_for = <-rx => assert_eq!(waited_for, Some(true)),
        }
        assert!(!a_timer_is_in_the_heap(), "waited for, and no longer");
        let ticker = Ticker::new(Duration::from_micros(10));
        select! { <-ticker.channel() => {}, <-timer.channel() => unreachable!() }
        assert!(!a_timer_is_in_the_heap(), "received from by a select");
        assert!(ticker.channel().recv().is_some());
        assert!(!a_timer_is_in_the_heap(), "received from");
        let (ticks, alarm) = (timer.channel(), timer.clone());
        crate::go(move || _ = ticks.recv());
        crate::runtime::gosched();
        assert!(a_timer_is_in_the_heap());
        alarm.stop();
        assert!(!a_timer_is_in_the_heap(), "stopped while somebody waits");
        alarm.reset(HOUR);
        assert!(a_timer_is_in_the_heap(), "and set again");
        let function = crate::time::after_func(Duration::from_secs(60), || ());
        alarm.stop();
        assert!(
            a_timer_is_in_the_heap(),
            "a function's stands there by itself"
        );
        function.stop();
        assert!(!a_timer_is_in_the_heap());
    });
}

#[test]
fn nobody_is_left_in_a_queue_after_a_select() {
    with_one_p(|| {
        let channels: Vec<Chan<i32>> = (0..3).map(|_| Chan::new(0)).collect();
        let (tx, rx) = chan(0);
        crate::go(move || tx.send(1));
        select! {
            <-channels[0] => unreachable!(),
            channels[1] <- 1 => unreachable!(),
            <-channels[2] => unreachable!(),
            channels[2] <- 1 => unreachable!(),
            v = <-rx => assert_eq!(v, Some(1)),
        }
        let m = kernel::enter_quietly();
        for chan in &channels {
            let state = chan.core().unwrap().state.lock();
            assert!(state.senders.is_empty() && state.receivers.is_empty());
        }
        kernel::leave(m);
    });
}

/// A value goes to and fro between two channels; it is put down before it is taken
/// up, so one of them always has it.
struct Wanderer {
    channels: [Chan<()>; 2],
    steps: usize,
}

impl Wanderer {
    /// The next of its steps: put down, take up, be found empty by a poller.
    fn step(&mut self) {
        let (from, to) = if (self.steps / 3).is_multiple_of(2) {
            (0, 1)
        } else {
            (1, 0)
        };
        match self.steps % 3 {
            0 => self.channels[to].send(()),
            1 => assert!(self.channels[from].recv().is_some()),
            _ => assert!(self.channels[from].try_recv().is_err()),
        }
        self.steps += 1;
    }
}

#[test]
fn who_polls_without_locks_misses_nothing_in_any_interleaving() {
    // The look reads four times; before each reading the wanderer makes some steps.
    // All schedules of up to nine steps each, far enough for a channel to come
    // back to what it was.
    const MOST: usize = 9;
    let mut second_looks = 0;
    for schedule in 0..MOST.pow(4) {
        let wanderer = Wanderer {
            channels: [Chan::new(1), Chan::new(1)],
            steps: 0,
        };
        wanderer.channels[0].send(());
        assert!(wanderer.channels[1].try_recv().is_err());
        let channels = wanderer.channels.clone();
        let (mut left, cell) = (schedule, std::cell::RefCell::new(wanderer));
        let mut readings = [0; 4];
        for reading in &mut readings {
            *reading = left % MOST;
            left /= MOST;
        }
        let reading = std::cell::Cell::new(0);
        let nothing = super::quiet::all_at_once::<2>(|i| {
            let steps = readings[reading.replace(reading.get() + 1)];
            (0..steps).for_each(|_| cell.borrow_mut().step());
            (&channels[1 - i].core().unwrap().quiet, super::quiet::RECV)
        });
        assert!(
            !nothing,
            "missed with {readings:?} steps before the readings"
        );
        second_looks += usize::from(reading.get() > 2);
    }
    assert!(
        second_looks > 0,
        "some schedules come to the second readings"
    );
}

/// Waits until so many wait to receive and to send.
fn until_waiting<T>(chan: &Chan<T>, receivers: usize, senders: usize) {
    loop {
        let m = kernel::enter_quietly();
        let state = chan.core().unwrap().state.lock();
        let waiting = (state.receivers.len(), state.senders.len());
        drop(state);
        kernel::leave(m);
        if waiting == (receivers, senders) {
            return;
        }
        crate::runtime::gosched();
    }
}

fn on_both_drivers(f: fn()) {
    for procs in [1, 2, 8] {
        let rt = Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build()
            .unwrap();
        // SAFETY: as above.
        unsafe { rt.run(f) };
    }
    let report = crate::sim::Explorer::new().schedules(100).run(f);
    assert!(report.passed(), "{report}");
}

#[test]
fn waiting_receivers_are_served_in_the_order_they_came() {
    on_both_drivers(|| {
        let chan = Chan::new(0);
        let waiters: Vec<_> = (0..5)
            .map(|i| {
                let rx = chan.receiver();
                let waiter = crate::spawn(move || rx.recv());
                until_waiting(&chan, i + 1, 0);
                waiter
            })
            .collect();
        (0..5).for_each(|i| chan.send(i));
        for (i, waiter) in waiters.into_iter().enumerate() {
            assert_eq!(waiter.join().unwrap(), Some(i));
        }
    });
}

#[test]
fn waiting_senders_are_served_in_the_order_they_came() {
    on_both_drivers(|| {
        for capacity in [0, 2] {
            let chan = Chan::new(capacity);
            (0..capacity).for_each(|i| chan.send(i));
            for i in 0..5 {
                let tx = chan.sender();
                crate::go(move || tx.send(capacity + i));
                until_waiting(&chan, 0, i + 1);
            }
            (0..capacity + 5).for_each(|i| assert_eq!(chan.recv(), Some(i)));
        }
    });
}
