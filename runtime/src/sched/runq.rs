//! A P's run queue: a ring of 256 and the goroutine to run next.
//!
//! One owner pushes at the tail and pops at the head; thieves take half from the
//! head. The ring is Go's (`runtime.runqput`, `runqget`, `runqgrab`): the owner
//! alone writes `tail`; everybody moves `head` by compare-and-swap, after having
//! copied what lies behind it.
//!
//! `next` holds the goroutine that was readied last; it runs before the ring, in
//! the rest of the slice of whoever readied it, which makes a hand-over between
//! two goroutines a matter of nanoseconds. Thieves take it only when told to.
//!
//! Generic over the element, and with its size in the shim, so that the model
//! checker can run it small: `runtime/models`.

use crate::loom::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crate::loom::RING as CAPACITY;

#[repr(C)]
pub(crate) struct RunQueue<T: 'static> {
    head: AtomicU32,
    tail: AtomicU32,
    next: AtomicPtr<T>,
    ring: [AtomicPtr<T>; CAPACITY],
}

/// The ring was full: the caller moves these to the global queue.
pub(crate) struct Overflow<T: 'static> {
    pub(crate) items: [*mut T; CAPACITY / 2 + 1],
}

impl<T: 'static> RunQueue<T> {
    #[allow(
        dead_code,
        reason = "queues in a P begin as zeroed memory; tests and models make them"
    )]
    pub(crate) fn new() -> Self {
        RunQueue {
            head: AtomicU32::new(0),
            tail: AtomicU32::new(0),
            next: AtomicPtr::new(std::ptr::null_mut()),
            ring: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
        }
    }

    /// Puts `item` into `next` and returns the one displaced. Owner only.
    #[inline(always)]
    pub(crate) fn set_next(&self, item: &'static T) -> Option<&'static T> {
        // Relaxed: thieves change `next` only from something to null, and the
        // exchange below orders what is taken.
        if self.next.load(Ordering::Relaxed).is_null() {
            // Release: pairs with the acquire of a thief or of `take_next`. A
            // plain store will do: only the owner turns null into something.
            self.next
                .store(std::ptr::from_ref(item).cast_mut(), Ordering::Release);
            return None;
        }
        // AcqRel: publishes `item`; takes the old one over from ourselves.
        let old = self
            .next
            .swap(std::ptr::from_ref(item).cast_mut(), Ordering::AcqRel);
        // SAFETY: only ever stored from a `&'static T`.
        unsafe { old.as_ref() }
    }

    /// Takes what `next` holds. Owner or thief.
    #[inline(always)]
    pub(crate) fn take_next(&self) -> Option<&'static T> {
        // Relaxed: a hint that saves the exchange.
        if self.next.load(Ordering::Relaxed).is_null() {
            return None;
        }
        // Acquire: pairs with the release in `set_next`.
        let taken = self.next.swap(std::ptr::null_mut(), Ordering::Acquire);
        // SAFETY: only ever stored from a `&'static T`.
        unsafe { taken.as_ref() }
    }

    /// What `next` holds at this moment: for thieves that want to see it stay.
    pub(crate) fn peek_next(&self) -> *mut T {
        // Relaxed: compared, never followed.
        self.next.load(Ordering::Relaxed)
    }

    /// Appends to the ring; when it is full, half of it and `item` come back.
    #[inline]
    #[allow(
        clippy::result_large_err,
        reason = "boxing would allocate, which is forbidden here"
    )]
    pub(crate) fn push(&self, item: &'static T) -> Result<(), Overflow<T>> {
        let item = std::ptr::from_ref(item).cast_mut();
        loop {
            // Acquire: pairs with the compare-and-swap of takers: what they
            // copied out they have copied.
            let head = self.head.load(Ordering::Acquire);
            // Relaxed: only we write the tail.
            let tail = self.tail.load(Ordering::Relaxed);
            if tail.wrapping_sub(head) < CAPACITY as u32 {
                self.ring[tail as usize % CAPACITY].store(item, Ordering::Relaxed);
                // Release: pairs with the acquire of the tail in `steal_into`.
                self.tail.store(tail.wrapping_add(1), Ordering::Release);
                return Ok(());
            }
            if let Some(overflow) = self.overflow(head, item) {
                return Err(overflow);
            }
        }
    }

    #[cold]
    fn overflow(&self, head: u32, item: *mut T) -> Option<Overflow<T>> {
        let half = CAPACITY / 2;
        let mut items = [std::ptr::null_mut(); CAPACITY / 2 + 1];
        for (i, slot) in items[..half].iter_mut().enumerate() {
            *slot = self.ring[(head as usize + i) % CAPACITY].load(Ordering::Relaxed);
        }
        // Release: the copies are made before the slots are free again.
        self.head
            .compare_exchange(
                head,
                head.wrapping_add(half as u32),
                Ordering::Release,
                Ordering::Relaxed,
            )
            .ok()?;
        items[half] = item;
        Some(Overflow { items })
    }

    /// Takes the oldest of the ring. Owner only.
    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<&'static T> {
        loop {
            // Acquire: pairs with the compare-and-swap of thieves.
            let head = self.head.load(Ordering::Acquire);
            // Relaxed: only we write the tail.
            if head == self.tail.load(Ordering::Relaxed) {
                return None;
            }
            let item = self.ring[head as usize % CAPACITY].load(Ordering::Relaxed);
            // Release: the copy is made before the slot is free again.
            let moved = self.head.compare_exchange_weak(
                head,
                head.wrapping_add(1),
                Ordering::Release,
                Ordering::Relaxed,
            );
            if moved.is_ok() {
                // SAFETY: only ever stored from a `&'static T`.
                return unsafe { item.as_ref() };
            }
        }
    }

    /// Whether the ring is empty at this moment.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many the ring holds at this moment.
    pub(crate) fn len(&self) -> usize {
        // SeqCst: the last check of a thread about to sleep must see what was
        // pushed before the pusher looked at the sleepers (`sched::find`).
        let head = self.head.load(Ordering::SeqCst);
        let tail = self.tail.load(Ordering::SeqCst);
        (tail.wrapping_sub(head) as usize).min(CAPACITY)
    }

    /// Moves half of `victim`'s ring to ours (which is empty) and takes one of it
    /// to run. Owner of `self` only.
    pub(crate) fn steal_from(&self, victim: &Self) -> Option<&'static T> {
        // Relaxed: only we write our tail.
        let our_tail = self.tail.load(Ordering::Relaxed);
        loop {
            // Acquire: pairs with other takers' compare-and-swap.
            let head = victim.head.load(Ordering::Acquire);
            // Acquire: pairs with the release in `push`: the slots are written.
            let tail = victim.tail.load(Ordering::Acquire);
            let len = tail.wrapping_sub(head);
            let n = len - len / 2;
            if n == 0 {
                return None;
            }
            if n as usize > CAPACITY / 2 {
                // The two loads did not belong together.
                continue;
            }
            for i in 0..n {
                let item =
                    victim.ring[head.wrapping_add(i) as usize % CAPACITY].load(Ordering::Relaxed);
                self.ring[our_tail.wrapping_add(i) as usize % CAPACITY]
                    .store(item, Ordering::Relaxed);
            }
            // AcqRel: the copies are made before the slots are free again.
            let moved = victim.head.compare_exchange(
                head,
                head.wrapping_add(n),
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            if moved.is_err() {
                continue;
            }
            let last = our_tail.wrapping_add(n - 1);
            let item = self.ring[last as usize % CAPACITY].load(Ordering::Relaxed);
            // Release: as in `push`.
            self.tail.store(last, Ordering::Release);
            // SAFETY: only ever stored from a `&'static T`.
            return unsafe { item.as_ref() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(n: usize) -> &'static usize {
        Box::leak(Box::new(n))
    }

    #[test]
    fn the_ring_is_first_in_first_out() {
        let q = RunQueue::new();
        for i in 0..CAPACITY {
            assert!(q.push(item(i)).is_ok());
        }
        assert!((0..CAPACITY).all(|i| q.pop() == Some(&i)));
        assert_eq!(q.pop(), None);
    }

    #[test]
    fn a_full_ring_gives_its_older_half_and_the_new_one_back() {
        let q = RunQueue::new();
        (0..CAPACITY).for_each(|i| assert!(q.push(item(i)).is_ok()));
        let Err(over) = q.push(item(CAPACITY)) else {
            panic!("the ring took 257")
        };
        // SAFETY: the items are leaked boxes.
        let got: Vec<usize> = over.items.iter().map(|p| unsafe { **p }).collect();
        let want: Vec<usize> = (0..CAPACITY / 2).chain([CAPACITY]).collect();
        assert_eq!(got, want);
        assert_eq!(q.pop(), Some(&(CAPACITY / 2)));
    }

    #[test]
    fn a_thief_takes_half_and_runs_the_newest_of_it() {
        let (victim, thief) = (RunQueue::new(), RunQueue::new());
        (0..5).for_each(|i| assert!(victim.push(item(i)).is_ok()));
        assert_eq!(thief.steal_from(&victim), Some(&2));
        assert_eq!(
            (thief.pop(), thief.pop(), thief.pop()),
            (Some(&0), Some(&1), None)
        );
        assert_eq!(
            (victim.pop(), victim.pop(), victim.pop()),
            (Some(&3), Some(&4), None)
        );
    }

    #[test]
    fn next_displaces_the_one_before() {
        let q = RunQueue::new();
        assert_eq!(q.set_next(item(1)), None);
        assert_eq!(q.set_next(item(2)), Some(&1));
        assert_eq!(q.take_next(), Some(&2));
        assert_eq!(q.take_next(), None);
    }
}
