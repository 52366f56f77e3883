//! One runtime: its parts, its threads, its beginning and its end.
//!
//! ```text
//!  caller --run--> main goroutine on an M … --done--> caller goes on
//!     Ms        one thread each, made when a P has work and no M is idle
//!     spawner   makes the Ms: creating a thread allocates, which is forbidden
//!               inside the runtime, where the wish for one arises
//!     sysmon    watches
//! ```
//!
//! The caller's thread waits while the runtime runs. When the main function has
//! returned, goroutines that are still there are abandoned, as in Go: they never
//! run again, and neither do their destructors; their threads end at their next
//! visit to the scheduler. What they stand on is therefore never reused: a `Rt`
//! and the stacks of abandoned goroutines live until the process ends.

use super::m::{self, Kind};
use super::{GRef, Global, M, MRef, P, PRef, find, idle, sysmon, threads, timers::NEVER};
use crate::lock::SpinLock;
use crate::stack::StackPool;
use crate::sys;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

/// The most Ps a runtime can have.
pub(crate) const MAX_PROCS: usize = 1024;

/// What becomes of an error nobody handles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnFatal {
    /// Go's way: a message, and the process ends with status 2.
    EndProcess,
    /// The run ends and its caller panics with the message: for tests.
    PanicInCaller,
}

/// How a runtime is built; see [`crate::Builder`].
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) procs: usize,
    pub(crate) max_threads: usize,
    pub(crate) on_fatal: OnFatal,
    /// Nanoseconds a goroutine may run before others have their turn.
    pub(crate) slice_ns: u64,
    /// For tests: whatever runs is stopped at every look of sysmon, slice or not.
    pub(crate) storm: bool,
    /// Whether it is stopped by a signal then.
    pub(crate) async_preempt: bool,
    /// `GODEBUG=schedtrace=MS,scheddetail=1`.
    pub(crate) trace_ms: u32,
    pub(crate) trace_detail: bool,
    pub(crate) pool: &'static StackPool,
}

#[repr(align(128))]
pub(crate) struct Rt {
    // Read by every ready: changed only when a P goes idle or comes back.
    pub(crate) idle_ps: AtomicU32,
    procs: AtomicU32,
    stopping: AtomicBool,
    /// See `idle.rs`.
    pub(crate) futile: AtomicU32,
    pub(crate) spinning: AtomicU32,
    pub(crate) sleeps_until: AtomicU64,
    /// Threads that may ready a goroutine although all Ms sleep.
    pub(crate) outside: AtomicU32,
    /// Goroutines that wait for the network: it may ready them.
    pub(crate) io_waiters: AtomicU32,
    /// See `netpoll`; null until somebody waits for the network.
    pub(crate) poller: AtomicPtr<crate::netpoll::Poller>,
    pub(crate) pool: &'static StackPool,
    pub(crate) next_id: AtomicU64,
    pub(crate) state: SpinLock<State>,
    pub(crate) global: Global,
    /// Ms in user code whose P was taken or given up.
    pub(crate) without_p: AtomicU32,
    /// Ms that wait in the signal handler for a P.
    pub(crate) stopped_ms: AtomicU32,
    /// How often a goroutine was stopped by a signal, and a P taken from a blocked
    /// thread.
    pub(crate) preemptions: AtomicU64,
    pub(crate) retakes: AtomicU64,
    /// Claims are made one at a time, and no M ends meanwhile.
    pub(crate) claims: SpinLock<()>,
    pub(crate) claim_number: AtomicU32,
    /// The world is to stand still (`world`).
    pub(crate) halting: AtomicBool,
    /// Somebody stops it, or has not yet started it again.
    pub(crate) stopped: AtomicBool,
    /// Goroutines of the runtime's own that have not ended.
    pub(crate) system: AtomicU64,
    pub(crate) sysmon_word: AtomicU32,
    /// Sysmon sleeps until a P is taken from the idle list.
    pub(crate) sysmon_sleeps: AtomicBool,
    /// Sysmon is to look whether this is a deadlock.
    pub(crate) suspected: AtomicBool,
    /// The goroutine in `sim::wait`, which goes on where a deadlock would be reported.
    pub(crate) waits_for_others: AtomicPtr<super::G>,
    /// Threads that were there before, if their being there means nothing.
    pub(crate) threads_before: Vec<i32>,
    spawner_word: AtomicU32,
    /// What a signal handler wants written (`dump::request`).
    pub(crate) report: AtomicU32,
    pub(super) all_ps: Box<[AtomicPtr<P>]>,
    pub(crate) config: Config,
    /// `debug::set_max_threads`.
    pub(crate) max_threads: AtomicUsize,
    /// The caller waits here: 0 while it runs, then an `End`.
    end: AtomicU32,
    /// Why it ended, when not by main's return.
    /// Main has called `runtime::goexit`.
    pub(crate) main_exited: AtomicBool,
    pub(crate) verdict: std::sync::Mutex<Option<String>>,
}

