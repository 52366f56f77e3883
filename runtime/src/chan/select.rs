//! Select: one operation out of several, whichever can go on.
//!
//! The protocol, in two phases.
//!
//! 1. **Pick.** The cases whose channels are not known to be quiet (`quiet.rs`) are
//!    tried one by one, each under its channel's lock alone, in a random order made
//!    as it goes: so each ready case is as likely as any other. The first that
//!    succeeds is the select's. One that fails makes its channel quiet.
//! 2. **All at once.** Nothing was ready, but each channel was looked at in its own
//!    moment. Now all are locked, in the order of their addresses so that two
//!    selects never wait for each other (a channel in several cases once). If all
//!    are still quiet, that is the point in time at which no case was ready: with a
//!    default the select ends there, otherwise a waiter joins every queue before the
//!    first lock is given back. If one is not, phase 1 has its turn again.
//!
//! With a default, and everything quiet from an earlier look, the answer needs no
//! lock at all (`quiet::all_at_once`).
//!
//! Waiting, a goroutine stands in several queues. The first waker that sets
//! `G::selected` wins it and completes its case, the others pass it over. Back on
//! its feet it takes its other waiters out of their queues, each under its
//! channel's lock, before the frame they lie in goes.
//!
//! No waiter of a select is queued while its cases are tried, so a select over a
//! send and a receive of one channel never meets itself.
//!
//! A case on a nil channel is on a channel that is quiet for ever.
//!
//! Source of the rules: the Go specification, "Select statements"; the locking
//! order is that of Go's `runtime/select.go`.

use super::port::{Attempt, Port, quiet_of};
use super::quiet::{self, Quiet, RECV, SEND};
use super::shared::Handle;
use super::{Chan, Receiver, Sender};
use crate::kernel::{self, Outlook, WaitReason, Waiter};
use crate::leaks::Hopeless;
use crate::sched::MRef;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

/// Nothing ever happens on a nil channel.
static NIL: Quiet = Quiet::nil();

/// The place of a case's value: full before a send, or after a receive.
pub struct Slot<T> {
    full: bool,
    value: MaybeUninit<T>,
}

impl<T> Slot<T> {
    /// For a receive.
    #[inline(always)]
    pub fn empty() -> Self {
        Slot {
            full: false,
            value: MaybeUninit::uninit(),
        }
    }

    /// For a send.
    #[inline(always)]
    pub fn holding(value: T) -> Self {
        Slot {
            full: true,
            value: MaybeUninit::new(value),
        }
    }

    /// What was received; `None` from a closed channel.
    #[inline(always)]
    pub fn take(&mut self) -> Option<T> {
        // SAFETY: `full` says that the value is there; it is moved out once.
        std::mem::take(&mut self.full).then(|| unsafe { self.value.assume_init_read() })
    }
}

impl<T> Drop for Slot<T> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.full {
            // SAFETY: `full` says that the value is there.
            unsafe { self.value.assume_init_drop() }
        }
    }
}

/// What a select can receive from: a [`Receiver`](crate::Receiver), a
/// [`Chan`](crate::Chan), or a reference or smart pointer to one.
#[diagnostic::on_unimplemented(
    message = "select! cannot receive from `{Self}`",
    label = "this is not a channel to receive from",
    note = "after `<-` comes a Receiver, a Chan, or a reference to one; write `value = <-rx`"
)]
pub trait RecvSide {
    /// What comes out.
    type Item;
    #[doc(hidden)]
    fn recv_core(&self) -> Option<&Handle<Self::Item>>;
}

/// What a select can send to: a [`Sender`](crate::Sender), a
/// [`Chan`](crate::Chan), or a reference or smart pointer to one.
#[diagnostic::on_unimplemented(
    message = "select! cannot send to `{Self}`",
    label = "this is not a channel to send to",
    note = "before `<-` comes a Sender, a Chan, or a reference to one; write `tx <- value`"
)]
pub trait SendSide {
    /// What goes in.
    type Item;
    #[doc(hidden)]
    fn send_core(&self) -> Option<&Handle<Self::Item>>;
}

