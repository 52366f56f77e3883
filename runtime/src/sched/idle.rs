//! Idle Ps and Ms: who is woken when work appears, who sleeps, and the moment
//! when nothing can happen any more.
//!
//! The rule (Go's): work that appears wakes a thread if a P is idle and nobody is
//! looking for work already; a thread that was looking and found something wakes
//! the next one. So threads start one by one, and stop waking each other as soon
//! as one finds nothing.
//!
//! No wake-up is lost: a thread that gives up looking first says so (`spinning`
//! goes down, its P is on the idle list) and then looks at all queues once more;
//! whoever makes work makes it visible first and then looks for idle Ps (`parking.rs`
//! has these decisions, and the models check them). On the
//! fast path the maker does not pay for the fence that this needs; the gap is a
//! few nanoseconds wide, costs parallelism and never progress (the work lies on
//! a P that is running), and sysmon closes it at its next look.
//!
//! **Lone successors.** When a goroutine readies another and its P has nothing
//! else, the P itself will run it in a moment, unless the first computes on. A
//! wake-up costs microseconds on the waker's side and, for a pair that plays
//! ping-pong, brings nothing but a cache line that flies to and fro. So the rule
//! learns: each thread that was woken and found nothing doubles the number of lone
//! successors that pass without a wake-up (`futile`, up to 16,383), one that found
//! something sets it back to none. Sysmon, which looks every 10 ms at the latest,
//! wakes a thread for a lone successor that still waits, and sets it back too; and it
//! does so when they wait for longer than a wake-up takes, on average, because the
//! goroutines before them compute (or the P was idle in between, which costs wake-ups
//! that find nothing, and no more): what was learned from a game of ping-pong does not
//! hold for a pipeline. (With up to 1,023 and no such look a ring of goroutines was a
//! sixth slower with an idle P at its side than without.)

use super::parking::{self, ASLEEP, Bed, WOKEN};
use super::{MRef, PRef, Rt, State, alert, timers::NEVER};
use crate::netpoll::{Poller, ReadyList};
use crate::sys;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};

/// Doublings of the number of lone successors that wake nobody.
const FUTILE_LIMIT: u32 = 14;

impl Rt {
    /// Work appeared on `p`; `lone` when it is all that `p` has.
    #[inline(always)]
    pub(crate) fn wake_for(&'static self, p: PRef, lone: bool) {
        // Relaxed: see "no wake-up is lost" above.
        if self.idle_ps.load(Relaxed) != 0 {
            self.wake_slow(p, lone);
        }
    }

    #[inline(never)]
    fn wake_slow(&'static self, p: PRef, lone: bool) {
        if lone && p.queue.is_empty() {
            // Relaxed: a heuristic's counter. It may have been set back meanwhile.
            let most = (1 << self.futile.load(Relaxed)) - 1;
            let quiet = p.quiet.get().min(most);
            if quiet > 0 {
                p.quiet.set(quiet - 1);
                return;
            }
            p.quiet.set(most);
        }
        self.wake_one();
    }

    /// Wakes a thread to look for work, if a P is idle and nobody looks already.
    pub(crate) fn wake_one(&'static self) {
        if !parking::nobody_looks(&self.spinning) {
            return;
        }
        let p = {
            let mut state = self.state.lock();
            let p = self.pop_idle_p(&mut state);
            if p.is_none() {
                // With the lock that a P goes idle under: until it is free nobody looks,
                // and work that came meanwhile, whose maker has seen us looking, is found
                // by whoever takes it next (Go's `wakep`).
                self.spinning.fetch_sub(1, SeqCst);
            }
            p
        };
        if let Some(p) = p {
            self.start_m(p, true);
        }
    }

    /// Runs `p` on an idle thread, or else on that of a stopped goroutine, or on a new
    /// one. In this order: making a thread takes the allocator's lock, and a stopped
    /// goroutine may hold it. With the P waiting for the new thread, and no other,
    /// that goroutine would never go on.
    pub(crate) fn start_m(&'static self, p: PRef, spinning: bool) {
        let (m, idle, one_more) = {
            // The lock that `inject` takes: a goroutine that is stopped for want of a P is
            // found here, or finds the P (`find_a_thread_for_unborn_p`).
            let mut state = self.state.lock();
            let idle = state.pop_idle_m();
            let stopped = || {
                let g = self.global.pop_bound(true)?;
                super::handoff::bound_to(g)
            };
            let m = idle.or_else(stopped);
            let one_more = m.is_none() && state.push_unborn_p(p);
            (m, idle.is_some(), one_more)
        };
        match m {
            Some(m) if idle => hand_over(m, p, spinning),
            Some(m) => {
                if spinning {
                    // It has work, and does not look for any.
                    self.spinning.fetch_sub(1, SeqCst);
                }
                hand_over(m, p, false);
            }
            None if one_more => self.make_m(spinning),
            None if spinning => {
                // A thread that is being made will look for work; it does not count yet.
                self.spinning.fetch_sub(1, SeqCst);
            }
            None => {}
        }
    }

