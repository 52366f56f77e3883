//! G: a goroutine.
//!
//! Who may touch a field: the thread that runs the goroutine while it runs; the
//! one thread that took it out of a queue while it does not. Handing it on (a
//! queue, a channel's lock) is what makes the fields visible to the next one.
//! The exceptions are atomics, and are for reports.
//!
//! `on_cpu` closes the gap that a parking goroutine leaves: it publishes itself
//! on a wait queue, unlocks, and only then leaves its stack. Whoever readies and
//! picks it in between waits until `on_cpu` is clear (the switch clears it, after
//! the registers are saved). A picker waits only on a scheduler stack of its own,
//! where it holds no goroutine itself: two threads that each stood on the stack
//! the other waits for would wait for ever. The alternative, Go's callback that
//! unlocks on the scheduler's stack, costs a second switch on every park.

use super::{Rt, waitreason::WaitReason};
use crate::kernel::{Ask, Outlook};
use crate::slab::{Slab, Zeroed};
use crate::stack::Stack;
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

pub(crate) type GRef = &'static G;

/// What runs a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Home {
    /// The parallel scheduler of `G::rt`.
    Parallel = 0,
    /// The deterministic driver of its thread.
    Sim = 1,
    /// Not a goroutine: a thread from outside that uses a primitive.
    Thread = 2,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Status {
    Free = 0,
    Runnable = 1,
    Running = 2,
    Waiting = 3,
}

/// Closures up to this many bytes live in the G itself; larger ones are boxed.
pub(crate) const INLINE_CLOSURE: usize = 64;

#[repr(C, align(64))]
pub(crate) struct G {
    /// Where it was left; meaningful while it does not run.
    pub(crate) sp: Cell<*mut u8>,
    pub(crate) on_cpu: AtomicBool,
    pub(crate) status: AtomicU8,
    pub(crate) home: Cell<Home>,
    /// A runtime's own helper: not counted, not in reports.
    pub(crate) system: Cell<bool>,
    /// It ended by `runtime::goexit`.
    pub(crate) exited: Cell<bool>,
    reason: AtomicU8,
    /// Pins of the collected heap that it began and has not ended itself; a hint
    /// (`kernel::slice_used_up`).
    pub(crate) pins: Cell<u16>,
    /// The permit of `kernel::park`.
    pub(crate) permit: AtomicU32,
    /// What a thread from outside sleeps on. Not the permit: that may be given at
    /// any time, and whoever waits in a queue must be woken by its waker only.
    pub(crate) wake: AtomicU32,
    /// The link of whichever queue holds it.
    pub(crate) next: Cell<Option<GRef>>,
    pub(crate) rt: Cell<Option<&'static Rt>>,
    pub(crate) stack: Cell<Stack>,
    /// Counts from 1 per runtime; 0 while the object is free.
    pub(crate) id: AtomicU64,

    /// Calls the closure in `data`; `None` once it has started.
    pub(crate) call: Cell<Option<unsafe fn(*mut u8)>>,
    pub(crate) data: UnsafeCell<[MaybeUninit<u128>; INLINE_CLOSURE / 16]>,

    waits_at: AtomicPtr<Location<'static>>,
    created_at: AtomicPtr<Location<'static>>,
    pub(crate) parent: AtomicU64,
    /// What it waits for, and how to find out whether anybody can still end the wait
    /// (`kernel::Outlook`); null where no primitive said so.
    awaits: AtomicPtr<()>,
    asks: AtomicPtr<()>,
    /// Since when it waits, about, in nanoseconds of the monotonic clock; 0 is unknown
    /// (`dump::stamp_waiting`).
    pub(crate) waits_since: AtomicU64,
    /// The last panic that began in it (`panics::Record`), or null.
    pub(crate) panic: AtomicPtr<crate::panics::Record>,
    /// The select it waits in, if any: which case won (`chan::select`).
    pub(crate) selected: AtomicU32,
    /// The M it cannot leave, while it waits there for a P (`handoff`); else null.
    pub(crate) bound: AtomicPtr<super::M>,
    /// The deterministic driver's own number for it.
    pub(crate) sim_slot: Cell<u32>,
    /// The address of what it waits for, if its primitive said so (`sim::hooks`);
    /// else 0.
    pub(crate) waits_for: AtomicU64,
    /// The deterministic run it belongs to.
    pub(crate) sim_run: Cell<u64>,
    /// What it knows of the others, and its own slot there (0: not watched yet).
    pub(crate) race_clock: crate::race::Clock,
    pub(crate) race_slot: Cell<u32>,
    /// What those who gave it its permit did (`kernel::ready`).
    pub(crate) permit_clock: crate::race::Shared,
}

// SAFETY: see the protocol at the top of this file: cells have one owner at a
// time, and what others read is atomic.
unsafe impl Sync for G {}
// SAFETY: null pointers in Options and in the clock's array, zero discriminants (`Home::Parallel`), zeroed
// atomics and an uninitialised closure are all valid.
unsafe impl Zeroed for G {}

/// All Gs of the process.
pub(crate) static SLAB: Slab<G> = Slab::new();

impl G {
    #[inline(always)]
    pub(crate) fn set_status(&self, status: Status) {
        // Relaxed: for reports only, nothing is ordered by it.
        self.status.store(status as u8, Relaxed);
    }

    pub(crate) fn status(&self) -> Status {
        match self.status.load(Relaxed) {
            0 => Status::Free,
            1 => Status::Runnable,
            2 => Status::Running,
            _ => Status::Waiting,
        }
    }

