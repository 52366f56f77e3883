//! M: a thread, and how running code finds its own.
//!
//! The current M is found through a thread-local word. A goroutine may go on on
//! another thread after any switch, so neither the word's address nor its value
//! may be remembered across one. Rust's `thread_local!` cannot promise that (the
//! compiler may keep the address); `current` can: on Linux x86-64 it is one
//! instruction block that the compiler may not move over a switch or merge with
//! another, elsewhere a function that is never inlined.

use super::{G, GRef, P, Rt};
use crate::slab::{Slab, Zeroed};
use std::cell::Cell;
use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering::Relaxed,
};

pub(crate) type MRef = &'static M;

/// Which driver of the kernel this thread runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A worker of a parallel runtime.
    Parallel = 0,
    /// A thread that runs a deterministic runtime.
    Sim = 1,
    /// A thread from outside.
    Thread = 2,
}

/// Bits of `M::gate`: what an entry into the runtime must look at first.
pub(crate) mod gate {
    /// This thread runs the deterministic driver: every entry is a choice.
    pub(crate) const SIM: u32 = 1;
    /// The runtime instance has ended: go no further.
    pub(crate) const STOP: u32 = 2;
    /// Give the P to whoever stops the world.
    pub(crate) const HALT: u32 = 16;
    // `claim::PROBE` is 4 and `claim::TAKEN` is 8.
}

/// The P that an M holds. Written by the M itself while inside; a claimer looks at
/// it (and an M's own signal handler changes it) while the M is in user code.
pub(crate) struct Held(AtomicPtr<P>);

impl Held {
    #[inline(always)]
    pub(crate) fn get(&self) -> Option<&'static P> {
        // Relaxed: ordered by the claim protocol. SAFETY: only ever stored from a
        // `&'static P`.
        unsafe { self.0.load(Relaxed).as_ref() }
    }

    #[inline(always)]
    pub(crate) fn set(&self, p: Option<&'static P>) {
        let p = p.map_or(std::ptr::null(), std::ptr::from_ref);
        self.0.store(p.cast_mut(), Relaxed);
    }

    pub(crate) fn take(&self) -> Option<&'static P> {
        let p = self.get();
        self.set(None);
        p
    }
}

#[repr(C, align(128))]
pub(crate) struct M {
    /// Set by its own thread while inside the runtime.
    pub(crate) in_runtime: AtomicBool,
    /// Asked to yield at the next exit from the runtime.
    pub(crate) preempt: AtomicBool,
    /// How often it was not made to since, because its goroutine has pins.
    pub(crate) spared: Cell<u32>,
    pub(crate) kind: Cell<Kind>,
    /// Looks for work without having any.
    pub(crate) spinning: Cell<bool>,
    pub(crate) gate: AtomicU32,
    /// The race detector or a deterministic run looks on (`race::hooks`).
    pub(crate) watched: Cell<bool>,
    pub(crate) g: Cell<Option<GRef>>,
    pub(crate) p: Held,
    /// Its goroutine may not leave it: `lock_os_thread`, so many times.
    pub(crate) pinned: Cell<u32>,
    /// The scheduler's context: this thread's own stack.
    pub(crate) g0_sp: Cell<*mut u8>,
    /// Where a switch stores what nobody will resume, and a flag nobody reads.
    pub(crate) scratch_sp: Cell<*mut u8>,
    pub(crate) scratch_flag: Cell<u8>,
    /// What the scheduler's stack is to run next.
    pub(crate) handoff: Cell<Option<GRef>>,
    pub(crate) rt: Cell<Option<&'static Rt>>,
    pub(crate) id: Cell<u64>,