/// Under the scheduler's lock.
pub(crate) struct State {
    pub(crate) stopping: bool,
    pub(crate) idle_p: Option<PRef>,
    pub(crate) idle_m: Option<MRef>,
    pub(crate) idle_ms: u32,
    /// Ms that wait with the goroutine that parked on them (`handoff::hold`).
    pub(crate) held: u32,
    /// All Ms, those still to be made included.
    pub(crate) ms: u32,
    /// The number of the newest.
    last_m: u64,
    pub(crate) all_m: Option<MRef>,
    /// The one idle M that sleeps only until the next timer.
    pub(crate) sleeper: Option<MRef>,
    to_spawn: Option<MRef>,
}

// SAFETY: the references lead to objects that live for ever and are Sync.
unsafe impl Send for State {}

impl State {
    /// Whether a thread is being made.
    pub(crate) fn spawning(&self) -> bool {
        self.to_spawn.is_some()
    }

    pub(crate) fn push_idle_m(&mut self, m: MRef) {
        m.idle_next.set(self.idle_m);
        self.idle_m = Some(m);
        self.idle_ms += 1;
    }

    /// An idle M; the sleeper only if there is no other.
    pub(crate) fn pop_idle_m(&mut self) -> Option<MRef> {
        let m = self.idle_m?;
        if self.sleeper.is_some_and(|s| std::ptr::eq(s, m))
            && let Some(other) = m.idle_next.get()
        {
            m.idle_next.set(other.idle_next.take());
            self.idle_ms -= 1;
            return Some(other);
        }
        self.idle_m = m.idle_next.take();
        self.idle_ms -= 1;
        Some(m)
    }

    /// Takes this very M off the idle list; `false` when it is not on it.
    pub(crate) fn remove_idle_m(&mut self, m: MRef) -> bool {
        let mut link = &raw mut self.idle_m;
        // SAFETY: `link` is our own field or the link of an M on the list, and the
        // lock is held.
        unsafe {
            while let Some(at) = *link {
                if std::ptr::eq(at, m) {
                    *link = at.idle_next.take();
                    self.idle_ms -= 1;
                    return true;
                }
                link = at.idle_next.as_ptr();
            }
        }
        false
    }
}

/// How often the spawner frees what has gathered and lies idle.
const HOUSEKEEPING_NS: u64 = 1_000_000_000;
/// And, in rounds of that, notes who waits: dumps show minutes.
const ROUNDS_TO_STAMP: u32 = 20;

const RUNNING: u32 = 0;
const MAIN_RETURNED: u32 = 1;
const FAILED: u32 = 2;