    pub(crate) fn take_idle_p(&self) -> Option<PRef> {
        let mut state = self.state.lock();
        self.pop_idle_p(&mut state)
    }

    pub(crate) fn pop_idle_p(&self, state: &mut State) -> Option<PRef> {
        let p = state.idle_p?;
        state.idle_p = p.idle_next.take();
        p.idle.store(false, Relaxed);
        // SeqCst: pairs with the loads that look for idle Ps.
        self.idle_ps.fetch_sub(1, SeqCst);
        if self.sysmon_sleeps.load(SeqCst) {
            self.wake_sysmon();
        }
        Some(p)
    }

    pub(crate) fn push_idle_p(&self, state: &mut State, p: PRef) {
        debug_assert!(p.queue.is_empty(), "a P with work goes idle");
        p.detach();
        p.idle_next.set(state.idle_p);
        state.idle_p = Some(p);
        p.idle.store(true, Relaxed);
        // SeqCst: as above.
        self.idle_ps.fetch_add(1, SeqCst);
    }

    /// A timer was added that is due before all others of its P: a thread that
    /// sleeps for a later one must look again.
    pub(crate) fn timer_added(&'static self, when: u64) {
        if parking::sleeps_too_long(&self.sleeps_until, when) {
            let state = self.state.lock();
            if let Some(m) = state.sleeper {
                self.poke_m(m);
            }
        }
    }

    /// Has an M that sleeps look again at what it sleeps for.
    pub(crate) fn poke_m(&self, m: MRef) {
        if let Some(bed) = parking::poke(&m.wake) {
            self.end_sleep(m, bed);
        }
    }

    /// The system's part of waking.
    fn end_sleep(&self, m: MRef, bed: Bed) {
        match self.poller() {
            _ if bed == Bed::Nowhere => {}
            Some(poller) if bed == Bed::Network => poller.poke(),
            _ => sys::futex_wake(&m.wake, 1),
        }
    }

    /// As `timer_added`, by a thread that is not about to look for work itself: if
    /// nobody sleeps for timers, somebody must begin to.
    pub(crate) fn timer_added_from_outside(&self) {
        let state = self.state.lock();
        if let Some(m) = state.sleeper.or(state.idle_m) {
            self.poke_m(m);
        }
    }

    /// The earliest time over all Ps.
    fn first_timer(&self) -> u64 {
        self.ps().map(|p| p.timers.first()).min().unwrap_or(NEVER)
    }

    /// Puts this M, which gave its P away, to sleep. On return it has a P, or
    /// (`false`) the runtime has ended.
    pub(crate) fn sleep_m(&'static self, m: MRef) -> bool {
        parking::lie_down(&m.wake);
        {
            let mut state = self.state.lock();
            if state.stopping {
                return false;
            }
            state.push_idle_m(m);
        }
        let mut ready = ReadyList::new();
        loop {
            let mut until = NEVER;
            let mut poller = None;
            {
                let mut state = self.state.lock();
                let sleeper = state.sleeper.is_none_or(|s| std::ptr::eq(s, m));
                if sleeper {
                    poller = self.poller();
                    until = parking::announce(&self.sleeps_until, || self.first_timer());
                    state.sleeper = (until != NEVER || poller.is_some()).then_some(m);
                }
                if until == NEVER && parking::still_asleep(&m.wake) {
                    self.suspect_deadlock(&state);
                }
            }
            let now = if until == NEVER {
                0
            } else {
                sys::monotonic_ns()
            };
            if parking::still_asleep(&m.wake) && (until == NEVER || until > now) {
                let timeout = (until != NEVER).then(|| until - now);
                match poller {
                    Some(poller) => ready = self.sleep_in_poller(m, poller, timeout),
                    None => sys::futex_wait(&m.wake, ASLEEP, timeout),
                }
            }
            alert::watch(m);
            if parking::woken(&m.wake) {
                self.no_longer_sleeper(m);
                // SAFETY: only ever stored from a `&'static P`, or null.
                let p = unsafe { m.next_p.load(Relaxed).as_ref() };
                let Some(p) = p else { return false };
                m.p.set(Some(p));
                p.attach(m);
                m.spinning.set(m.wake_spinning.load(Relaxed));
                ready.for_each(|g| p.append(g));
                return true;
            }
            let due = until != NEVER && sys::monotonic_ns() >= until;
            if due || !ready.is_empty() {
                // Our timer is due, or the network has work: take a P, unless
                // somebody already chose us.
                let mut state = self.state.lock();
                if m.wake.load(Acquire) != WOKEN
                    && let Some(p) = self.pop_idle_p(&mut state)
                {
                    if !state.remove_idle_m(m) {
                        // Handed a P in this moment: that one will do.
                        self.push_idle_p(&mut state, p);
                        self.global.push(std::mem::take(&mut ready));
                        continue;
                    }
                    drop(state);
                    self.no_longer_sleeper(m);
                    m.p.set(Some(p));
                    p.attach(m);
                    let lone = ready.next().map(|g| p.append(g)).is_none() || ready.is_empty();
                    ready.for_each(|g| p.append(g));
                    if !lone {
                        self.wake_one();
                    }
                    return true;
                }
                // All Ps are busy: they look at the global queue and at their
                // timers themselves, and sysmon sees to those that do not get
                // to it.
                if m.wake.load(Acquire) != WOKEN {
                    self.global.push(std::mem::take(&mut ready));
                    drop(state);
                    if due {
                        sys::futex_wait(&m.wake, ASLEEP, Some(1_000_000));
                    }
                }
            }
        }
    }