    /// Sleeping word: 0 asleep or about to be, 1 woken.
    pub(crate) wake: AtomicU32,
    /// The P that whoever wakes it hands over.
    pub(crate) next_p: AtomicPtr<P>,
    /// Whoever wakes it says that it is to spin.
    pub(crate) wake_spinning: AtomicBool,
    /// Link in the list of idle Ms, under the scheduler's lock.
    pub(crate) idle_next: Cell<Option<MRef>>,
    /// All Ms of a runtime, under the scheduler's lock.
    pub(crate) all_next: Cell<Option<MRef>>,
    /// Monotonic counter of goroutines this M ran: reports.
    pub(crate) runs: AtomicU64,
    /// The thread, for signals; 0 before it runs and after it has ended.
    pub(crate) tid: AtomicI32,
    /// A preemption signal of ours is on its way.
    pub(crate) signalled: AtomicBool,
    /// Whose thread it is to signal when it is alerted (`alert`), or null.
    pub(crate) errand: AtomicPtr<M>,
    /// Inside `fork`: not to be stopped.
    pub(crate) forking: AtomicBool,
    /// Waits for a P, with its goroutine on its stack; under the scheduler's lock.
    pub(crate) waits_for_p: Cell<bool>,
    /// Its goroutine has ended with the thread locked: the thread ends too.
    pub(crate) ends: Cell<bool>,
    /// Where the signal found it, while it waits in the handler: for dumps.
    pub(crate) stopped_at: AtomicPtr<libc::c_void>,
    /// Sysmon's own notes on it: CPU time and when it read it.
    pub(crate) seen_cpu: Cell<u64>,
    pub(crate) seen_at: Cell<u64>,
    /// The clock of the timer that fires at this moment, or null (`race::hooks`).
    pub(crate) acting: Cell<*const crate::race::Clock>,
    /// In a region of the collected heap (`gc::world`).
    pub(crate) in_gc: AtomicBool,
    /// What this thread allocates from when it has no P.
    pub(crate) gc: Cell<Option<&'static crate::gc::Cache>>,
    /// The locks this thread reads without being counted (`sync::bias`).
    pub(crate) reading: [crate::sync::Slot; crate::sync::SLOTS],
    /// The deterministic driver of this thread.
    pub(crate) sim: Cell<*mut crate::sim::driver::Driver>,
}

// SAFETY: cells belong to the M's own thread, or to whoever holds the scheduler's
// lock where the field says so; the rest is atomic.
unsafe impl Sync for M {}
// SAFETY: as for G.
unsafe impl Zeroed for M {}

pub(crate) static SLAB: Slab<M> = Slab::new();

impl M {
    /// The goroutine this M runs. Only called on a goroutine's stack.
    #[inline(always)]
    pub(crate) fn g(&self) -> GRef {
        match self.g.get() {
            Some(g) => g,
            None => no_goroutine(),
        }
    }

    /// The P this M holds. Only called by an M of a parallel runtime that has one.
    #[inline(always)]
    pub(crate) fn p(&self) -> &'static P {
        match self.p.get() {
            Some(p) => p,
            None => no_processor(),
        }
    }

    #[inline(always)]
    pub(crate) fn rt(&self) -> &'static Rt {
        match self.rt.get() {
            Some(rt) => rt,
            None => no_processor(),
        }
    }
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
        self.spared.set(0);
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

#[cold]
fn no_goroutine() -> ! {
    crate::fatal::fatal(format_args!(
        "runtime: a thread without a goroutine in a primitive"
    ))
}

#[cold]
fn no_processor() -> ! {
    crate::fatal::fatal(format_args!(
        "runtime: a thread without a processor in the scheduler"
    ))
}

impl std::fmt::Debug for G {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "G{}", self.id.load(std::sync::atomic::Ordering::Relaxed))
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod word {
    //! A thread-local word in static TLS, by its ELF initial-exec access. The word
    //! is zero at a thread's start.

    use super::MRef;
    use std::arch::{asm, global_asm};

    global_asm!(
        ".pushsection .tbss.marmota_current_m,\"awT\",@nobits",
        ".globl marmota_current_m",
        ".type marmota_current_m,@object",
        ".size marmota_current_m,8",
        ".p2align 3",
        "marmota_current_m:",
        ".zero 8",
        ".popsection",
    );

    #[inline(always)]
    pub(crate) fn current() -> Option<MRef> {
        let m: *const super::M;
        // SAFETY: reads this thread's word, which is null or what `set_current`
        // stored. Not `pure`: it must be read again after every switch.
        unsafe {
            asm!(
                "mov {m}, qword ptr [rip + marmota_current_m@GOTTPOFF]",
                "mov {m}, qword ptr fs:[{m}]",
                m = out(reg) m,
                options(nostack, preserves_flags),
            );
        }
        // SAFETY: null, or from a `&'static M` in `set_current`.
        unsafe { m.as_ref() }
    }

    pub(crate) fn set_current(m: Option<MRef>) {
        // SAFETY: writes this thread's word and nothing else.
        unsafe {
            asm!(
                "mov {t}, qword ptr [rip + marmota_current_m@GOTTPOFF]",
                "mov qword ptr fs:[{t}], {m}",
                t = out(reg) _,
                m = in(reg) m.map_or(std::ptr::null(), std::ptr::from_ref),
                options(nostack, preserves_flags),
            );
        }
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
mod word {
    use super::MRef;
    use std::cell::Cell;

    thread_local! {
        static CURRENT: Cell<Option<MRef>> = const { Cell::new(None) };
    }

    #[inline(never)]
    pub(crate) fn current() -> Option<MRef> {
        CURRENT.get()
    }

    #[inline(never)]
    pub(crate) fn set_current(m: Option<MRef>) {
        CURRENT.set(m);
    }
}

pub(crate) use word::{current, set_current};