impl Rt {
    pub(crate) fn new(config: Config) -> &'static Rt {
        let procs = config.procs.clamp(1, MAX_PROCS);
        let rt: &'static Rt = Box::leak(Box::new(Rt {
            idle_ps: AtomicU32::new(0),
            procs: AtomicU32::new(procs as u32),
            stopping: AtomicBool::new(false),
            futile: AtomicU32::new(0),
            spinning: AtomicU32::new(0),
            sleeps_until: AtomicU64::new(NEVER),
            outside: AtomicU32::new(0),
            io_waiters: AtomicU32::new(0),
            poller: AtomicPtr::default(),
            pool: config.pool,
            next_id: AtomicU64::new(1),
            state: SpinLock::new(State {
                stopping: false,
                idle_p: None,
                idle_m: None,
                idle_ms: 0,
                held: 0,
                ms: 0,
                last_m: 0,
                all_m: None,
                sleeper: None,
                to_spawn: None,
            }),
            global: Global::new(),
            without_p: AtomicU32::new(0),
            stopped_ms: AtomicU32::new(0),
            preemptions: AtomicU64::new(0),
            retakes: AtomicU64::new(0),
            claims: SpinLock::new(()),
            claim_number: AtomicU32::new(0),
            halting: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            system: AtomicU64::new(0),
            sysmon_word: AtomicU32::new(0),
            sysmon_sleeps: AtomicBool::new(false),
            suspected: AtomicBool::new(false),
            waits_for_others: AtomicPtr::new(std::ptr::null_mut()),
            threads_before: match config.on_fatal {
                OnFatal::EndProcess => Vec::new(),
                OnFatal::PanicInCaller => threads::all_threads(),
            },
            spawner_word: AtomicU32::new(0),
            report: AtomicU32::new(crate::dump::request::NONE),
            all_ps: (0..MAX_PROCS).map(|_| AtomicPtr::default()).collect(),
            max_threads: AtomicUsize::new(config.max_threads),
            config,
            end: AtomicU32::new(RUNNING),
            main_exited: AtomicBool::new(false),
            verdict: std::sync::Mutex::new(None),
        }));
        let seed = crate::seed::process_random();
        for id in (0..procs).rev() {
            let p = P::new(
                id as u32,
                rt,
                seed ^ (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15),
            );
            rt.all_ps[id].store(std::ptr::from_ref(p).cast_mut(), Release);
            let mut state = rt.state.lock();
            rt.push_idle_p(&mut state, p);
        }
        rt
    }

    pub(crate) fn procs(&self) -> u32 {
        // Relaxed: changes only while the world stands still.
        self.procs.load(Relaxed)
    }

    /// While the world stands still.
    pub(crate) fn set_procs(&self, procs: u32) {
        self.procs.store(procs, Relaxed);
    }

    /// All Ps there ever were: those out of service have run goroutines too.
    pub(crate) fn all_ps(&self) -> impl Iterator<Item = PRef> + Clone {
        self.all_ps.iter().map_while(|p| {
            // SAFETY: only ever stored from a `&'static P`.
            unsafe { p.load(Acquire).as_ref() }
        })
    }

    /// The Ps in service.
    pub(crate) fn ps(&self) -> impl Iterator<Item = PRef> + Clone {
        self.all_ps[..self.procs() as usize].iter().filter_map(|p| {
            // SAFETY: only ever stored from a `&'static P`.
            unsafe { p.load(Acquire).as_ref() }
        })
    }

    /// All Ps once each, from a random place in random steps that are coprime to
    /// their number.
    pub(crate) fn random_order(&self, random: u64, procs: u32) -> impl Iterator<Item = PRef> {
        let (mut at, mut step) = ((random as u32) % procs, (random >> 32) as u32 % procs);
        while gcd(step, procs) != 1 {
            step = (step + 1) % procs.max(2);
        }
        (0..procs).filter_map(move |_| {
            at = (at + step) % procs;
            // SAFETY: only ever stored from a `&'static P`.
            unsafe { self.all_ps[at as usize].load(Acquire).as_ref() }
        })
    }

    /// Goroutines alive.
    pub(crate) fn goroutines(&self) -> u64 {
        // Relaxed: a snapshot; ended before started, so that it is never below
        // the number at some moment.
        let ended: u64 = self.all_ps().map(|p| p.ended.load(Relaxed)).sum();
        let started: u64 = self.all_ps().map(|p| p.started.load(Relaxed)).sum();
        started.saturating_sub(ended + self.system.load(Relaxed))
    }

    /// A goroutine that `switch::spawn_system` started is about to end.
    pub(crate) fn system_done(&self) {
        // Relaxed: as above.
        self.system.fetch_sub(1, Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        // Relaxed: a thread that sees it late stops late.
        self.stopping.load(Relaxed)
    }

    /// Readies `g` from a thread that is not one of this runtime's, or has no P.
    pub(crate) fn inject(&'static self, g: GRef) {
        self.inject_all(std::iter::once(g));
    }

    /// As `inject`.
    pub(crate) fn inject_all(&'static self, batch: impl Iterator<Item = GRef>) {
        {
            // Under the scheduler's lock, so that a thread about to sleep, and
            // the deadlock check, see it.
            let _state = self.state.lock();
            self.global.push(batch);
        }
        self.wake_one();
    }

    /// Whether the world is to stand still.
    pub(crate) fn is_halting(&self) -> bool {
        self.halting.load(SeqCst)
    }

    /// Ends the program if there are more threads than allowed.
    pub(crate) fn check_thread_limit(&self, state: &State) {
        let limit = self.max_threads.load(Relaxed);
        if state.ms as usize > limit {
            crate::fatal::fatal_after(
                format_args!("runtime: program exceeds {limit}-thread limit"),
                format_args!("thread exhaustion"),
            );
        }
    }

    /// Asks for a thread, that runs `p` or is one to spare.
    pub(crate) fn new_m(&'static self, p: Option<PRef>, spinning: bool) {
        let m = m::SLAB.alloc_one();
        m.reset(Kind::Parallel);
        crate::race::watch(m);
        m.rt.set(Some(self));
        m.p.set(p);
        m.spinning.set(spinning);
        {
            let mut state = self.state.lock();
            state.ms += 1;
            state.last_m += 1;
            m.id.set(state.last_m);
            self.check_thread_limit(&state);
            m.all_next.set(state.all_m);
            state.all_m = Some(m);
            m.idle_next.set(state.to_spawn);
            state.to_spawn = Some(m);
        }
        self.wake_spawner();
    }

    /// The spawner looks at what it is asked for.
    pub(crate) fn wake_spawner(&self) {
        // Release: the spawner sees what was asked before.
        self.spawner_word.fetch_add(1, Release);
        sys::futex_wake(&self.spawner_word, 1);
    }

    /// The spawner's life: holds no lock and no P, so it may allocate.
    fn spawner(&'static self) {
        let mut rounds = 0u32;
        loop {
            // Acquire: pairs with the releases in `new_m` and `shut_down`.
            let word = self.spawner_word.load(Acquire);
            let mut wanted = self.state.lock().to_spawn.take();
            while let Some(m) = wanted {
                wanted = m.idle_next.take();
                let started = std::thread::Builder::new()
                    .name(format!("marmota-m{}", m.id.get()))
                    .spawn(move || worker(m));
                if let Err(error) = started {
                    crate::fatal::fatal_after(
                        format_args!(
                            "runtime: failed to create a thread: {error}; raise the process limit (ulimit -u) or lower GOMAXPROCS"
                        ),
                        format_args!("newosproc"),
                    );
                }
            }
            crate::dump::serve(self);
            crate::garbage::collect();
            self.pool.give_idle_back(sys::monotonic_ns());
            rounds += 1;
            if rounds.is_multiple_of(ROUNDS_TO_STAMP) {
                crate::dump::stamp_waiting(self);
            }
            if self.is_stopping() {
                return;
            }
            sys::futex_wait(&self.spawner_word, word, Some(HOUSEKEEPING_NS));
        }
    }

    /// Starts the helpers and the first goroutine, and waits for the end.
    pub(crate) fn run_main(&'static self, main: super::Closure) -> Result<(), String> {
        super::preempt::install();
        if self.config.on_fatal == OnFatal::EndProcess {
            crate::quit::install(self);
        }
        let helper = |name: &str, life: fn(&'static Rt)| {
            std::thread::Builder::new()
                .name(name.into())
                .spawn(move || {
                    let _known = threads::Known::this_thread();
                    life(self);
                })
        };
        for (name, life) in [
            ("marmota-spawn", Rt::spawner as fn(_)),
            ("marmota-sysmon", sysmon::run),
        ] {
            if let Err(error) = helper(name, life) {
                return Err(format!("cannot start the runtime's thread {name}: {error}"));
            }
        }
        let _known = threads::Known::this_thread();
        let p = self.take_idle_p().expect("a new runtime's Ps are idle");
        let g = p.take_g();
        g.home.set(super::Home::Parallel);
        g.rt.set(Some(self));
        g.prepare(p.new_id(), 0, std::panic::Location::caller(), main);
        p.started.store(1, Relaxed);
        p.append(g);
        self.new_m(Some(p), false);
        // Acquire: pairs with the release in `finish`.
        while !self.has_ended() {
            sys::futex_wait(&self.end, RUNNING, None);
        }
        self.shut_down();
        match self.end.load(Acquire) {
            MAIN_RETURNED => Ok(()),
            _ => Err(self
                .verdict
                .lock()
                .ok()
                .and_then(|mut v| v.take())
                .unwrap_or_default()),
        }
    }

    /// Main has returned.
    pub(crate) fn main_returned(&self) {
        self.finish(MAIN_RETURNED);
    }

    /// The run failed (`OnFatal::PanicInCaller`).
    pub(crate) fn failed(&self, why: String) {
        if let Ok(mut verdict) = self.verdict.lock() {
            verdict.get_or_insert(why);
        }
        self.finish(FAILED);
    }

    /// Main has returned, or the run has failed.
    pub(crate) fn has_ended(&self) -> bool {
        // Acquire: pairs with the release in `finish`.
        self.end.load(Acquire) != RUNNING
    }

    fn finish(&self, how: u32) {
        // Nobody is picked any more, by whichever M (in `find`, and in `end`).
        self.stopping.store(true, SeqCst);
        // Release: the result is written; the first end counts.
        if self
            .end
            .compare_exchange(RUNNING, how, Release, Relaxed)
            .is_ok()
        {
            sys::futex_wake(&self.end, 1);
        }
    }

    /// Sends idle threads home; busy ones leave at their next visit.
    fn shut_down(&'static self) {
        self.stopping.store(true, SeqCst);
        if self.goroutines() > 0 {
            // Locks that do not enter the runtime are places to leave at, too. (Main may
            // still be counted, and then this was for nothing.)
            crate::kernel::watch();
        }
        loop {
            let idle = {
                let mut state = self.state.lock();
                state.stopping = true;
                let mut m = state.all_m;
                while let Some(at) = m {
                    at.gate.fetch_or(m::gate::STOP, Relaxed);
                    if at.waits_for_p.get() {
                        idle::dismiss(at);
                    }
                    m = at.all_next.get();
                }
                state.pop_idle_m()
            };
            match idle {
                Some(m) => idle::dismiss(m),
                None => break,
            }
        }
        self.release_poller();
        for word in [&self.spawner_word, &self.sysmon_word] {
            // Release: pairs with the acquires of the two helpers.
            word.fetch_add(1, Release);
            sys::futex_wake(word, 1);
        }
    }
}

