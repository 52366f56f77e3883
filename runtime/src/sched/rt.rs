//! One runtime: its parts and their numbers. Its threads are in `life.rs`, what its
//! lock guards in `state.rs`.

use super::life::RUNNING;
use super::{GRef, Global, P, PRef, State, threads, timers::NEVER};
use crate::lock::SpinLock;
use crate::stack::StackPool;
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
    /// The CPUs that the process could use when the runtime was made.
    cpus: u32,
    pub(super) stopping: AtomicBool,
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
    /// Of those, workers of the collected heap: at most one per P.
    pub(crate) mark_workers: AtomicUsize,
    /// And reapers of the collected heap that are at a destructor or a cleanup.
    pub(crate) reaping: AtomicUsize,
    pub(crate) sysmon_word: AtomicU32,
    /// Sysmon sleeps until a P is taken from the idle list.
    pub(crate) sysmon_sleeps: AtomicBool,
    /// Sysmon is to look whether this is a deadlock.
    pub(crate) suspected: AtomicBool,
    /// The goroutine in `sim::wait`, which goes on where a deadlock would be reported.
    pub(crate) waits_for_others: AtomicPtr<super::G>,
    /// Threads that were there before, if their being there means nothing.
    pub(crate) threads_before: Vec<i32>,
    pub(super) spawner_word: AtomicU32,
    /// What a signal handler wants written (`dump::request`).
    pub(crate) report: AtomicU32,
    pub(super) all_ps: Box<[AtomicPtr<P>]>,
    pub(crate) config: Config,
    /// `debug::set_max_threads`.
    pub(crate) max_threads: AtomicUsize,
    /// The caller waits here: 0 while it runs, then an `End`.
    pub(super) end: AtomicU32,
    /// Main has called `runtime::goexit`.
    pub(crate) main_exited: AtomicBool,
    /// Why it ended, when not by main's return.
    pub(crate) verdict: std::sync::Mutex<Option<String>>,
}

impl Rt {
    pub(crate) fn new(config: Config) -> &'static Rt {
        let procs = config.procs.clamp(1, MAX_PROCS);
        let rt: &'static Rt = Box::leak(Box::new(Rt {
            idle_ps: AtomicU32::new(0),
            procs: AtomicU32::new(procs as u32),
            cpus: crate::sys::usable_cpus() as u32,
            stopping: AtomicBool::new(false),
            futile: AtomicU32::new(0),
            spinning: AtomicU32::new(0),
            sleeps_until: AtomicU64::new(NEVER),
            outside: AtomicU32::new(0),
            io_waiters: AtomicU32::new(0),
            poller: AtomicPtr::default(),
            pool: config.pool,
            next_id: AtomicU64::new(1),
            state: SpinLock::new(State::new()),
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
            mark_workers: AtomicUsize::new(0),
            reaping: AtomicUsize::new(0),
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
    /// Whether there are more CPUs than Ps that are in use.
    pub(crate) fn has_cpu_to_spare(&self) -> bool {
        // Relaxed: a hint.
        self.procs().saturating_sub(self.idle_ps.load(Relaxed)) < self.cpus
    }

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
        // A snapshot, in an order in which it is never below the number at some moment. Of
        // each goroutine: an end that is seen was counted as started, and not as the
        // runtime's own any more; one that is seen as the runtime's own was started.
        // Acquire: pairs with the releases where these are counted.
        let ended: u64 = self.all_ps().map(|p| p.ended.load(Acquire)).sum();
        let system = self.system.load(Acquire);
        let started: u64 = self.all_ps().map(|p| p.started.load(Relaxed)).sum();
        started.saturating_sub(ended + system)
    }

    /// A goroutine that `switch::spawn_system` started is about to end.
    pub(crate) fn system_done(&self) {
        // Relaxed: the end that follows is counted with release.
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
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(procs: usize) -> &'static Rt {
        Rt::new(Config {
            procs,
            max_threads: 100,
            on_fatal: OnFatal::EndProcess,
            slice_ns: crate::sched::SLICE_NS,
            storm: false,
            async_preempt: true,
            trace_ms: 0,
            trace_detail: false,
            pool: crate::runtime_builder::default_pool(),
        })
    }

    #[test]
    fn what_was_learned_of_lone_successors_is_forgotten_when_one_helps_or_turns_are_long() {
        let rt = idle(2);
        (0..100).for_each(|_| rt.search_ended(false));
        let most = rt.futile.load(Relaxed);
        assert!(
            (1 << most) > 10_000,
            "a wake-up for each of {} in vain",
            1 << most
        );
        rt.search_ended(true);
        assert_eq!(rt.futile.load(Relaxed), 0);
        rt.search_ended(false);
        rt.turns_are_long();
        assert_eq!(rt.futile.load(Relaxed), 0);
    }

    #[test]
    fn the_random_order_visits_every_p_once() {
        let rt = idle(12);
        for random in [0, 1, 7, u64::MAX, 0x1234_5678_9ABC_DEF0] {
            let mut ids: Vec<u32> = rt.random_order(random, 12).map(|p| p.id.get()).collect();
            ids.sort_unstable();
            assert_eq!(ids, (0..12).collect::<Vec<_>>());
        }
    }
}
