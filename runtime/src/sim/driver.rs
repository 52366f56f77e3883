//! One deterministic run.
//!
//! The driver lives on the stack of the thread that asked for the run. Goroutines
//! have stacks of their own and switch to each other directly; the thread's own
//! stack is used when none can run (time must move, or the run is over).
//!
//! A step is an entry into the runtime: there another goroutine may be chosen to
//! go first, and there the step limit counts. Between two entries a goroutine
//! runs undisturbed, so steps are the grain at which schedules differ.
//!
//! Goroutines that are left when a run fails are abandoned with their stacks:
//! channels that outlive the run may still point there. A run that passes leaves
//! nothing.

use super::report::{Blocked, PanicInfo, Verdict};
use super::rng::Rng;
use crate::sched::m::{self, Kind, gate};
use crate::sched::timers::Node;
use crate::sched::{Closure, GRef, Home, MRef, Status, g, switch};
use crate::stack::{Stack, StackPool};
use std::cell::RefCell;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;

/// Nanoseconds from 1970 to the beginning of virtual time, 2000-01-01 00:00 UTC
/// (Go's `testing/synctest`).
pub(crate) const EPOCH_NS: u64 = 946_684_800 * 1_000_000_000;

/// Stacks of goroutines in deterministic runs: debug builds and test code are
/// deep, and few exist at once.
static POOL: StackPool = StackPool::new(1 << 20);

/// When a run counts as endless.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_steps: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_steps: 1_000_000,
        }
    }
}

pub(crate) struct Driver {
    rng: Rng,
    limits: Limits,
    now: u64,
    steps: u64,
    /// Goroutines that can run, in no order that matters.
    runnable: Vec<GRef>,
    /// All that have not ended; `G::sim_slot` is the index.
    alive: Vec<GRef>,
    timers: Vec<&'static Node>,
    next_id: u64,
    stacks: Vec<Stack>,
    main_done: bool,
    failure: Option<Verdict>,
}

/// The driver of the current run.
fn driver<'a>(m: MRef) -> &'a mut Driver {
    debug_assert_eq!(m.kind.get(), Kind::Sim);
    // SAFETY: set for the time of a run, on the one thread that runs it; no
    // reference is held across a switch or a call of user code.
    unsafe { &mut *m.sim.get() }
}

thread_local! {
    /// This thread's M and warm stacks for deterministic runs.
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

struct Kept {
    m: MRef,
    stacks: Vec<Stack>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        POOL.free(self.stacks.drain(..));
        m::SLAB.free(std::iter::once(self.m));
    }
}

/// Prepares this thread for deterministic runs while `f` lasts.
pub(crate) fn with_thread<R>(f: impl FnOnce() -> R) -> R {
    assert!(
        !crate::in_goroutine(),
        "marmota: a deterministic run was started inside a goroutine; call sim::run and sim::explore from a plain #[test] or main, without a runtime around them"
    );
    crate::panics::install_hook();
    crate::kernel::watch();
    let _alternate = crate::overflow::AlternateStack::install();
    f()
}

/// Runs `main` to its end under the schedule of `seed`.
pub(crate) fn run_once<F: FnOnce() + Send>(seed: u64, limits: Limits, main: F) -> Verdict {
    let mut kept = KEPT.take().unwrap_or_else(|| Kept {
        m: m::SLAB.alloc_one(),
        stacks: Vec::new(),
    });
    let m = kept.m;
    let mut run = Driver {
        rng: Rng::new(seed),
        limits,
        now: EPOCH_NS,
        steps: 0,
        runnable: Vec::new(),
        alive: Vec::new(),
        timers: Vec::new(),
        next_id: 1,
        stacks: std::mem::take(&mut kept.stacks),
        main_done: false,
        failure: None,
    };
    m.kind.set(Kind::Sim);
    m.gate.store(gate::SIM, Relaxed);
    m.preempt.store(false, Relaxed);
    m.rt.set(None);
    m.p.set(None);
    m.g.set(None);
    m.sim.set(&raw mut run);
    let outer = m::current();
    m::set_current(Some(m));
    m.in_runtime.store(true, Relaxed);
    // SAFETY: called once at most; what it borrows lives in this frame, and when
    // the run is over, none of its goroutines runs again.
    spawn(m, unsafe { Closure::new(main) }, Location::caller());
    drive(m);
    m.in_runtime.store(false, Relaxed);
    m::set_current(outer);
    m.sim.set(std::ptr::null_mut());
    for node in run.timers.drain(..) {
        if let Some(abandon) = node.abandon.get() {
            abandon(node.arg.get());
        }
    }
    crate::garbage::collect();
    let verdict = run.verdict();
    kept.stacks = run.stacks;
    KEPT.set(Some(kept));
    verdict
}

/// The thread's own stack: who is first, and what if nobody can run.
fn drive(m: MRef) {
    loop {
        let d = driver(m);
        if d.failure.is_some() {
            return;
        }
        if let Some(next) = d.pick() {
            // SAFETY: `next` is ours; our context is where goroutines look.
            unsafe { enter(m, next, m.g0_sp.as_ptr(), m.scratch_flag.as_ptr()) };
            m.g.set(None);
        } else if d.main_done || !d.move_time(m) {
            return;
        }
    }
}

