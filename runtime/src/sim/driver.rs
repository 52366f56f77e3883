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
use super::report::{Blocked, Verdict};
use super::strategy::{Fork, Moment, Move, Strategy, id_of};
use crate::race;
use crate::sched::m::{self, Kind, gate};
use crate::sched::timers::Node;
use crate::sched::{Closure, GRef, MRef, Status, switch};
use crate::stack::{Stack, StackPool};
use std::cell::RefCell;
use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

pub(crate) use super::seam::{
    add_timer, alive, choose, end, now, panicked, park, point, raced, ready, remove_timer, runs,
    spawn, spawn_by, wait_for_others, yielded,
};

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
    pub(super) limits: Limits,
    /// Numbers the runs of the process, from 2 (`race::PARALLEL` is 1).
    pub(super) run: u64,
    pub(super) now: u64,
    /// Goroutines that can run, in no order that matters.
    pub(super) runnable: Vec<GRef>,
    /// All that have not ended; `G::sim_slot` is the index.
    pub(super) alive: Vec<GRef>,
    pub(super) ledger: Ledger,
    pub(super) timers: Vec<&'static Node>,
    pub(super) stacks: Vec<Stack>,
    /// In `sim::wait`.
    pub(super) waiting: Option<GRef>,
    /// Locks and the like that somebody holds (see `hooks`).
    pub(super) held: Vec<Held>,
    pub(super) main_done: bool,
    pub(super) failure: Option<Verdict>,
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

/// Does `f` on a thread of its own, prepared for deterministic runs.
///
/// Of its own, because a run may leave a goroutine for ever in the middle of unwinding,
/// and the thread's count of panics with it: the caller's thread would count as
/// panicking from then on.
///
/// # Panics
/// In a goroutine, or when the system gives no thread.
pub(crate) fn with_thread<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    assert!(
        !crate::in_goroutine(),
        "marmota: a deterministic run was started inside a goroutine; call sim::run and sim::explore from a plain #[test] or main, without a runtime around them"
    );
    crate::panics::install_hook();
    crate::kernel::watch();
    let caller = std::thread::current();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name(caller.name().unwrap_or("marmota-sim").to_owned())
            .spawn_scoped(scope, || {
                let _alternate = crate::overflow::AlternateStack::install();
                f()
            });
        match thread {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => panic!(
                "marmota: a deterministic run needs a thread of its own, and the system gives none ({error}); allow this process one more"
            ),
        }
    })
}

/// Does `run` here, or on a fresh thread if an earlier run has left this one panicking:
/// there, operations do not give way.
pub(super) fn where_nothing_unwinds<R>(run: impl FnOnce() -> R) -> R {
    /// What another thread uses while its owner waits.
    struct Lent<T>(T);
    // SAFETY: `where_nothing_unwinds` joins the thread before it touches the value
    // again, and a run leaves nothing in its thread's locals that it needs elsewhere.
    unsafe impl<T> Send for Lent<T> {}
    impl<T> Lent<T> {
        fn into_inner(self) -> T {
            self.0
        }
    }
    if !std::thread::panicking() {
        return run();
    }
    let run = Lent(run);
    with_thread(|| Lent(run.into_inner()())).into_inner()
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
pub(super) unsafe fn enter(m: MRef, next: GRef, save: *mut *mut u8, off_cpu: *mut u8) {
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
    pub(super) fn decide(&mut self, who: u32, may_stay: bool, yields: bool) -> usize {
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

    pub(super) fn fork(&mut self, who: u32, n: usize) -> usize {
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
    pub(super) fn pick(&mut self, who: u32) -> Option<GRef> {
        if self.runnable.is_empty() {
            return None;
        }
        let chosen = self.decide(who, false, false);
        Some(self.runnable.swap_remove(chosen))
    }

    pub(super) fn is_alive(&self, id: u32) -> bool {
        self.alive.iter().any(|&g| id_of(g) == id)
    }

    pub(super) fn make_runnable(&mut self, g: GRef) {
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
