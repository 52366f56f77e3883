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
//! nothing. `G::sim_run` tells whose they are: nobody wakes one of another run.

use super::hooks::Held;
use super::ledger::Ledger;
use super::record::{Happened, Recording};
use super::report::{Blocked, PanicInfo, Verdict};
use super::strategy::{Fork, Moment, Move, Strategy, id_of};
use crate::race::{self, Race};
use crate::sched::m::{self, Kind, gate};
use crate::sched::timers::Node;
use crate::sched::{Closure, GRef, Home, MRef, Status, g, switch};
use crate::stack::{Stack, StackPool};
use std::cell::RefCell;
use std::panic::Location;
use std::sync::atomic::AtomicU64;
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
    /// Belongs to the caller of `run_once`, which lasts as long as the run.
    strategy: *mut dyn Strategy,
    limits: Limits,
    /// Numbers the runs of the process, from 2 (`race::PARALLEL` is 1).
    run: u64,
    now: u64,
    /// Goroutines that can run, in no order that matters.
    runnable: Vec<GRef>,
    /// All that have not ended; `G::sim_slot` is the index.
    alive: Vec<GRef>,
    pub(super) ledger: Ledger,
    timers: Vec<&'static Node>,
    stacks: Vec<Stack>,
    /// In `sim::wait`.
    waiting: Option<GRef>,
    /// Locks and the like that somebody holds (see `hooks`).
    pub(super) held: Vec<Held>,
    main_done: bool,
    failure: Option<Verdict>,
    /// Of all decisions: two runs with the same one took the same course.
    trace: u64,
    pub(super) recording: Option<Recording>,
}

/// What came of one run.
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) trace: u64,
    pub(crate) steps: u64,
    /// When it was asked for.
    pub(crate) recorded: Option<(Recording, Ledger)>,
}

/// The driver of the current run.
pub(super) fn driver<'a>(m: MRef) -> &'a mut Driver {
    debug_assert_eq!(m.kind.get(), Kind::Sim);
    // SAFETY: set for the time of a run, on the one thread that runs it; no
    // reference is held across a switch or a call of user code.
    unsafe { &mut *m.sim.get() }
}

/// A number for all decisions of the run so far.
pub(crate) fn course(m: MRef) -> u64 {
    driver(m).trace
}