/// Switches to `next`, with a stack if it has none yet.
///
/// # Safety
/// As for `switch::enter`.
unsafe fn enter(m: MRef, next: GRef, save: *mut *mut u8, off_cpu: *mut u8) {
    if next.call.get().is_some() && next.stack.get().is_none() {
        next.stack.set(driver(m).take_stack());
    }
    // SAFETY: by this function's contract.
    unsafe { switch::enter(m, next, save, off_cpu) };
}

impl Driver {
    /// Takes one of the runnable.
    fn pick(&mut self) -> Option<GRef> {
        match self.runnable.len() {
            0 => None,
            1 => self.runnable.pop(),
            n => {
                let chosen = self.rng.below(n);
                Some(self.runnable.swap_remove(chosen))
            }
        }
    }

    fn take_stack(&mut self) -> Stack {
        self.stacks.pop().unwrap_or_else(|| {
            let mut one = Stack::NONE;
            POOL.alloc(1, |stack| one = stack);
            one
        })
    }

    /// Nothing can run: jumps to the next timer. All that are due then fire, in
    /// any order. `false` when there is none.
    fn move_time(&mut self, m: MRef) -> bool {
        let Some(first) = self.timers.iter().map(|t| t.when.get()).min() else {
            return false;
        };
        self.now = self.now.max(first);
        loop {
            let due: Vec<usize> = (0..self.timers.len())
                .filter(|&i| self.timers[i].when.get() <= self.now)
                .collect();
            if due.is_empty() {
                return true;
            }
            let chosen = due[if due.len() > 1 {
                self.rng.below(due.len())
            } else {
                0
            }];
            let node = self.timers.swap_remove(chosen);
            let fire = node.fire.get().expect("an armed timer has an action");
            // Fires on this stack, where `self` is not used meanwhile.
            fire(node, m);
        }
    }

    fn verdict(&mut self) -> Verdict {
        let blocked = |gs: &[GRef]| {
            let mut all: Vec<Blocked> = gs.iter().map(|g| Blocked::of(g)).collect();
            all.sort_by_key(|b| b.goroutine);
            all
        };
        match self.failure.take() {
            Some(failure) => failure,
            None if self.alive.is_empty() => Verdict::Passed,
            None if self.main_done => Verdict::Leak(blocked(&self.alive)),
            None => Verdict::Deadlock(blocked(&self.alive)),
        }
    }
}

/// An entry into the runtime: another goroutine may go first.
pub(crate) fn point(m: MRef) -> MRef {
    // The driver's own stack (timers firing) makes no choices.
    let Some(g) = m.g.get() else { return m };
    let d = driver(m);
    d.steps += 1;
    if d.steps > d.limits.max_steps {
        d.failure = Some(Verdict::Livelock { steps: d.steps });
        return give_up(m, g);
    }
    if d.runnable.is_empty() {
        return m;
    }
    let chosen = d.rng.below(d.runnable.len() + 1);
    if chosen == d.runnable.len() {
        return m;
    }
    go_first(m, g, chosen)
}

/// The goroutine asked to let others go first.
pub(crate) fn yielded(m: MRef) -> MRef {
    let Some(g) = m.g.get() else { return m };
    let d = driver(m);
    if d.runnable.is_empty() {
        return m;
    }
    let chosen = d.rng.below(d.runnable.len());
    go_first(m, g, chosen)
}

fn go_first(m: MRef, g: GRef, chosen: usize) -> MRef {
    let next = std::mem::replace(&mut driver(m).runnable[chosen], g);
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
    match driver(m).pick() {
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
            "marmota: a thread from outside readied a goroutine of a deterministic run; keep threads out of sim::run"
        ));
    }
    g.set_status(Status::Runnable);
    driver(m).runnable.push(g);
}

pub(crate) fn choose(m: MRef, n: usize) -> usize {
    driver(m).rng.below(n)
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
pub(crate) fn spawn(m: MRef, closure: Closure, at: &'static Location<'static>) {
    let parent = m.g.get().map_or(0, |g| g.id.load(Relaxed));
    spawn_by(m, parent, closure, at);
}

/// Starts a goroutine in the name of `parent`.
pub(crate) fn spawn_by(m: MRef, parent: u64, closure: Closure, at: &'static Location<'static>) {
    let g = g::SLAB.alloc_one();
    let d = driver(m);
    g.home.set(Home::Sim);
    g.rt.set(None);
    g.prepare(d.next_id, parent, at, closure);
    d.next_id += 1;
    g.sim_slot.set(d.alive.len() as u32);
    d.alive.push(g);
    d.runnable.push(g);
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
    driver(m).failure.get_or_insert(Verdict::Panicked(info));
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
    // We stand on this stack until the switch; nobody takes it before.
    d.stacks.push(g.stack.replace(Stack::NONE));
    g.clear();
    g::SLAB.free(std::iter::once(g));
    let (save, off_cpu) = (m.scratch_sp.as_ptr(), m.scratch_flag.as_ptr());
    let next = if d.failure.is_none() { d.pick() } else { None };
    match next {
        // SAFETY: nobody resumes this stack; a new `next` may start on it.
        Some(next) => unsafe { enter(m, next, save, off_cpu) },
        // SAFETY: the driver's context was left when it switched to a goroutine.
        None => unsafe { crate::arch::switch(save, m.g0_sp.get(), off_cpu) },
    }
    unreachable!("a finished goroutine was resumed")
}
