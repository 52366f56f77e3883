//! A runtime's threads, from its beginning to its end.
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
use super::rt::OnFatal;
use super::{MRef, PRef, Rt, find, idle, sysmon, threads};
use crate::sys;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

/// How often the spawner frees what has gathered and lies idle.
const HOUSEKEEPING_NS: u64 = 1_000_000_000;
/// And, in rounds of that, notes who waits: dumps show minutes.
const ROUNDS_TO_STAMP: u32 = 20;
/// For how long the end looks whether goroutines are left, before it believes it.
const LOOKS_BEHIND_NS: u64 = 1_000_000;

/// `Rt::end`.
pub(super) const RUNNING: u32 = 0;
/// Main writes its result to where the caller waits for it.
const MAIN_RETURNS: u32 = 1;
const MAIN_RETURNED: u32 = 2;
const FAILED: u32 = 3;

impl Rt {
    /// Asks for a thread to spare, that runs a P if one waits for a thread by then.
    pub(crate) fn new_m(&'static self) {
        self.state.lock().expect_birth();
        self.make_m(false);
    }

    /// Makes a thread that runs a P which waits for one, or is one to spare. It is counted
    /// among those that are being made.
    ///
    /// Making it takes locks that a goroutine may have, of the allocator and of the system's
    /// library: one that lost its P in the middle of a call, say. So the P is not the new
    /// thread's until there is one: whoever has a goroutine and no P takes it (`take_unborn_p`),
    /// and then the thread is one to spare.
    pub(super) fn make_m(&'static self, spinning: bool) {
        let m = m::SLAB.alloc_one();
        m.reset(Kind::Parallel);
        crate::race::watch(m);
        m.rt.set(Some(self));
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

    /// A P whose thread is still to be made.
    pub(crate) fn take_unborn_p(&self) -> Option<PRef> {
        self.state.lock().pop_unborn_p()
    }

    /// A goroutine has been stopped because it has no P, and is in the global queue: if there is
    /// a P whose thread is still to be made, it runs on somebody who is there. So does an idle
    /// one, for which nobody is woken while a thread that is being made is thought to look.
    pub(crate) fn find_a_thread_for_unborn_p(&'static self) {
        if let Some(p) = self.take_idle_p().or_else(|| self.take_unborn_p()) {
            self.start_m(p, false);
        }
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
        self.start_m(p, false);
        loop {
            let how = self.end.load(Relaxed);
            if self.has_ended() {
                break;
            }
            sys::futex_wait(&self.end, how, None);
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

    /// Main is about to write its result, and then to say that it has returned; `false` if
    /// the run has failed, and its caller is not there any more.
    pub(crate) fn main_returns(&self) -> bool {
        // Relaxed: what `failed` leaves behind is the caller's.
        self.end
            .compare_exchange(RUNNING, MAIN_RETURNS, Relaxed, Relaxed)
            .is_ok()
    }

    /// Main has returned, as it said.
    pub(crate) fn main_returned(&self) {
        // Nobody is picked any more, by whichever M (in `find`, and in `end`).
        self.stopping.store(true, SeqCst);
        // Release: the result is written.
        self.end.store(MAIN_RETURNED, Release);
        sys::futex_wake(&self.end, 1);
    }

    /// The run failed (`OnFatal::PanicInCaller`).
    pub(crate) fn failed(&self, why: String) {
        if let Ok(mut verdict) = self.verdict.lock() {
            verdict.get_or_insert(why);
        }
        // Release: the verdict is written. The first end counts; a main that returns at this
        // moment needs the runtime until it has.
        let first = self
            .end
            .compare_exchange(RUNNING, FAILED, Release, Relaxed)
            .is_ok();
        if first {
            self.stopping.store(true, SeqCst);
            sys::futex_wake(&self.end, 1);
        }
    }

    /// Main has returned, or the run has failed.
    pub(crate) fn has_ended(&self) -> bool {
        // Acquire: pairs with the releases in `main_returned` and `failed`.
        self.end.load(Acquire) >= MAIN_RETURNED
    }

    /// Whether goroutines are left. Main, and those that it has waited for, may be on their
    /// way out, and a mistake is dear: every lock would enter the runtime from now on.
    fn leaves_some_behind(&self) -> bool {
        let until = sys::monotonic_ns() + LOOKS_BEHIND_NS;
        while self.goroutines() > 0 {
            if sys::monotonic_ns() > until {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    /// Sends idle threads home; busy ones leave at their next visit.
    fn shut_down(&'static self) {
        self.stopping.store(true, SeqCst);
        if self.leaves_some_behind() {
            // Locks that do not enter the runtime are places to leave at, too.
            crate::kernel::watch();
        }
        loop {
            let idle = {
                let mut state = self.state.lock();
                state.stopping = true;
                let mut m = state.all_m;
                while let Some(at) = m {
                    at.gate.fetch_or(m::gate::STOP, Relaxed);
                    // Where the slice is looked at without entering, they leave, too.
                    at.preempt.store(true, Relaxed);
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
    let p = m.rt().state.lock().born();
    if let Some(p) = p {
        m.p.set(Some(p));
        p.attach(m);
    }
    find::schedule(m);
    m::set_current(None);
    if m.ends.get() {
        m.rt().remove_m(m);
    }
    drop((alternate, known));
}
