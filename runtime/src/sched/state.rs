//! What the scheduler's lock guards: which Ps and Ms are idle, and which Ms there are.

use super::{MRef, PRef};

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
    pub(super) last_m: u64,
    pub(crate) all_m: Option<MRef>,
    /// The one idle M that sleeps only until the next timer.
    pub(crate) sleeper: Option<MRef>,
    pub(super) to_spawn: Option<MRef>,
    /// Ps for which threads are being made: whoever comes first may have them.
    unborn: Option<PRef>,
    unborn_ps: u32,
    /// Threads that are being made: asked for, and not yet at their first look for a P.
    births: u32,
}

// SAFETY: the references lead to objects that live for ever and are Sync.
unsafe impl Send for State {}

impl State {
    /// Whether a thread is being made.
    pub(crate) fn spawning(&self) -> bool {
        self.to_spawn.is_some()
    }

    pub(super) fn new() -> Self {
        Self {
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
            unborn: None,
            unborn_ps: 0,
            births: 0,
        }
    }

    /// `p` waits for a thread that is being made. `true` if that is one more thread: there
    /// may be some that were asked for in the name of Ps that others have taken since.
    #[must_use]
    pub(super) fn push_unborn_p(&mut self, p: PRef) -> bool {
        p.idle_next.set(self.unborn);
        self.unborn = Some(p);
        self.unborn_ps += 1;
        let one_more = self.unborn_ps > self.births;
        self.births += u32::from(one_more);
        one_more
    }

    /// A P that waits for a thread that is being made.
    pub(super) fn pop_unborn_p(&mut self) -> Option<PRef> {
        let p = self.unborn?;
        self.unborn = p.idle_next.take();
        self.unborn_ps -= 1;
        Some(p)
    }

    /// A thread is asked for that no P waits for yet.
    pub(super) fn expect_birth(&mut self) {
        self.births += 1;
    }

    /// One of the threads that were asked for is there: a P that waits for it.
    pub(super) fn born(&mut self) -> Option<PRef> {
        self.births -= 1;
        self.pop_unborn_p()
    }

    pub(crate) fn push_idle_m(&mut self, m: MRef) {
        m.idle_next.set(self.idle_m);
        self.idle_m = Some(m);
        self.idle_ms += 1;
    }

    /// Whom [`pop_idle_m`](Self::pop_idle_m) would give.
    pub(crate) fn first_idle_m(&self) -> Option<MRef> {
        let m = self.idle_m?;
        let sleeps = self.sleeper.is_some_and(|s| std::ptr::eq(s, m));
        sleeps.then(|| m.idle_next.get()).flatten().or(Some(m))
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
