//! Park, yield, start and end: what happens on a goroutine's own stack.
//!
//! All of these run inside the runtime (`M::in_runtime` is set) and hand that
//! state on: whoever resumes finds itself inside the runtime on the M it is now
//! on, and leaves it.

use super::g::{Closure, G};
use super::{GRef, MRef, PRef, Status, handoff, m};
use crate::arch;
use crate::stack::Stack;
use std::panic::Location;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Every so many decisions, the global queue has its turn (Go's constant).
const GLOBAL_TURN: u32 = 61;
/// Every so many decisions, a P with timers looks at the clock even if it has
/// other work.
const TIMER_TURN: u32 = 8;
/// Goroutines in a queue to which timers add no more than are run meanwhile.
const TIMER_BATCH: usize = 64;

/// Starts a goroutine on this M's P.
#[inline]
pub(crate) fn spawn(m: MRef, closure: Closure, at: &'static Location<'static>) -> (GRef, u64) {
    let parent = m.g.get().map_or(0, |g| g.id.load(Relaxed));
    spawn_by(m, parent, closure, at)
}

/// Starts a goroutine in the name of `parent`: by a timer that goroutine set.
#[inline]
pub(crate) fn spawn_by(
    m: MRef,
    parent: u64,
    closure: Closure,
    at: &'static Location<'static>,
) -> (GRef, u64) {
    let p = m.p();
    let (g, id) = (p.take_g(), p.new_id());
    g.home.set(super::Home::Parallel);
    g.rt.set(Some(m.rt()));
    g.prepare(id, parent, at, closure);
    crate::race::started(m, g, None);
    // Relaxed: a sum for reports.
    p.started.store(p.started.load(Relaxed) + 1, Relaxed);
    p.put_runnable(g);
    (g, id)
}

/// Starts a goroutine of the runtime's own: reports and counts leave it out. Its body
/// ends by `Rt::system_done`.
pub(crate) fn spawn_system(m: MRef, closure: Closure, at: &'static Location<'static>) {
    let p = m.p();
    let g = p.take_g();
    g.home.set(super::Home::Parallel);
    g.rt.set(Some(m.rt()));
    g.prepare(p.new_id(), 0, at, closure);
    g.system.set(true);
    crate::race::started(m, g, None);
    p.started.store(p.started.load(Relaxed) + 1, Relaxed);
    // Release: it is counted as started (`Rt::goroutines`).
    m.rt().system.fetch_add(1, Release);
    p.append(g);
    p.rt().wake_for(p, false);
}

/// As [`spawn_system`], by a thread that is none of this runtime's: sysmon. The body
/// counts itself as started.
pub(crate) fn inject_system(
    rt: &'static super::Rt,
    closure: Closure,
    at: &'static Location<'static>,
) {
    let g = super::g::SLAB.alloc_one();
    g.home.set(super::Home::Parallel);
    g.rt.set(Some(rt));
    // Relaxed: numbers only have to differ.
    g.prepare(rt.next_id.fetch_add(1, Relaxed), 0, at, closure);
    g.system.set(true);
    rt.inject(g);
}

/// Makes a waiting goroutine runnable. The caller took it out of the queue it
/// waited in, and so is the only one to do this.
#[inline]
pub(crate) fn ready(m: MRef, g: GRef) {
    g.set_status(Status::Runnable);
    m.p().put_runnable(g);
}

impl super::P {
    /// Puts `g` next in line, and wakes somebody if that is of use.
    #[inline]
    fn put_runnable(&'static self, g: GRef) {
        let displaced = self.queue.set_next(g);
        if let Some(old) = displaced {
            self.append(old);
        }
        self.rt().wake_for(self, displaced.is_none());
    }

    /// Appends to this P's ring, or to the global queue when it is full.
    #[inline]
    pub(crate) fn append(&self, g: GRef) {
        if let Err(overflow) = self.queue.push(g) {
            // SAFETY: the queue holds nothing but `&'static G`.
            self.rt()
                .global
                .push(overflow.items.iter().map(|&g| unsafe { &*g }));
        }
    }

    /// What this P runs next out of what it has, by Go's order.
    #[inline]
    fn next_local(&'static self, m: MRef) -> Option<GRef> {
        let tick = self.tick.load(Relaxed).wrapping_add(1);
        self.tick.store(tick, Relaxed);
        if tick.is_multiple_of(GLOBAL_TURN)
            && let Some(g) = self.rt().global.pop(1, |_| ())
        {
            self.new_slice();
            return Some(g);
        }
        if tick.is_multiple_of(TIMER_TURN) {
            self.run_due_timers(m);
        }
        if let Some(g) = self.queue.take_next() {
            if !m.preempt.load(Relaxed) {
                return Some(g);
            }
            // The slice it would inherit is used up: to the tail with it.
            self.append(g);
        }
        let g = self.queue.pop()?;
        self.new_slice();
        m.preempt.store(false, Relaxed);
        Some(g)
    }

    /// A time slice begins: sysmon counts from here.
    #[inline]
    pub(crate) fn new_slice(&self) {
        // Relaxed: written by the P's M alone, watched by sysmon.
        self.slices
            .store(self.slices.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// Fires the timers of this P that are due.
    #[inline]
    pub(crate) fn run_due_timers(&'static self, m: MRef) {
        if self.timers.first() != super::timers::NEVER {
            self.fire_due(m);
        }
    }

    /// Fires some of the timers that are due: as many as fill the queue with work
    /// for a while, and at least as many as are run until the next look. Ten
    /// thousand at once would overflow into the global queue, and be out of the
    /// cache by the time they run.
    #[cold]
    pub(crate) fn fire_due(&'static self, m: MRef) {
        let now = crate::sys::monotonic_ns();
        let room = TIMER_BATCH.saturating_sub(self.queue.len());
        for _ in 0..room.max(TIMER_TURN as usize) {
            let Some(node) = self.timers.pop_due(now) else {
                return;
            };
            let fire = node.fire.get().expect("a timer in a heap has an action");
            crate::race::fired(m, &node.race, || fire(node, m));
        }
    }
}

/// Leaves the current goroutine, which has been published to whoever will ready
/// it, and comes back when that has happened: on any M.
#[inline]
pub(crate) fn park(m: MRef) -> MRef {
    let g = m.g();
    match m.p().next_local(m) {
        // Readied already, and next in line.
        Some(next) if std::ptr::eq(next, g) => {
            g.set_status(Status::Running);
            m
        }
        Some(next) => leave_for(m, g, next),
        None => leave_for_scheduler(m, g),
    }
}

/// Lets others run. Comes back on any M.
#[inline]
pub(crate) fn yield_now(m: MRef) -> MRef {
    let (g, p) = (m.g(), m.p());
    m.preempt.store(false, Relaxed);
    let next = match p.next_local(m) {
        Some(next) => next,
        None => match p.rt().global.pop(1, |_| ()) {
            Some(next) => next,
            None => return m,
        },
    };
    g.set_status(Status::Runnable);
    p.append(g);
    p.rt().wake_for(p, false);
    leave_for(m, g, next)
}

/// As `yield_now`, to the global tail: the slice is used up.
#[cold]
pub(crate) fn preempted(m: MRef) -> MRef {
    let (g, p) = (m.g(), m.p());
    m.preempt.store(false, Relaxed);
    g.about_to_wait(super::waitreason::WaitReason::Preempted, Location::caller());
    g.set_status(Status::Runnable);
    p.rt().global.push(std::iter::once(g));
    match p.next_local(m) {
        Some(next) if std::ptr::eq(next, g) => {
            g.set_status(Status::Running);
            m
        }
        Some(next) => leave_for(m, g, next),
        None => leave_for_scheduler(m, g),
    }
}

#[inline]
fn leave_for(m: MRef, g: GRef, next: GRef) -> MRef {
    // Acquire: pairs with the clearing store in the switch: `next.sp` is set. A
    // bound goroutine's `on_cpu` stays set.
    if next.on_cpu.load(Acquire) || m.must_stay() {
        return leave_slowly(m, g, next);
    }
    // SAFETY: `g` is the goroutine of this stack and was published; `next` is
    // ours (it came out of a queue) and nobody stands on its stack.
    unsafe { run(m, next, g.sp.as_ptr(), g.on_cpu.as_ptr().cast()) };
    resumed()
}

#[cold]
#[inline(never)]
fn leave_slowly(m: MRef, g: GRef, next: GRef) -> MRef {
    if m.must_stay() {
        return handoff::hold(m, g, Some(next));
    }
    m.handoff.set(Some(next));
    leave_for_scheduler(m, g)
}

#[inline(never)]
pub(crate) fn leave_for_scheduler(m: MRef, g: GRef) -> MRef {
    if m.must_stay() {
        return handoff::hold(m, g, None);
    }
    m.g.set(None);
    // SAFETY: the scheduler's context was left when it switched to a goroutine.
    unsafe { arch::switch(g.sp.as_ptr(), m.g0_sp.get(), g.on_cpu.as_ptr().cast()) };
    resumed()
}

/// The M we are on now.
#[inline(always)]
fn resumed() -> MRef {
    match m::current() {
        Some(m) => m,
        None => crate::fatal::fatal(format_args!("runtime: resumed on a foreign thread")),
    }
}

/// Switches to `next`, started or not, leaving a context in `*save`.
///
/// # Safety
/// As for `arch::switch`; nobody else runs or will run `next`.
#[inline(always)]
pub(crate) unsafe fn run(m: MRef, next: GRef, save: *mut *mut u8, off_cpu: *mut u8) {
    if next.call.get().is_some() && next.stack.get().is_none() {
        next.stack.set(m.p().take_stack(m.rt().pool));
    }
    // SAFETY: by this function's contract; a new goroutine has its stack.
    unsafe { enter(m, next, save, off_cpu) };
}

/// The switch both drivers share: `next` runs on `m`, started or not.
///
/// # Safety
/// As for `run`; a goroutine that has not started owns a stack.
#[inline(always)]
pub(crate) unsafe fn enter(m: MRef, next: GRef, save: *mut *mut u8, off_cpu: *mut u8) {
    m.g.set(Some(next));
    // Relaxed: whoever sees `next` in a queue again got it from us, later.
    next.on_cpu.store(true, Relaxed);
    next.set_status(Status::Running);
    if next.call.get().is_some() {
        let arg = std::ptr::from_ref::<G>(next).cast_mut().cast();
        // SAFETY: by the contract; the stack is unused and `root` never returns.
        unsafe { arch::start(save, next.stack.get().top, off_cpu, root, arg) };
    } else {
        // SAFETY: by the contract: `next` was left by a switch.
        unsafe { arch::switch(save, next.sp.get(), off_cpu) };
    }
}

/// The first function on every goroutine's stack.
///
/// # Safety
/// `g` is the G that was switched to, prepared and not started.
pub(crate) unsafe extern "C" fn root(g: *mut u8) -> ! {
    crate::sanitize::arrived();
    // SAFETY: Gs live for ever (`slab`).
    let g: GRef = unsafe { &*g.cast::<G>() };
    let call = g.call.take().expect("a goroutine starts once");
    crate::kernel::leave(resumed());
    // SAFETY: the closure was prepared with its G and is called this once.
    let body = std::panic::AssertUnwindSafe(|| unsafe { call(g.data.get().cast()) });
    if let Err(payload) = std::panic::catch_unwind(body) {
        if payload.is::<crate::panics::Goexit>() {
            g.exited.set(true);
        } else {
            crate::panics::unrecovered(g, payload);
        }
    }
    let m = crate::kernel::enter_quietly();
    match m.kind.get() {
        m::Kind::Sim => crate::sim::driver::end(m, g),
        _ => end(m, g),
    }
}

/// The goroutine is done: gives its G and its stack back and leaves for ever.
fn end(m: MRef, g: GRef) -> ! {
    let p = m.p();
    let stack = g.stack.replace(Stack::NONE);
    // Release: it is counted as started, and not as the runtime's own (`Rt::goroutines`).
    p.ended.store(p.ended.load(Relaxed) + 1, Release);
    crate::race::ended(g);
    g.clear();
    p.put_g(g);
    if m.pinned.get() != 0 {
        end_with_thread(m, p, stack);
    }
    let (save, off_cpu) = (m.scratch_sp.as_ptr(), m.scratch_flag.as_ptr());
    // Main's own end stops the runtime: its successor must not start.
    let next = if m.rt().is_stopping() {
        None
    } else {
        p.next_local(m)
    };
    match next {
        // Acquire: as in `leave_for`.
        Some(next) if !next.on_cpu.load(Acquire) => {
            leave_behind(p, m, next, stack);
            // SAFETY: nobody resumes this stack: its G is gone. If `next` is new
            // it starts on this very stack, over our frames.
            unsafe { run(m, next, save, off_cpu) };
        }
        other => {
            m.handoff.set(other);
            m.g.set(None);
            p.put_stack(stack, m.rt().pool);
            // SAFETY: as above; the scheduler's context was left when it
            // switched to a goroutine.
            unsafe { arch::switch(save, m.g0_sp.get(), off_cpu) };
        }
    }
    unreachable!("a finished goroutine was resumed")
}

/// The goroutine ended without unlocking its thread, which nobody may use again.
#[cold]
fn end_with_thread(m: MRef, p: PRef, stack: Stack) -> ! {
    p.put_stack(stack, m.rt().pool);
    m.ends.set(true);
    m.p.set(None);
    m.g.set(None);
    // The P runs on elsewhere, and may take our stack while we stand on it: so it is
    // passed on from the scheduler's stack.
    m.next_p.store(std::ptr::from_ref(p).cast_mut(), Relaxed);
    // SAFETY: as in `end`.
    unsafe {
        arch::switch(
            m.scratch_sp.as_ptr(),
            m.g0_sp.get(),
            m.scratch_flag.as_ptr(),
        )
    };
    unreachable!("a finished goroutine was resumed")
}

/// A new successor takes over the warm stack; for any other it goes back to the P.
#[inline]
fn leave_behind(p: PRef, m: MRef, next: GRef, stack: Stack) {
    if next.call.get().is_some() {
        next.stack.set(stack);
    } else {
        p.put_stack(stack, m.rt().pool);
    }
}