    /// Notes why and where it is about to wait. Called before it is published to
    /// whoever may ready it, so that a report never sees an old reason.
    #[inline(always)]
    pub(crate) fn about_to_wait(&self, reason: WaitReason, at: &'static Location<'static>) {
        self.reason.store(reason as u8, Relaxed);
        self.waits_at
            .store(std::ptr::from_ref(at).cast_mut(), Relaxed);
        self.waits_since.store(0, Relaxed);
        self.asks.store(std::ptr::null_mut(), Relaxed);
        self.set_status(Status::Waiting);
    }

    /// After `about_to_wait`: how to find out whether anybody can still end the wait.
    ///
    /// # Safety
    /// `ask` may be called with `about` while the goroutine waits.
    #[inline]
    pub(crate) unsafe fn can_be_asked(&self, ask: Ask, about: *const ()) {
        self.awaits.store(about.cast_mut(), Relaxed);
        self.asks.store(ask as *mut (), Relaxed);
    }

    /// Whether anybody can still end its wait, as far as that is known.
    ///
    /// # Safety
    /// It waits, and is not resumed meanwhile: its world stands still.
    pub(crate) unsafe fn outlook(&self) -> Outlook {
        let ask = self.asks.load(Relaxed);
        if ask.is_null() {
            return Outlook::Open;
        }
        // SAFETY: only ever stored from an `Ask`.
        let ask = unsafe { std::mem::transmute::<*mut (), Ask>(ask) };
        // SAFETY: it waits, so what it waits for is there (`can_be_asked`).
        unsafe { ask(self.awaits.load(Relaxed)) }
    }

    pub(crate) fn reason(&self) -> WaitReason {
        WaitReason::from_u8(self.reason.load(Relaxed))
    }

    pub(crate) fn waits_at(&self) -> Option<&'static Location<'static>> {
        // SAFETY: only ever stored from a `&'static Location`.
        unsafe { self.waits_at.load(Relaxed).as_ref() }
    }

    pub(crate) fn created_at(&self) -> Option<&'static Location<'static>> {
        // SAFETY: only ever stored from a `&'static Location`.
        unsafe { self.created_at.load(Relaxed).as_ref() }
    }

    /// Prepares a free G for `call` and its closure.
    #[inline]
    pub(crate) fn prepare(
        &self,
        id: u64,
        parent: u64,
        created_at: &'static Location<'static>,
        closure: Closure,
    ) {
        self.created_at
            .store(std::ptr::from_ref(created_at).cast_mut(), Relaxed);
        self.parent.store(parent, Relaxed);
        self.id.store(id, Relaxed);
        self.set_status(Status::Runnable);
        self.call.set(Some(closure.call));
        // SAFETY: the G is free, so nobody else looks at its closure slot.
        unsafe { *self.data.get() = closure.data };
    }

    /// Clears what a finished goroutine leaves behind.
    pub(crate) fn clear(&self) {
        self.set_status(Status::Free);
        self.id.store(0, Relaxed);
        self.exited.set(false);
        self.system.set(false);
        // Relaxed: the goroutine has ended; handles see the id changed and keep off.
        self.permit.store(0, Relaxed);
        self.on_cpu.store(false, Relaxed);
        self.pins.set(0);
    }
}

/// A `FnOnce()` with its type erased: inline when small, boxed otherwise. Built
/// before the runtime is entered, because boxing allocates.
pub(crate) struct Closure {
    call: unsafe fn(*mut u8),
    data: [MaybeUninit<u128>; INLINE_CLOSURE / 16],
}

impl Closure {
    /// # Safety
    /// The caller sees to it that the closure is called at most once, that what
    /// it borrows lives until then, and that it may move to another thread.
    #[inline(always)]
    pub(crate) unsafe fn new<F: FnOnce()>(f: F) -> Closure {
        let mut data = [MaybeUninit::<u128>::uninit(); INLINE_CLOSURE / 16];
        if size_of::<F>() <= INLINE_CLOSURE && align_of::<F>() <= 16 {
            // SAFETY: size and alignment were just checked.
            unsafe { data.as_mut_ptr().cast::<F>().write(f) };
            Closure {
                call: call_inline::<F>,
                data,
            }
        } else {
            // SAFETY: a thin pointer fits.
            unsafe {
                data.as_mut_ptr()
                    .cast::<*mut F>()
                    .write(Box::into_raw(Box::new(f)))
            };
            Closure {
                call: call_boxed::<F>,
                data,
            }
        }
    }

    /// What it was made of, for whoever cannot call it: dropping the closure itself would
    /// leak that.
    ///
    /// # Safety
    /// It was made of an `F`, and has not been called.
    pub(crate) unsafe fn into_inner<F: FnOnce()>(self) -> F {
        if size_of::<F>() <= INLINE_CLOSURE && align_of::<F>() <= 16 {
            // SAFETY: as `new` wrote it; used once, because `self` is gone.
            unsafe { self.data.as_ptr().cast::<F>().read() }
        } else {
            // SAFETY: as above; the pointer came from `Box::into_raw`.
            unsafe { *Box::from_raw(self.data.as_ptr().cast::<*mut F>().read()) }
        }
    }
}

/// # Safety
/// `data` holds an `F` that is not used again.
unsafe fn call_inline<F: FnOnce()>(data: *mut u8) {
    // SAFETY: by this function's contract.
    unsafe { data.cast::<F>().read()() }
}

/// # Safety
/// `data` holds a pointer to a boxed `F` that is not used again.
unsafe fn call_boxed<F: FnOnce()>(data: *mut u8) {
    // SAFETY: by this function's contract; the pointer came from `Box::into_raw`.
    unsafe { Box::from_raw(data.cast::<*mut F>().read())() }
}
