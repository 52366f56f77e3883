//! Contexts that end by themselves.
//!
//! The timer lies in the core and the heap of timers holds a count of it, so it stays
//! where it is. When it fires, inside the runtime, it may neither close channels that
//! user code waits for nor free anything: it hands its count to a goroutine, which
//! ends the core. Its closure is a pointer, so starting it allocates nothing. A core
//! that ends earlier stops its timer and takes the count back (`Core::disarm`).

use super::cancel::{Alarm, Core};
use super::{Cancel, Cause, Context, ContextError, Kind, with_cancel};
use crate::kernel;
use crate::sched::m::Kind as Driver;
use crate::sched::timers::{NEVER, Node};
use crate::sched::{Closure, MRef, switch};
use crate::sim::driver;
use crate::time::Instant;
use std::panic::Location;
use std::sync::Arc;

#[track_caller]
pub(super) fn with(parent: &Context, deadline: Instant, cause: Option<Cause>) -> (Context, Cancel) {
    let at = Location::caller();
    super::show::first_use();
    if parent.deadline().is_some_and(|theirs| theirs < deadline) {
        return with_cancel(parent);
    }
    let left = deadline.duration_since(crate::time::now());
    let by = kernel::current().id();
    if !left.is_zero() && !crate::in_goroutine() {
        panic!(
            "marmota: a context with a deadline was made on a thread that runs no goroutine; make it inside a runtime (#[marmota::main] or Runtime::run)"
        );
    }
    let alarm = Alarm { cause, by, at };
    let core = Core::under(parent.core(), Some(alarm));
    let context = parent.child(Kind::Deadline, Some(core.clone()), Some(deadline));
    if left.is_zero() {
        ring(&core);
    } else {
        core.arm(|| {
            let m = kernel::enter_quietly();
            let left = u64::try_from(left.as_nanos()).unwrap_or(NEVER);
            let when = kernel::now_ns(m).saturating_add(left).min(NEVER - 1);
            let arg = Arc::into_raw(core.clone()).cast_mut().cast();
            // SAFETY: the count in `arg` pins the core with its timer until it has
            // fired or was stopped; it is started this once.
            unsafe { core.timer.start(m, when, fire, arg) };
            kernel::leave(m);
        });
    }
    (context, Cancel::new(core))
}

/// The time is up.
fn ring(core: &Arc<Core>) {
    let cause = core.alarm.as_ref().and_then(|alarm| alarm.cause.clone());
    core.end(ContextError::DeadlineExceeded, cause);
}

/// The count of a core on its way from the heap to the goroutine that ends it.
struct Count(*const Core);

impl Count {
    fn ring(self) {
        // SAFETY: the pointer came from `Arc::into_raw`, and its count moved here.
        ring(&unsafe { Arc::from_raw(self.0) });
    }
}

fn fire(node: &'static Node, m: MRef) {
    let count = Count(node.arg.get().cast_const().cast());
    // SAFETY: the count keeps the core alive.
    let core = unsafe { &*count.0 };
    let (by, at) = match &core.alarm {
        Some(alarm) => (alarm.by, alarm.at),
        None => (0, Location::caller()),
    };
    // SAFETY: called at most once; the count is `'static` and may move.
    let closure = unsafe { Closure::new(move || count.ring()) };
    let _started = match m.kind.get() {
        Driver::Sim => driver::spawn_by(m, by, closure, at),
        _ => switch::spawn_by(m, by, closure, at),
    };
}
