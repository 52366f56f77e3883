//! What stands behind a function that runs later.
//!
//! Unlike a timer's channel, a function is an effect by itself: its timer stands in
//! the heap for as long as it is set. The heap then owns one count of the alarm.
//! When the timer fires, inside the runtime, where no user code may run and nothing
//! may be freed, that count goes to the goroutine that is started to run the
//! function; the closure is small, so starting it allocates nothing.
//!
//! All cells are under `lock`. `in_heap` says that the heap, or a `fire` that was
//! taken out of it and has not got the lock yet, has the node and a count; only
//! when it is clear may the node be armed anew. A `fire` that finds the alarm
//! stopped or set for later acts on that: it looks at `when`, not at why it came.

use crate::garbage;
use crate::kernel::{self, Timer};
use crate::lock::SpinLock;
use crate::sched::m::Kind;
use crate::sched::timers::{NEVER, Node};
use crate::sched::{Closure, MRef, Rt, switch};
use crate::sim::driver;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

pub(super) struct Alarm {
    state: SpinLock<State>,
    timer: Timer,
    /// Whose heap serves if a thread from outside sets it.
    rt: Option<&'static Rt>,
    at: &'static Location<'static>,
    run: Box<dyn Fn() + Send + Sync>,
}

struct State {
    when: u64,
    in_heap: bool,
    /// The goroutine that set it: the parent of those that run the function.
    set_by: u64,
}

// SAFETY: the timer's node is under `state`'s lock, or its heap's.
unsafe impl Sync for Alarm {}
// SAFETY: as above.
unsafe impl Send for Alarm {}

impl Alarm {
    pub(super) fn new<F: Fn() + Send + Sync + 'static>(
        run: F,
        rt: Option<&'static Rt>,
        at: &'static Location<'static>,
    ) -> Arc<Alarm> {
        garbage::collect();
        let alarm = Alarm {
            state: SpinLock::new(State {
                when: NEVER,
                in_heap: false,
                set_by: 0,
            }),
            timer: Timer::new(),
            rt,
            at,
            run: Box::new(run),
        };
        alarm.timer.node.abandon.set(Some(release));
        Arc::new(alarm)
    }

    /// Sets it for `delay` from now; tells whether it was set.
    pub(super) fn reset(alarm: &Arc<Alarm>, delay: u64) -> bool {
        // The heap's count, if it needs one; made out here.
        let count = alarm.clone();
        let m = kernel::enter();
        let when = kernel::now_ns(m).saturating_add(delay).min(NEVER - 1);
        let mut state = alarm.state.lock();
        let pending = std::mem::replace(&mut state.when, when) != NEVER;
        state.set_by = m.g().id.load(Relaxed);
        let mut count = Some(count);
        if !state.in_heap || alarm.timer.stop(m) {
            let arg = if state.in_heap {
                // The heap's count goes back into it.
                Arc::as_ptr(alarm)
            } else {
                count.take().map_or(std::ptr::null(), Arc::into_raw)
            };
            state.in_heap = true;
            // SAFETY: the count in `arg` pins the alarm until `fire` has it; the
            // node is in no heap.
            unsafe {
                let arg = arg.cast_mut().cast();
                alarm.timer.start_for(m, alarm.rt, when, fire, arg);
            }
        }
        drop(state);
        kernel::leave(m);
        drop(count);
        pending
    }

    /// Stops it; tells whether it was set.
    pub(super) fn stop(&self) -> bool {
        let m = kernel::enter();
        let mut state = self.state.lock();
        let pending = std::mem::replace(&mut state.when, NEVER) != NEVER;
        let mut count = None;
        if state.in_heap && self.timer.stop(m) {
            state.in_heap = false;
            count = Some(std::ptr::from_ref(self).cast_mut().cast());
        }
        drop(state);
        kernel::leave(m);
        if let Some(count) = count {
            release(count);
        }
        pending
    }
}

/// Gives the heap's count back. Outside the runtime: the last one frees.
fn release(arg: *mut u8) {
    // SAFETY: `arg` holds a count that nobody else gives back.
    drop(unsafe { Arc::from_raw(arg.cast_const().cast::<Alarm>()) });
}

fn fire(node: &'static Node, m: MRef) {
    let arg = node.arg.get();
    // SAFETY: the heap's count, which is ours now, keeps it alive.
    let alarm = unsafe { &*arg.cast::<Alarm>() };
    let mut state = alarm.state.lock();
    if state.when == NEVER {
        state.in_heap = false;
        drop(state);
        garbage::release_later(arg, release);
        return;
    }
    if state.when > kernel::now_ns(m) {
        // SAFETY: the node is in no heap, and the count stays with it.
        unsafe { alarm.timer.start(m, state.when, fire, arg) };
        return;
    }
    state.when = NEVER;
    state.in_heap = false;
    let (by, at) = (state.set_by, alarm.at);
    drop(state);
    let count = Count(arg);
    // SAFETY: called at most once; everything is `'static` and Send.
    let closure = unsafe { Closure::new(move || count.run()) };
    let _started = match m.kind.get() {
        Kind::Sim => driver::spawn_by(m, by, closure, at),
        _ => switch::spawn_by(m, by, closure, at),
    };
}

/// A count of an alarm on its way to the goroutine that runs it.
struct Count(*mut u8);

impl Count {
    fn run(self) {
        // SAFETY: the pointer came from `Arc::into_raw`; the count moved here.
        let alarm = unsafe { Arc::from_raw(self.0.cast_const().cast::<Alarm>()) };
        (alarm.run)();
    }
}