thread_local! {
    /// This thread's M and warm stacks for deterministic runs.
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

struct Kept {
    m: MRef,
    driver: Box<Driver>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        POOL.free(self.driver.stacks.drain(..));
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

/// Runs `main` to its end, with the decisions of `strategy`.
pub(crate) fn run_once<F: FnOnce() + Send>(
    strategy: &mut dyn Strategy,
    limits: Limits,
    record: bool,
    main: F,
) -> Outcome {
    static RUNS: AtomicU64 = AtomicU64::new(2);
    // SAFETY: only the lifetime is erased; the pointer is not used after this
    // call, during which `strategy` is borrowed.
    let strategy =
        unsafe { std::mem::transmute::<&mut dyn Strategy, &'static mut dyn Strategy>(strategy) };
    let mut kept = KEPT.take().unwrap_or_else(|| Kept {
        m: m::SLAB.alloc_one(),
        driver: Box::new(Driver::new(strategy)),
    });
    let m = kept.m;
    crate::gc::begin_run(m);
    let d = &mut *kept.driver;
    d.begin(strategy, limits, RUNS.fetch_add(1, Relaxed), record);
    m.kind.set(Kind::Sim);
    m.gate.store(gate::SIM, Relaxed);
    m.preempt.store(false, Relaxed);
    m.rt.set(None);
    m.p.set(None);
    m.g.set(None);
    m.sim.set(d);
    race::watch(m);
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
    for node in kept.driver.timers.drain(..) {
        if let Some(abandon) = node.abandon.get() {
            abandon(node.arg.get());
        }
    }
    crate::garbage::collect();
    let outcome = kept.driver.outcome();
    KEPT.set(Some(kept));
    outcome
}

/// The thread's own stack: who is first, and what if nobody can run.
fn drive(m: MRef) {
    loop {
        let d = driver(m);
        if d.failure.is_some() {
            return;
        }
        if let Some(next) = d.pick(0) {
            // SAFETY: `next` is ours; our context is where goroutines look.
            unsafe { enter(m, next, m.g0_sp.as_ptr(), m.scratch_flag.as_ptr()) };
            m.g.set(None);
        } else if let Some(waiting) = d.waiting.take() {
            waiting.set_status(Status::Runnable);
            d.make_runnable(waiting);
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
    fn new(strategy: *mut dyn Strategy) -> Driver {
        Driver {
            strategy,
            limits: Limits::default(),
            run: 0,
            now: 0,
            runnable: Vec::new(),
            alive: Vec::new(),
            ledger: Ledger::default(),
            timers: Vec::new(),
            stacks: Vec::new(),
            waiting: None,
            held: Vec::new(),
            main_done: false,
            failure: None,
            trace: 0,
            recording: None,
        }
    }

    fn begin(&mut self, strategy: *mut dyn Strategy, limits: Limits, run: u64, record: bool) {
        self.strategy = strategy;
        self.limits = limits;
        self.run = run;
        self.now = EPOCH_NS;
        self.runnable.clear();
        self.alive.clear();
        self.ledger.clear();
        self.timers.clear();
        self.waiting = None;
        self.held.clear();
        self.main_done = false;
        self.failure = None;
        self.trace = 0;
        self.recording = record.then(Recording::default);
    }

    fn strategy<'a>(&self) -> &'a mut dyn Strategy {
        // SAFETY: alive for the time of the run; used by one call at a time.
        unsafe { &mut *self.strategy }
    }

    /// Notes an event, if this run is recorded.
    #[inline]
    pub(super) fn event(
        &mut self,
        who: u32,
        what: Happened,
        at: Option<&'static Location<'static>>,
    ) {
        if let Some(recording) = &mut self.recording {
            recording.event(who, what, at, self.ledger.steps(), self.now - EPOCH_NS);
        }
    }

    /// Who goes next: an index into `runnable`, or its length for `who` itself.
    /// Counts as a decision of `who` even if there is no choice.
    fn decide(&mut self, who: u32, may_stay: bool, yields: bool) -> usize {
        let nth = self.ledger.moment(who);
        let options = self.runnable.len() + usize::from(may_stay);
        if options == 1 {
            return 0;
        }
        let moment = Moment {
            who,
            nth,
            may_stay,
            yields,
            others: &self.runnable,
            ledger: &self.ledger,
        };
        let chosen = self.strategy().next(&moment);
        if self.recording.is_some() && chosen != moment.plain() {
            let to = moment.id(chosen);
            self.moved(Move { who, nth, to });
        }
        self.note_decision(who, options, chosen);
        chosen
    }

    fn fork(&mut self, who: u32, n: usize) -> usize {
        let nth = self.ledger.moment(who);
        if n == 1 {
            return 0;
        }
        let chosen = self.strategy().choose(&Fork { who, nth, n });
        if chosen != 0 {
            let to = chosen as u32;
            self.moved(Move { who, nth, to });
        }
        self.note_decision(who, n, chosen);
        chosen
    }

    fn moved(&mut self, step: Move) {
        if let Some(recording) = &mut self.recording {
            recording.moves.push(step);
        }
    }

    #[inline]
    fn note_decision(&mut self, who: u32, options: usize, chosen: usize) {
        let word = u64::from(who) << 40 ^ (options as u64) << 20 ^ chosen as u64;
        self.trace = (self.trace ^ word)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(31);
    }

    /// Takes one of the runnable; `who` has left.
    fn pick(&mut self, who: u32) -> Option<GRef> {
        if self.runnable.is_empty() {
            return None;
        }
        let chosen = self.decide(who, false, false);
        Some(self.runnable.swap_remove(chosen))
    }

    pub(super) fn is_alive(&self, id: u32) -> bool {
        self.alive.iter().any(|&g| id_of(g) == id)
    }

    fn make_runnable(&mut self, g: GRef) {
        self.ledger.runnable(g);
        self.runnable.push(g);
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
        if first > self.now {
            self.now = first;
            self.event(0, Happened::TimePassed, None);
        }
        loop {
            let due: Vec<usize> = (0..self.timers.len())
                .filter(|&i| self.timers[i].when.get() <= self.now)
                .collect();
            if due.is_empty() {
                return true;
            }
            let chosen = due[self.fork(0, due.len())];
            let node = self.timers.swap_remove(chosen);
            let fire = node.fire.get().expect("an armed timer has an action");
            // Fires on this stack, where `self` is not used meanwhile.
            race::fired(m, &node.race, || fire(node, m));
        }
    }

    fn outcome(&mut self) -> Outcome {
        let blocked = |d: &Driver| {
            let mut all: Vec<Blocked> = (d.alive.iter()).map(|&g| Blocked::of(g, d)).collect();
            all.sort_by_key(|b| b.goroutine);
            all
        };
        let verdict = match self.failure.take() {
            Some(failure) => failure,
            None if self.alive.is_empty() => Verdict::Passed,
            None if self.main_done => Verdict::Leak(blocked(self)),
            None => Verdict::Deadlock(blocked(self)),
        };
        let ledger = &self.ledger;
        Outcome {
            verdict,
            trace: self.trace,
            steps: ledger.steps(),
            recorded: self.recording.take().map(|r| (r, ledger.clone())),
        }
    }
}

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
pub(crate) fn spawn(m: MRef, closure: Closure, at: &'static Location<'static>) {
    let parent = m.g.get().map_or(0, id_of);
    spawn_by(m, u64::from(parent), closure, at);
}

/// Starts a goroutine in the name of `parent`.
pub(crate) fn spawn_by(m: MRef, parent: u64, closure: Closure, at: &'static Location<'static>) {
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
