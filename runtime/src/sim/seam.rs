//! What the kernel asks of the driver: the seam of a deterministic run.
//!
//! `kernel` and the primitives come here on the thread that runs the driver (`Kind::Sim`);
//! each function is what `sched::switch` and `sched::timers` are to a parallel program.
//! Every switch happens here or in `driver::drive`, and no reference to the driver is held
//! across one.

use super::driver::{driver, enter};
use super::record::Happened;
use super::report::{PanicInfo, Verdict};
use super::strategy::id_of;
use crate::race::{self, Race};
use crate::sched::m::{self, Kind};
use crate::sched::timers::Node;
use crate::sched::{Closure, GRef, Home, MRef, Status, g};
use crate::stack::Stack;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// An entry into the runtime: another goroutine may go first.
pub(crate) fn point(m: MRef) -> MRef {
    // The driver's own stack (timers firing) makes no choices.
    let Some(g) = m.g.get() else { return m };
    let d = driver(m);
    let who = id_of(g);
    d.ledger.step(who);
    let steps = d.ledger.steps();
    if steps > d.limits.max_steps {
        d.failure = Some(Verdict::Livelock { steps });
        return give_up(m, g);
    }
    let chosen = d.decide(who, true, false);
    if chosen == d.runnable.len() {
        return m;
    }
    go_first(m, g, chosen)
}

/// The goroutine asked to let others go first.
pub(crate) fn yielded(m: MRef) -> MRef {
    let Some(g) = m.g.get() else { return m };
    let d = driver(m);
    d.event(id_of(g), Happened::Did("gosched", 0), None);
    if d.runnable.is_empty() {
        return m;
    }
    let chosen = d.decide(id_of(g), false, true);
    go_first(m, g, chosen)
}

fn go_first(m: MRef, g: GRef, chosen: usize) -> MRef {
    let d = driver(m);
    d.ledger.runnable(g);
    let next = std::mem::replace(&mut d.runnable[chosen], g);
    g.set_status(Status::Runnable);
    leave_for(m, g, next)
}

fn leave_for(m: MRef, g: GRef, next: GRef) -> MRef {
    // SAFETY: `g` is the goroutine of this stack; `next` is ours, and one thread
    // means that nobody stands on its stack.
    unsafe { enter(m, next, g.sp.as_ptr(), g.on_cpu.as_ptr().cast()) };
    m
}

/// Leaves for the thread's own stack.
fn give_up(m: MRef, g: GRef) -> MRef {
    // SAFETY: the driver's context was left when it switched to a goroutine.
    unsafe { crate::arch::switch(g.sp.as_ptr(), m.g0_sp.get(), g.on_cpu.as_ptr().cast()) };
    m
}

/// Parks the current goroutine, which has been published.
pub(crate) fn park(m: MRef) -> MRef {
    let g = m.g();
    let d = driver(m);
    let on = g.waits_for.load(Relaxed) as usize;
    d.event(id_of(g), Happened::Blocked(g.reason(), on), g.waits_at());
    match d.pick(id_of(g)) {
        Some(next) if std::ptr::eq(next, g) => {
            g.set_status(Status::Running);
            m
        }
        Some(next) => leave_for(m, g, next),
        None => give_up(m, g),
    }
}

/// Makes a parked goroutine runnable.
pub(crate) fn ready(m: MRef, g: GRef) {
    if m.kind.get() != Kind::Sim {
        crate::fatal::fatal(format_args!(
            "marmota: a thread from outside woke a goroutine of a deterministic run, where only goroutines may act; start it with marmota::go instead of std::thread::spawn, or test this code with #[marmota::test]"
        ));
    }
    let d = driver(m);
    if g.sim_run.get() != d.run {
        // It waits on something that outlives its run, which has failed: it was
        // abandoned and never goes on.
        return;
    }
    g.set_status(Status::Runnable);
    g.waits_for.store(0, Relaxed);
    let by = m.g.get().map_or(0, id_of);
    d.event(id_of(g), Happened::Woken { by }, None);
    d.make_runnable(g);
}

pub(crate) fn choose(m: MRef, n: usize) -> usize {
    driver(m).fork(m.g.get().map_or(0, id_of), n)
}