impl<T> RecvSide for Receiver<T> {
    type Item = T;
    #[inline(always)]
    fn recv_core(&self) -> Option<&Handle<T>> {
        self.chan.core.as_ref()
    }
}

impl<T> RecvSide for Chan<T> {
    type Item = T;
    #[inline(always)]
    fn recv_core(&self) -> Option<&Handle<T>> {
        self.chan.core.as_ref()
    }
}

impl<T> SendSide for Sender<T> {
    type Item = T;
    #[inline(always)]
    fn send_core(&self) -> Option<&Handle<T>> {
        self.chan.core.as_ref()
    }
}

impl<T> SendSide for Chan<T> {
    type Item = T;
    #[inline(always)]
    fn send_core(&self) -> Option<&Handle<T>> {
        self.chan.core.as_ref()
    }
}

macro_rules! through_pointers {
    ($($pointer:ty),*) => {$(
        impl<S: RecvSide + ?Sized> RecvSide for $pointer {
            type Item = S::Item;
            #[inline(always)]
            fn recv_core(&self) -> Option<&Handle<S::Item>> {
                (**self).recv_core()
            }
        }
        impl<S: SendSide + ?Sized> SendSide for $pointer {
            type Item = S::Item;
            #[inline(always)]
            fn send_core(&self) -> Option<&Handle<S::Item>> {
                (**self).send_core()
            }
        }
    )*};
}
through_pointers!(&S, &mut S, Box<S>, Arc<S>, std::rc::Rc<S>);

/// One case: a channel, a direction, and the place of the value.
pub struct Case<'a> {
    port: Option<&'a dyn Port>,
    quiet: &'a Quiet,
    direction: u64,
    slot: *mut u8,
    full: *mut bool,
    waiter: MaybeUninit<Waiter>,
    _slot: PhantomData<&'a mut ()>,
}

impl<'a> Case<'a> {
    /// # Safety
    /// While the case is used, the slot is there and nobody else uses it.
    #[inline(always)]
    pub(super) unsafe fn new<T>(
        core: Option<&'a Handle<T>>,
        direction: u64,
        slot: *mut Slot<T>,
    ) -> Self {
        Case {
            port: core.map(|core| &**core as &dyn Port),
            quiet: core.map_or(&NIL, |core| quiet_of(core)),
            direction,
            // SAFETY: the slot is there (contract).
            slot: unsafe { (&raw mut (*slot).value).cast() },
            // SAFETY: as above.
            full: unsafe { &raw mut (*slot).full },
            waiter: MaybeUninit::uninit(),
            _slot: PhantomData,
        }
    }

    #[inline(always)]
    fn is_quiet(&self) -> bool {
        self.quiet.is(self.direction)
    }

    fn address(&self) -> usize {
        self.port.map_or(0, |port| std::ptr::from_ref(port).addr())
    }

    /// Whether this is a case on that channel.
    pub(super) fn is_on<T>(&self, core: Option<&Handle<T>>) -> bool {
        core.is_some_and(|core| std::ptr::from_ref(&**core).addr() == self.address())
    }

    /// Takes a case that will never be ready again out of a dynamic select.
    pub(super) fn disable(&mut self) {
        self.port = None;
        self.quiet = &NIL;
    }
}

/// A case that receives into `slot`.
#[inline(always)]
pub fn recv_case<'a, R: RecvSide + ?Sized>(from: &'a R, slot: &'a mut Slot<R::Item>) -> Case<'a> {
    // SAFETY: the case borrows the slot.
    unsafe { Case::new(from.recv_core(), RECV, slot) }
}

/// The slot of a case that sends: ties the value's type to the channel's.
#[inline(always)]
pub fn value_for<S: SendSide + ?Sized>(_to: &S, value: S::Item) -> Slot<S::Item> {
    Slot::holding(value)
}