impl Rt {
    /// The thread of `m` ends while the runtime goes on.
    fn remove_m(&'static self, m: MRef) {
        // Nobody may be about to signal it.
        let _claims = self.claims.lock();
        let mut state = self.state.lock();
        let mut link = &raw mut state.all_m;
        // SAFETY: `link` is the list's head or the link of an M on it, and the lock
        // is held.
        unsafe {
            while let Some(at) = *link {
                if std::ptr::eq(at, m) {
                    *link = at.all_next.take();
                    break;
                }
                link = at.all_next.as_ptr();
            }
        }
        m.tid.store(0, SeqCst);
        state.ms -= 1;
        m::SLAB.free(std::iter::once(m));
        self.suspect_deadlock(&state);
    }
}

/// A thread of a runtime.
fn worker(m: MRef) {
    let known = threads::Known::this_thread();
    m::set_current(Some(m));
    let alternate = crate::overflow::AlternateStack::install();
    m.in_runtime.store(true, Relaxed);
    m.tid.store(sys::thread_id(), SeqCst);
    if let Some(p) = m.p.get() {
        p.attach(m);
    }
    find::schedule(m);
    m::set_current(None);
    if m.ends.get() {
        m.rt().remove_m(m);
    }
    drop((alternate, known));
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl M {
    /// Sets a new or recycled M up.
    pub(crate) fn reset(&self, kind: Kind) {
        self.kind.set(kind);
        self.rt.set(None);
        self.p.set(None);
        self.g.set(None);
        self.gate.store(0, Relaxed);
        self.preempt.store(false, Relaxed);
        self.signalled.store(false, Relaxed);
        self.pinned.set(0);
        self.ends.set(false);
        self.waits_for_p.set(false);
        self.spinning.set(false);
        self.handoff.set(None);
        self.seen_at.set(0);
    }

    /// Whether the goroutine it runs must not go on on another thread.
    #[inline(always)]
    pub(crate) fn must_stay(&self) -> bool {
        self.pinned.get() != 0 || std::thread::panicking()
    }

    /// The runtime has ended: this thread leaves whatever goroutine it is in.
    pub(crate) fn leave_for_good(&'static self) -> ! {
        self.handoff.set(None);
        self.g.set(None);
        // SAFETY: the scheduler's context was left when it switched to this
        // goroutine, which is abandoned.
        unsafe {
            crate::arch::switch(
                self.scratch_sp.as_ptr(),
                self.g0_sp.get(),
                self.scratch_flag.as_ptr(),
            );
        }
        unreachable!("an abandoned goroutine was resumed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_order_visits_every_p_once() {
        let rt = Rt::new(Config {
            procs: 12,
            max_threads: 100,
            on_fatal: OnFatal::EndProcess,
            slice_ns: sysmon::SLICE_NS,
            storm: false,
            async_preempt: true,
            trace_ms: 0,
            trace_detail: false,
            pool: crate::runtime_builder::default_pool(),
        });
        for random in [0, 1, 7, u64::MAX, 0x1234_5678_9ABC_DEF0] {
            let mut ids: Vec<u32> = rt.random_order(random, 12).map(|p| p.id.get()).collect();
            ids.sort_unstable();
            assert_eq!(ids, (0..12).collect::<Vec<_>>());
        }
    }
}