/// Parks the current goroutine until all others are blocked; `None` if another
/// one waits for that already.
pub(crate) fn wait_for_others(m: MRef, at: &'static Location<'static>) -> Option<MRef> {
    let (d, g) = (driver(m), m.g());
    if d.waiting.is_some() {
        return None;
    }
    g.about_to_wait(crate::kernel::WaitReason::Parked, at);
    d.waiting = Some(g);
    Some(park(m))
}

pub(crate) fn now(m: MRef) -> u64 {
    driver(m).now
}

pub(crate) fn add_timer(m: MRef, node: &'static Node) {
    driver(m).timers.push(node);
}

pub(crate) fn remove_timer(m: MRef, node: &'static Node) -> bool {
    let timers = &mut driver(m).timers;
    let at = timers.iter().position(|t| std::ptr::eq(*t, node));
    at.map(|at| timers.swap_remove(at)).is_some()
}

/// Starts a goroutine.
pub(crate) fn spawn(m: MRef, closure: Closure, at: &'static Location<'static>) -> (GRef, u64) {
    let parent = m.g.get().map_or(0, id_of);
    spawn_by(m, u64::from(parent), closure, at)
}

/// Starts a goroutine in the name of `parent`.
pub(crate) fn spawn_by(
    m: MRef,
    parent: u64,
    closure: Closure,
    at: &'static Location<'static>,
) -> (GRef, u64) {
    let g = g::SLAB.alloc_one();
    let parent = parent as u32;
    let d = driver(m);
    let id = d.ledger.start(parent);
    g.home.set(Home::Sim);
    g.rt.set(None);
    g.sim_run.set(d.run);
    g.waits_for.store(0, Relaxed);
    g.prepare(u64::from(id), u64::from(parent), at, closure);
    g.sim_slot.set(d.alive.len() as u32);
    race::started(m, g, Some(d.run));
    d.alive.push(g);
    d.runnable.push(g);
    d.event(parent, Happened::Started { child: id }, Some(at));
    (g, u64::from(id))
}

/// Whether it is a goroutine of this run that has not ended.
pub(crate) fn runs(m: MRef, g: GRef) -> bool {
    g.home.get() == Home::Sim && g.sim_run.get() == driver(m).run
}

/// Goroutines that have not ended.
pub(crate) fn alive(m: MRef) -> u64 {
    driver(m).alive.len() as u64
}

/// A goroutine's panic was not recovered.
pub(crate) fn panicked(g: GRef, message: String, location: Option<(String, u32, u32)>) {
    let Some(m) = m::current() else { return };
    let goroutine = g.id.load(Relaxed);
    let info = PanicInfo {
        message,
        location,
        goroutine,
    };
    let d = driver(m);
    d.failure.get_or_insert(Verdict::Panicked(info));
    d.event(id_of(g), Happened::Panicked, None);
}

/// A data race: the run is over.
pub(crate) fn raced(m: MRef, race: Race) -> MRef {
    let (d, g) = (driver(m), m.g());
    d.failure.get_or_insert(Verdict::Race(race));
    d.event(id_of(g), Happened::Raced, None);
    give_up(m, g)
}

/// The goroutine is done.
pub(crate) fn end(m: MRef, g: GRef) -> ! {
    let d = driver(m);
    let slot = g.sim_slot.get() as usize;
    d.alive.swap_remove(slot);
    if let Some(moved) = d.alive.get(slot) {
        moved.sim_slot.set(slot as u32);
    }
    if g.parent.load(Relaxed) == 0 && !g.exited.get() {
        d.main_done = true;
    }
    let who = id_of(g);
    d.event(who, Happened::Ended, None);
    race::ended(g);
    // We stand on this stack until the switch; nobody takes it before.
    d.stacks.push(g.stack.replace(Stack::NONE));
    g.clear();
    g::SLAB.free(std::iter::once(g));
    let (save, off_cpu) = (m.scratch_sp.as_ptr(), m.scratch_flag.as_ptr());
    let next = if d.failure.is_none() {
        d.pick(who)
    } else {
        None
    };
    match next {
        // SAFETY: nobody resumes this stack; a new `next` may start on it.
        Some(next) => unsafe { enter(m, next, save, off_cpu) },
        // SAFETY: the driver's context was left when it switched to a goroutine.
        None => unsafe { crate::arch::switch(save, m.g0_sp.get(), off_cpu) },
    }
    unreachable!("a finished goroutine was resumed")
}
