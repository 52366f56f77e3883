//! Timers as primitives see them: a node, a time, and what happens then.

use super::{WaitReason, park_published, ready_published};
use crate::sched::m::Kind;
use crate::sched::timers::{self, Node};
use crate::sched::{G, GRef, MRef, Rt};
use crate::sim::driver;
use std::panic::Location;

/// A timer whose owner keeps it in one place while it is armed.
pub(crate) struct Timer {
    pub(crate) node: Node,
}

impl Timer {
    pub(crate) const fn new() -> Self {
        Timer { node: Node::new() }
    }

    /// Arms the timer, which is not armed: `fire` runs inside the runtime at
    /// `when` (nanoseconds of the driver's clock) or as soon after as it can.
    ///
    /// # Safety
    /// The timer stays where it is, and is not started again, until it has fired
    /// or `stop` returned `true`.
    pub(crate) unsafe fn start(&self, m: MRef, when: u64, fire: timers::Fire, arg: *mut u8) {
        // SAFETY: by this function's contract.
        unsafe { self.start_for(m, m.rt.get(), when, fire, arg) }
    }

    /// As `start`; `rt` is the runtime whose heap serves if this is a thread from
    /// outside.
    ///
    /// # Safety
    /// As for `start`.
    pub(crate) unsafe fn start_for(
        &self,
        m: MRef,
        rt: Option<&'static Rt>,
        when: u64,
        fire: timers::Fire,
        arg: *mut u8,
    ) {
        self.node.when.set(when);
        self.node.fire.set(Some(fire));
        self.node.arg.set(arg);
        crate::race::armed(m, &self.node.race);
        // SAFETY: it lives and stays put while a heap refers to it (contract).
        let node: &'static Node = unsafe { &*std::ptr::from_ref(&self.node) };
        match m.kind.get() {
            Kind::Parallel => {
                if m.p().timers.add(m.p(), node) {
                    m.rt().timer_added(when);
                }
            }
            Kind::Sim => driver::add_timer(m, node),
            Kind::Thread => match rt.and_then(|rt| rt.ps().next().map(|p| (rt, p))) {
                Some((rt, p)) => {
                    p.timers.add(p, node);
                    rt.timer_added_from_outside();
                }
                None => crate::fatal::fatal(format_args!(
                    "marmota: a thread that runs no goroutine waits for a timer of a deterministic run; keep threads out of sim::run"
                )),
            },
        }
    }

    /// Disarms the timer; `false` when it has fired, is about to, or was not armed.
    pub(crate) fn stop(&self, m: MRef) -> bool {
        // SAFETY: the reference does not outlive this call.
        let node: &'static Node = unsafe { &*std::ptr::from_ref(&self.node) };
        match m.kind.get() {
            Kind::Sim => driver::remove_timer(m, node),
            _ => timers::remove(node),
        }
    }
}

/// Timers are made by goroutines: the panic for a thread that is none, which has
/// left the runtime.
#[cold]
#[track_caller]
pub(crate) fn no_timers_here() -> ! {
    panic!(
        "marmota: a timer was started on a thread that runs no goroutine; start it inside a runtime (#[marmota::main] or Runtime::run)"
    )
}

/// Parks the current goroutine until `when`.
pub(crate) fn sleep_until(m: MRef, when: u64, at: &'static Location<'static>) -> MRef {
    fn wake(node: &'static Node, m: MRef) {
        let g = node.arg.get().cast::<G>();
        // SAFETY: `arg` is the sleeping goroutine's G, and Gs live for ever.
        ready_published(m, unsafe { &*g });
    }
    if m.kind.get() == Kind::Thread {
        let now = crate::sys::monotonic_ns();
        std::thread::sleep(std::time::Duration::from_nanos(when.saturating_sub(now)));
        return m;
    }
    let timer = Timer::new();
    let g: GRef = m.g();
    g.about_to_wait(WaitReason::Sleep, at);
    let arg = std::ptr::from_ref(g).cast_mut().cast();
    // SAFETY: this frame stays until `wake` has readied us, which is after the
    // heap let go of the node.
    unsafe { timer.start(m, when, wake, arg) };
    park_published(m)
}