/// A case that sends what `slot` holds.
#[inline(always)]
pub fn send_case<'a, S: SendSide + ?Sized>(to: &'a S, slot: &'a mut Slot<S::Item>) -> Case<'a> {
    // SAFETY: the case borrows the slot.
    unsafe { Case::new(to.send_core(), SEND, slot) }
}

/// No case was ready.
pub const DEFAULT: usize = usize::MAX;

/// Waits for one of the cases and gives its number. A value received is in its
/// slot; the slot stays empty if the channel is closed.
///
/// # Panics
/// `send on closed channel`.
#[track_caller]
#[inline]
pub fn wait<const N: usize>(mut cases: [Case<'_>; N]) -> usize {
    run(&mut cases, &mut [0; N], false, Location::caller())
}

/// As [`wait`], but gives [`DEFAULT`] if no case is ready.
///
/// # Panics
/// `send on closed channel`.
#[track_caller]
#[inline]
pub fn poll<const N: usize>(mut cases: [Case<'_>; N]) -> usize {
    if quiet::all_at_once::<N>(|i| (cases[i].quiet, cases[i].direction)) && kernel::undisturbed() {
        return DEFAULT;
    }
    run(&mut cases, &mut [0; N], true, Location::caller())
}

/// A select without cases.
#[track_caller]
pub fn for_ever() -> ! {
    super::handles::wait_for_ever(WaitReason::SelectNoCases, Location::caller())
}

/// The select. `order` is room for as many numbers as there are cases.
#[inline(never)]
pub(super) fn run(
    cases: &mut [Case<'_>],
    order: &mut [usize],
    default: bool,
    at: &'static Location<'static>,
) -> usize {
    let m = kernel::enter();
    let (m, chosen, closed) = inside(m, cases, order, default, at);
    kernel::leave(m);
    let Some(case) = cases.get(chosen) else {
        return DEFAULT;
    };
    if !closed {
        // SAFETY: the flag lies in the case's slot, which is borrowed by it.
        unsafe { *case.full = case.direction == RECV };
    } else if case.direction == SEND {
        closed_while_sending();
    }
    chosen
}

#[cold]
#[inline(never)]
fn closed_while_sending() -> ! {
    panic!("send on closed channel")
}

/// Gives the M it ends on, the case's number or `DEFAULT`, and whether the case
/// went through because the channel is closed.
fn inside(
    m: MRef,
    cases: &mut [Case<'_>],
    order: &mut [usize],
    default: bool,
    at: &'static Location<'static>,
) -> (MRef, usize, bool) {
    loop {
        if let Some((chosen, closed)) = pick(m, cases, order) {
            return (m, chosen, closed);
        }
        if default && cases.iter().filter(|case| case.port.is_some()).count() <= 1 {
            // One case was looked at in one moment. Two are not, also if they are of one
            // channel: one of them may have been ready at each moment in between.
            return (m, DEFAULT, false);
        }
        let channels = distinct(cases, order);
        lock_all(cases, channels);
        let still = cases.iter().all(|case| {
            // SAFETY: all are locked.
            let still = |port: &dyn Port| unsafe { port.is_still(m, case.direction) };
            case.port.is_none_or(still)
        });
        if still && !default {
            let m = wait_for_one(m, cases, channels, at);
            let chosen = won(m);
            let case = &cases[chosen];
            // SAFETY: all waiters of ports were written before they joined.
            let closed = unsafe { !case.waiter.assume_init_ref().done.get() };
            return (m, chosen, closed);
        }
        unlock_all(cases, channels);
        if still {
            return (m, DEFAULT, false);
        }
    }
}

/// Phase 1.
fn pick(m: MRef, cases: &[Case<'_>], order: &mut [usize]) -> Option<(usize, bool)> {
    let mut left = 0;
    for (i, case) in cases.iter().enumerate() {
        if !case.is_quiet() {
            order[left] = i;
            left += 1;
        }
    }
    while left > 0 {
        let at = if left == 1 {
            0
        } else {
            kernel::choose_inside(m, left)
        };
        let i = order[at];
        left -= 1;
        order[at] = order[left];
        let case = &cases[i];
        let Some(port) = case.port else { continue };
        // SAFETY: the slot belongs to the case and is of the port's type; it holds
        // a value for a send and none for a receive.
        match unsafe { port.attempt(m, case.direction, case.slot) } {
            Attempt::Done => return Some((i, false)),
            Attempt::Closed => return Some((i, true)),
            Attempt::Nothing => {}
        }
    }
    None
}

/// The cases to lock: one for each channel, by address.
fn distinct<'o>(cases: &[Case<'_>], order: &'o mut [usize]) -> &'o [usize] {
    let mut n = 0;
    for (i, case) in cases.iter().enumerate() {
        if case.port.is_some() {
            order[n] = i;
            n += 1;
        }
    }
    let order = &mut order[..n];
    // In place: nothing may be allocated here.
    order.sort_unstable_by_key(|&i| cases[i].address());
    let mut kept = 0;
    for at in 0..n {
        if kept == 0 || cases[order[kept - 1]].address() != cases[order[at]].address() {
            order[kept] = order[at];
            kept += 1;
        }
    }
    &order[..kept]
}

fn lock_all(cases: &[Case<'_>], channels: &[usize]) {
    for &i in channels {
        if let Some(port) = cases[i].port {
            port.lock();
        }
    }
}

fn unlock_all(cases: &[Case<'_>], channels: &[usize]) {
    for &i in channels {
        if let Some(port) = cases[i].port {
            // SAFETY: `lock_all` took it.
            unsafe { port.unlock() };
        }
    }
}

/// Joins all queues, gives the locks back, parks, and leaves the other queues.
fn wait_for_one(
    m: MRef,
    cases: &mut [Case<'_>],
    channels: &[usize],
    at: &'static Location<'static>,
) -> MRef {
    let g = m.g();
    // Relaxed: the locks publish it, and no waiter of ours is queued.
    g.selected.store(0, Relaxed);
    g.about_to_wait(WaitReason::Select, at);
    for (i, case) in cases.iter_mut().enumerate() {
        if let Some(port) = case.port {
            let waiter = case.waiter.write(Waiter::for_case(g, i, case.slot));
            // SAFETY: locked; below, every waiter but the winner's is withdrawn
            // before this frame's caller goes on.
            unsafe { port.join(m, case.direction, waiter) };
        }
    }
    let (every, cases) = (&raw const *cases, &*cases);
    // SAFETY: the cases, and the pointer to them, stay until we are resumed; before the
    // locks are given back nobody can ask.
    unsafe { g.can_be_asked(can_end, (&raw const every).cast()) };
    unlock_all(cases, channels);
    let m = kernel::park_published(m);
    let chosen = won(m);
    for (i, case) in cases.iter().enumerate() {
        if let Some(port) = case.port
            && (i != chosen || port.wants_withdrawal())
        {
            // SAFETY: written above.
            port.withdraw(m, case.direction, unsafe { case.waiter.assume_init_ref() });
        }
    }
    m
}

/// An `Ask` for a select that waits: it ends by any of its cases.
///
/// # Safety
/// `every` is a pointer to a pointer to the cases of a goroutine that is not resumed
/// meanwhile.
unsafe fn can_end(every: *const ()) -> Outlook {
    // SAFETY: by this function's contract.
    let cases = unsafe { &**every.cast::<*const [Case<'_>]>() };
    let open = |case: &Case<'_>| {
        let outlook = case.port.map(|port| port.outlook(case.direction));
        matches!(outlook, Some(Outlook::Open))
    };
    if cases.iter().any(open) {
        Outlook::Open
    } else {
        Outlook::Never(Hopeless::NoCase)
    }
}

/// The case that the waker won.
fn won(m: MRef) -> usize {
    // Acquire: pairs with the exchange of the winner.
    m.g().selected.load(Acquire) as usize - 1
}
