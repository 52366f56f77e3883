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
