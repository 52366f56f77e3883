//! `Select`: a select whose cases are known only when the program runs.
//!
//! The same machinery as `select!`; the cases and the places of their values are
//! on the heap instead of in the caller's frame.

use super::quiet::{RECV, SEND};
use super::select::{self, Case, RecvSide, SendSide, Slot};
use std::marker::PhantomData;
use std::panic::Location;

/// A set of cases made at run time (Go's `reflect.Select`).
///
/// Add cases with [`recv`](Select::recv) and [`send`](Select::send), which give
/// their numbers; then [`wait`](Select::wait) for one of them, or look with
/// [`try_wait`](Select::try_wait) (a `select` with a default). The set can be
/// waited on again. A send that was chosen is used up: its case is never ready
/// again.
///
/// ```
/// use marmota::chan::Select;
/// #[marmota::main]
/// fn main() {
///     let channels: Vec<_> = (0..3).map(|_| marmota::chan(0)).collect();
///     for (i, (tx, _)) in channels.iter().enumerate() {
///         let tx = tx.clone();
///         marmota::go(move || tx.send(i * 10));
///     }
///     let mut select = Select::new();
///     for (_, rx) in &channels {
///         select.recv(rx);
///     }
///     for _ in 0..3 {
///         let selected = select.wait();
///         let i = selected.index();
///         assert_eq!(selected.recv(&channels[i].1), Some(i * 10));
///     }
/// }
/// ```
#[derive(Default)]
pub struct Select<'a> {
    cases: Vec<Case<'a>>,
    slots: Vec<Held<'a>>,
    order: Vec<usize>,
}

/// A boxed `Slot<T>` without its type. What its value may borrow outlives `'a`, and `'a`
/// outlives this: the destructor below runs the value's.
struct Held<'a> {
    slot: *mut u8,
    drop: unsafe fn(*mut u8),
    empty: unsafe fn(*mut u8),
    sends: bool,
    borrows: PhantomData<&'a ()>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // SAFETY: `slot` came from `Box::into_raw` with this very type, once.
        unsafe { (self.drop)(self.slot) }
    }
}

fn hold<'a, T: 'a>(slot: Slot<T>, sends: bool) -> (*mut Slot<T>, Held<'a>) {
    /// # Safety
    /// `at` came from `Box::<Slot<T>>::into_raw` and is not used again.
    unsafe fn free<T>(at: *mut u8) {
        // SAFETY: by this function's contract.
        drop(unsafe { Box::from_raw(at.cast::<Slot<T>>()) });
    }
    /// # Safety
    /// `at` is a live `Slot<T>`, to which there is no reference.
    unsafe fn empty<T>(at: *mut u8) {
        // SAFETY: by this function's contract.
        drop(unsafe { (*at.cast::<Slot<T>>()).take() });
    }
    let at = Box::into_raw(Box::new(slot));
    let held = Held {
        slot: at.cast(),
        drop: free::<T>,
        empty: empty::<T>,
        sends,
        borrows: PhantomData,
    };
    (at, held)
}

impl<'a> Select<'a> {
    /// A set without cases: waiting on it blocks for ever.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a receive and gives the case's number. A nil channel is never ready.
    pub fn recv<R: RecvSide + ?Sized>(&mut self, from: &'a R) -> usize
    where
        R::Item: 'a,
    {
        let (slot, held) = hold(Slot::<R::Item>::empty(), false);
        // SAFETY: the box lives as long as this set, which uses it between waits
        // only.
        let case = unsafe { Case::new(from.recv_core(), RECV, slot) };
        self.add(case, held)
    }

    /// Adds a send of `value` and gives the case's number. A nil channel is never
    /// ready. The value is dropped with the set if it was not sent.
    pub fn send<S: SendSide + ?Sized>(&mut self, to: &'a S, value: S::Item) -> usize
    where
        S::Item: 'a,
    {
        let (slot, held) = hold(Slot::holding(value), true);
        // SAFETY: as in `recv`.
        let case = unsafe { Case::new(to.send_core(), SEND, slot) };
        self.add(case, held)
    }

    fn add(&mut self, case: Case<'a>, held: Held<'a>) -> usize {
        self.cases.push(case);
        self.slots.push(held);
        self.order.push(0);
        self.cases.len() - 1
    }

    /// Takes a case out: it is never ready again, and keeps its number. For a
    /// channel that was found closed, which would be ready for ever.
    ///
    /// # Panics
    /// When there is no case of this number.
    pub fn remove(&mut self, index: usize) {
        self.cases[index].disable();
    }

    /// How many cases were added.
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there are no cases.
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// Waits until a case can go on, and carries it out: one of those that can,
    /// evenly chosen.
    ///
    /// # Panics
    /// `send on closed channel`.
    #[track_caller]
    pub fn wait(&mut self) -> Selected<'_, 'a> {
        let at = Location::caller();
        if self.cases.is_empty() {
            select::for_ever();
        }
        self.empty_slots();
        let index = select::run(&mut self.cases, &mut self.order, false, at);
        self.selected(index)
    }

    /// Carries out a case that can go on at once; `None` if there is none.
    ///
    /// # Panics
    /// `send on closed channel`.
    #[track_caller]
    pub fn try_wait(&mut self) -> Option<Selected<'_, 'a>> {
        let at = Location::caller();
        self.empty_slots();
        let index = select::run(&mut self.cases, &mut self.order, true, at);
        (index != select::DEFAULT).then(|| self.selected(index))
    }

    /// Drops values that were received and not asked for.
    fn empty_slots(&mut self) {
        for held in &self.slots {
            if !held.sends {
                // SAFETY: nobody refers to the slot between two waits.
                unsafe { (held.empty)(held.slot) }
            }
        }
    }

    fn selected(&mut self, index: usize) -> Selected<'_, 'a> {
        if self.slots[index].sends {
            self.cases[index].disable();
        }
        Selected {
            select: self,
            index,
        }
    }
}

impl std::fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Select({} cases)", self.cases.len())
    }
}

/// The case that a [`Select`] carried out.
#[must_use = "a value that was received is lost unless Selected::recv takes it"]
pub struct Selected<'s, 'a> {
    select: &'s mut Select<'a>,
    index: usize,
}

impl Selected<'_, '_> {
    /// The case's number.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The value that the case received from `from`; `None` if that is closed and
    /// drained.
    ///
    /// # Panics
    /// When the case did not receive from this channel.
    pub fn recv<R: RecvSide + ?Sized>(self, from: &R) -> Option<R::Item> {
        let held = &self.select.slots[self.index];
        let same = !held.sends && self.select.cases[self.index].is_on(from.recv_core());
        assert!(
            same,
            "marmota: Selected::recv was given another channel than that of case {}; look at index() first",
            self.index
        );
        // SAFETY: one address, one channel (it is alive: the set borrows it), and
        // so one type.
        unsafe { (*held.slot.cast::<Slot<R::Item>>()).take() }
    }
}

impl std::fmt::Debug for Selected<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Selected(case {})", self.index)
    }
}