    /// Sleeps where the network's events arrive.
    fn sleep_in_poller(
        &'static self,
        m: MRef,
        poller: &'static Poller,
        timeout: Option<u64>,
    ) -> ReadyList {
        // Before a waker can know where we sleep: its poke may reach somebody else, who
        // passes it on to those who attend.
        let attending = poller.attend();
        if !parking::begin_poll(&m.wake) {
            return ReadyList::new();
        }
        let ready = attending.wait(self, timeout);
        parking::end_poll(&m.wake);
        ready
    }

    fn no_longer_sleeper(&'static self, m: MRef) {
        let mut state = self.state.lock();
        if state.sleeper.is_some_and(|s| std::ptr::eq(s, m)) {
            state.sleeper = None;
            self.sleeps_until.store(NEVER, SeqCst);
            // Somebody else must sleep for the timers that are left.
            // While no P is idle, those who run look at all timers themselves.
            if let Some(other) = state.idle_m
                && self.idle_ps.load(SeqCst) != 0
            {
                self.poke_m(other);
            }
        }
    }

    /// Whether nothing runs and nothing inside the runtime can change that.
    fn all_asleep(&self, state: &State) -> bool {
        state.idle_ms + state.held == state.ms
            && self.idle_ps.load(SeqCst) == self.procs()
            && !state.stopping
            && !self.has_ended()
            && self.global.len() == 0
            && self.first_timer() == NEVER
            && self.outside.load(SeqCst) == 0
            && self.io_waiters.load(SeqCst) == 0
    }

    /// Asks sysmon to look whether this is a deadlock: that takes a look at the
    /// process's threads, and so an allocation.
    pub(crate) fn suspect_deadlock(&self, state: &State) {
        if self.all_asleep(state) && !self.suspected.swap(true, SeqCst) {
            self.wake_sysmon();
        }
    }

    /// Ends sysmon's sleep.
    pub(crate) fn wake_sysmon(&self) {
        self.sysmon_word.fetch_add(1, SeqCst);
        sys::futex_wake(&self.sysmon_word, 1);
    }

    /// By sysmon: reports the deadlock, if it still is one and no thread of the
    /// program can end it, unless somebody waits for just that (`sim::wait`). `false` to
    /// look again later.
    pub(crate) fn confirm_deadlock(&'static self) -> bool {
        if !self.all_asleep(&self.state.lock()) {
            self.suspected.store(false, SeqCst);
            return true;
        }
        // Not part of `all_asleep`: nobody here would look again when they end.
        if crate::kernel::outside_threads() > 0
            || super::threads::strangers(&self.threads_before) > 0
        {
            return false;
        }
        // A thread that has ended by now may have readied somebody before.
        let mut state = self.state.lock();
        self.suspected.store(false, SeqCst);
        if self.all_asleep(&state) {
            let waits = (self.waits_for_others).swap(std::ptr::null_mut(), SeqCst);
            // SAFETY: only ever stored from a `GRef`.
            if let Some(waits) = unsafe { waits.as_ref() } {
                drop(state);
                waits.set_status(super::Status::Runnable);
                self.inject(waits);
                return true;
            }
            state.stopping = true;
            drop(state);
            crate::dump::deadlock(self);
        }
        true
    }

    /// Lone successors wait for longer than a wake-up takes: what was learned of them is out
    /// of date.
    pub(crate) fn turns_are_long(&self) {
        // Relaxed: as below.
        if self.idle_ps.load(Relaxed) > 0 && self.futile.load(Relaxed) > 0 {
            self.futile.store(0, Relaxed);
        }
    }

    /// A thread that was woken to look for work found none, or did.
    pub(crate) fn search_ended(&self, found: bool) {
        // Relaxed: a heuristic's counter.
        let futile = self.futile.load(Relaxed);
        let new = if found {
            0
        } else {
            (futile + 1).min(FUTILE_LIMIT)
        };
        if new != futile {
            self.futile.store(new, Relaxed);
        }
    }
}

/// Wakes an M that was taken off the idle list, with a P (or none: the end).
pub(crate) fn hand_over(m: MRef, p: PRef, spinning: bool) {
    m.wake_spinning.store(spinning, Relaxed);
    m.next_p.store(std::ptr::from_ref(p).cast_mut(), Relaxed);
    wake(m);
}

/// Wakes an M for the end: it finds no P.
pub(crate) fn dismiss(m: MRef) {
    m.next_p.store(std::ptr::null_mut(), Relaxed);
    wake(m);
}

fn wake(m: MRef) {
    let bed = parking::wake(&m.wake);
    m.rt().end_sleep(m, bed);
}
