//! The next M is up before a goroutine is stopped.
//!
//! A preemption hands a P to another thread, and waking a thread takes long: on a virtual
//! machine with an idle processor some 40 µs, in which the P lies still. So sysmon does
//! not signal the thread it wants to stop. It alerts the M that will get the P, and that
//! one, when it is up, sends the signal and watches for the P, which then takes as long
//! to arrive as a signal does.
//!
//! ```text
//!   sysmon        errand = whom to stop; alerts the heir; sleeps on
//!   the heir      gets up; signals; watches its word ...          takes the P
//!   the stopped                     in the handler: hands it over
//! ```
//!
//! While sysmon and the heir wait, the goroutine to be stopped computes: nothing is lost
//! but the few microseconds for which the heir watches. With no processor to spare the two
//! would take turns on one, which costs more than it saves: then nobody is alerted, and the
//! stopped thread wakes the heir as it goes to sleep. What other processes take is not
//! known here: hence the yields.
//!
//! What was alerted in vain (the goroutine has entered the runtime, another M got the P)
//! lies down again, and sysmon looks again anyway.

use super::{MRef, parking, preempt};
use crate::sys;
use std::sync::atomic::Ordering::Relaxed;

/// How long it watches. A signal takes some 5 µs to get through, and on a busy machine
/// as long as the other thread's turn to come.
const WATCH_NS: u64 = 100_000;
/// Looks between two yields.
const LOOKS: u32 = 100;

/// By sysmon: `heir` is to stop what `m` runs, and to watch for
/// its P. `false` when it does not sleep where it can be alerted.
pub(crate) fn to_stop(heir: MRef, m: MRef) -> bool {
    // Relaxed: published by the change of its word.
    heir.errand.store(std::ptr::from_ref(m).cast_mut(), Relaxed);
    let alerted = parking::alert(&heir.wake);
    if alerted {
        sys::futex_wake(&heir.wake, 1);
    }
    alerted
}

/// By an M that may have been alerted: runs the errand, and watches for a P. Inside the
/// runtime, in a signal handler too.
pub(crate) fn watch(m: MRef) {
    if !parking::begin_watch(&m.wake) {
        return;
    }
    // SAFETY: only ever stored from a `&'static M`, or null.
    if let Some(other) = unsafe { m.errand.swap(std::ptr::null_mut(), Relaxed).as_ref() } {
        // With the claimers' lock the other's thread does not end. Sysmon does not hold
        // it while it alerts.
        let _claims = m.rt().claims.lock();
        let wanted = other.preempt.load(Relaxed) || m.rt().config.storm;
        if wanted && !other.in_runtime.load(Relaxed) {
            preempt::send(other);
        }
    }
    let until = sys::monotonic_ns() + WATCH_NS;
    while parking::still_watching(&m.wake) && sys::monotonic_ns() < until {
        std::thread::yield_now();
        for _ in 0..LOOKS {
            if !parking::still_watching(&m.wake) {
                return;
            }
            std::hint::spin_loop();
        }
    }
    parking::end_watch(&m.wake);
}
