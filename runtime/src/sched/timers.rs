//! A P's timers: a 4-ary heap, and runs, of nodes that belong to somebody else.
//!
//! A timer that is due after the last one of a run is appended to it (see
//! `timer_runs.rs`: nearly all are, and that is much cheaper); any other goes to
//! the heap. The next one is the earliest of their firsts.
//!
//! A node lies in the sleeping goroutine's frame or in a timer object; the heap
//! holds pointers. A node is in at most one heap, and `heap` and `index` in it
//! change only under that heap's lock, so whoever takes a node out (the heap
//! because it is due, or its owner to stop it) does so exactly once. What it does
//! when due (`fire`) runs after the lock is let go, because it takes other locks.
//!
//! `first` mirrors the earliest time, so that the scheduler looks with one load.
//! Source of the shape: Go's `runtime/time.go` (4-ary heap per P).

use super::timer_runs::Run;
use super::{MRef, PRef};
use crate::lock::SpinLock;
use crate::sys::PageVec;
use std::cell::Cell;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

/// As many durations can be in use at once before the heap is needed.
const RUNS: usize = 4;

/// No timer.
pub(crate) const NEVER: u64 = u64::MAX;

/// What happens when a node is due. Runs inside the runtime; the node is out of
/// the heap, and is not touched again by the heap after this call begins.
pub(crate) type Fire = fn(&'static Node, MRef);

/// A timer as its heap sees it. Pinned while it is in one.
pub(crate) struct Node {
    pub(crate) when: Cell<u64>,
    pub(crate) fire: Cell<Option<Fire>>,
    /// What `fire` works on.
    pub(crate) arg: Cell<*mut u8>,
    /// Gives back what `arg` holds when the run ends before the node is due.
    pub(crate) abandon: Cell<Option<fn(*mut u8)>>,
    /// The P whose heap holds it, or null.
    heap: AtomicPtr<super::P>,
    /// Where in there: 0, or a run's number from 1 on, and the place in it.
    place: Cell<u8>,
    index: Cell<usize>,
    /// What was done before it was armed.
    pub(crate) race: crate::race::Clock,
}

// SAFETY: `when`, `fire`, `arg` are set before the node is put in a heap; `heap`
// and `index` change under the heap's lock.
unsafe impl Sync for Node {}
// SAFETY: as above.
unsafe impl Send for Node {}

impl Node {
    pub(crate) const fn new() -> Self {
        Node {
            when: Cell::new(NEVER),
            fire: Cell::new(None),
            arg: Cell::new(std::ptr::null_mut()),
            abandon: Cell::new(None),
            heap: AtomicPtr::new(std::ptr::null_mut()),
            place: Cell::new(0),
            index: Cell::new(0),
            race: crate::race::Clock::new(),
        }
    }
}

pub(crate) struct Timers {
    first: AtomicU64,
    heap: SpinLock<Queue>,
}

struct Queue {
    heap: PageVec<Entry>,
    runs: [Run; RUNS],
}

/// The time stands beside the pointer, so that sifting touches the heap only.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) when: u64,
    pub(super) node: &'static Node,
}

impl Queue {
    const fn new() -> Self {
        Queue {
            heap: PageVec::new(),
            runs: [const { Run::new() }; RUNS],
        }
    }

    fn first(&self) -> u64 {
        let heap = self.heap.first().map_or(NEVER, |e| e.when);
        self.runs.iter().map(Run::first).fold(heap, u64::min)
    }

    fn add(&mut self, entry: Entry) {
        // The run whose last is the closest before it; an empty one only if none.
        let fits = |run: &Run| run.last().is_none_or(|last| last <= entry.when);
        let best = (0..RUNS)
            .filter(|&i| fits(&self.runs[i]))
            .max_by_key(|&i| self.runs[i].last());
        let node = entry.node;
        match best {
            Some(run) => {
                node.place.set(run as u8 + 1);
                node.index.set(self.runs[run].push(entry));
            }
            None => {
                node.place.set(0);
                let at = self.heap.len();
                self.heap.push(entry);
                sift_up(&mut self.heap, at);
            }
        }
    }

    /// Takes the earliest, which is due at `when`.
    fn pop(&mut self, when: u64) -> &'static Node {
        let node = self.take_first(when);
        node.heap.store(std::ptr::null_mut(), Ordering::Relaxed);
        node
    }

    /// As `pop`; the node goes on to another queue and says so itself.
    fn take_first(&mut self, when: u64) -> &'static Node {
        match self.runs.iter_mut().find(|run| run.first() == when) {
            Some(run) => run.pop(),
            None => take(&mut self.heap, 0),
        }
    }

    fn len(&self) -> usize {
        self.heap.len() + self.runs.iter().map(Run::len).sum::<usize>()
    }

    fn remove(&mut self, node: &'static Node) {
        match node.place.get() {
            0 => {
                take(&mut self.heap, node.index.get());
            }
            run => self.runs[usize::from(run) - 1]
                .remove(node.index.get(), |moved, to| moved.index.set(to)),
        }
        node.heap.store(std::ptr::null_mut(), Ordering::Relaxed);
    }
}

impl Timers {
    pub(crate) fn reset(&self) {
        *self.heap.lock() = Queue::new();
        self.first.store(NEVER, Ordering::Relaxed);
    }

    /// When the earliest is due: nanoseconds of the monotonic clock, or `NEVER`.
    #[inline(always)]
    pub(crate) fn first(&self) -> u64 {
        // SeqCst: a thread about to sleep must see a timer that was added before
        // the adder looked for sleepers (`sched::find`).
        self.first.load(Ordering::SeqCst)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.heap.lock().len()
    }

    /// Adds a node that is in no heap; tells whether it is now the earliest.
    pub(crate) fn add(&self, p: PRef, node: &'static Node) -> bool {
        let mut heap = self.heap.lock();
        let when = node.when.get();
        heap.add(Entry { when, node });
        // Relaxed: read under the same lock, or as a hint by `remove`.
        node.heap
            .store(std::ptr::from_ref(p).cast_mut(), Ordering::Relaxed);
        // Relaxed: written under this lock only.
        let earliest = when < self.first.load(Ordering::Relaxed);
        if earliest {
            self.publish(&heap);
        }
        earliest
    }

    /// Takes the earliest node that is due at `now`.
    pub(crate) fn pop_due(&self, now: u64) -> Option<&'static Node> {
        if self.first() > now {
            return None;
        }
        let mut heap = self.heap.lock();
        let first = heap.first();
        (first <= now).then(|| {
            let node = heap.pop(first);
            self.publish(&heap);
            node
        })
    }

    /// Moves all to the timers of `p`. A node never looks as if it were in none.
    pub(crate) fn move_to(&self, other: &Timers, p: PRef) {
        let (mut from, mut to) = (self.heap.lock(), other.heap.lock());
        loop {
            let when = from.first();
            if when == NEVER {
                break;
            }
            let node = from.take_first(when);
            to.add(Entry { when, node });
            // Relaxed: as in `add`.
            node.heap
                .store(std::ptr::from_ref(p).cast_mut(), Ordering::Relaxed);
        }
        self.publish(&from);
        other.publish(&to);
    }

    fn publish(&self, heap: &Queue) {
        // SeqCst: pairs with `first`.
        self.first.store(heap.first(), Ordering::SeqCst);
    }
}

/// Takes a node out of whichever heap holds it; `false` when none does (it has
/// fired, is about to, or was never added).
pub(crate) fn remove(node: &'static Node) -> bool {
    loop {
        // Relaxed: checked again under the lock.
        let p = node.heap.load(Ordering::Relaxed);
        // SAFETY: only ever stored from a `&'static P`.
        let Some(p) = (unsafe { p.as_ref() }) else {
            return false;
        };
        let mut heap = p.timers.heap.lock();
        if std::ptr::eq(node.heap.load(Ordering::Relaxed), p) {
            heap.remove(node);
            p.timers.publish(&heap);
            return true;
        }
    }
}

fn take(heap: &mut PageVec<Entry>, at: usize) -> &'static Node {
    let node = heap[at].node;
    let last = heap.pop().expect("not empty");
    if at < heap.len() {
        heap[at] = last;
        last.node.index.set(at);
        sift_down(heap, at);
        sift_up(heap, at);
    }
    node
}

fn sift_up(heap: &mut [Entry], mut at: usize) {
    let entry = heap[at];
    while at > 0 {
        let parent = (at - 1) / 4;
        if heap[parent].when <= entry.when {
            break;
        }
        heap[at] = heap[parent];
        heap[at].node.index.set(at);
        at = parent;
    }
    heap[at] = entry;
    entry.node.index.set(at);
}

fn sift_down(heap: &mut [Entry], mut at: usize) {
    let entry = heap[at];
    loop {
        let first = at * 4 + 1;
        let children = first..(first + 4).min(heap.len());
        let Some(least) = children.min_by_key(|&c| heap[c].when) else {
            break;
        };
        if heap[least].when >= entry.when {
            break;
        }
        heap[at] = heap[least];
        heap[at].node.index.set(at);
        at = least;
    }
    heap[at] = entry;
    entry.node.index.set(at);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p() -> PRef {
        super::super::P::for_tests()
    }

    fn node(when: u64) -> &'static Node {
        let node = Node::new();
        node.when.set(when);
        Box::leak(Box::new(node))
    }

    #[test]
    fn nodes_come_out_by_time_whatever_the_order_they_went_in() {
        let p = p();
        let mut x = 12345u64;
        let mut whens: Vec<u64> = (0..1000)
            .map(|_| {
                x = x.wrapping_mul(6364136223846793005).wrapping_add(1);
                x >> 40
            })
            .collect();
        whens.iter().for_each(|&w| {
            p.timers.add(p, node(w));
        });
        whens.sort_unstable();
        let out: Vec<u64> = std::iter::from_fn(|| p.timers.pop_due(NEVER - 1))
            .map(|n| n.when.get())
            .collect();
        assert_eq!(out, whens);
        assert_eq!(p.timers.first(), NEVER);
    }

    #[test]
    fn a_node_is_taken_out_once() {
        let p = p();
        let nodes: Vec<_> = (0..100).map(|i| node(i * 7 % 100)).collect();
        nodes.iter().for_each(|n| {
            p.timers.add(p, n);
        });
        assert!(nodes.iter().step_by(2).all(|n| remove(n)));
        assert!(nodes.iter().step_by(2).all(|n| !remove(n)));
        let mut left: Vec<u64> = nodes
            .iter()
            .skip(1)
            .step_by(2)
            .map(|n| n.when.get())
            .collect();
        left.sort_unstable();
        let out: Vec<u64> = std::iter::from_fn(|| p.timers.pop_due(NEVER - 1))
            .map(|n| n.when.get())
            .collect();
        assert_eq!(out, left);
    }

    #[test]
    fn moved_nodes_keep_their_order_and_can_be_removed() {
        let (a, b) = (p(), p());
        let nodes: Vec<_> = (0..40).map(|i| node(i * 11 % 40)).collect();
        for (i, n) in nodes.iter().enumerate() {
            let p = if i % 3 == 0 { a } else { b };
            p.timers.add(p, n);
        }
        a.timers.move_to(&b.timers, b);
        assert_eq!(a.timers.first(), NEVER);
        assert!(remove(nodes[0]) && !remove(nodes[0]));
        let out: Vec<u64> = std::iter::from_fn(|| b.timers.pop_due(NEVER - 1))
            .map(|n| n.when.get())
            .collect();
        assert_eq!(out, (1..40).collect::<Vec<_>>());
    }

    #[test]
    fn adding_stopping_and_firing_in_any_mixture_agree_with_a_sorted_list() {
        for durations in [1, 2, 4, 7, 1000] {
            let p = p();
            let mut x = 99u64 + durations;
            let mut random = |n: u64| {
                x = x.wrapping_mul(6364136223846793005).wrapping_add(1);
                (x >> 33) % n
            };
            let mut model: Vec<(u64, &'static Node)> = Vec::new();
            for now in 0..20_000u64 {
                match random(8) {
                    0..4 => {
                        // All of one duration are due in the order they are added.
                        let when = now + 50 * (1 + random(durations));
                        let first = model.iter().map(|m| m.0).min();
                        let node = node(when);
                        let earliest = p.timers.add(p, node);
                        assert_eq!(earliest, first.is_none_or(|first| when < first));
                        model.push((when, node));
                    }
                    4..6 if !model.is_empty() => {
                        let at = random(model.len() as u64) as usize;
                        assert!(remove(model.swap_remove(at).1));
                    }
                    6 => {
                        while let Some(node) = p.timers.pop_due(now) {
                            let due = model.iter().map(|m| m.0).min();
                            assert_eq!(due, Some(node.when.get()));
                            model.retain(|m| !std::ptr::eq(m.1, node));
                        }
                        assert!(model.iter().all(|m| m.0 > now));
                    }
                    _ => {}
                }
                let first = model.iter().map(|m| m.0).min();
                assert_eq!(p.timers.first(), first.unwrap_or(NEVER));
            }
            assert!(model.drain(..).all(|m| remove(m.1)));
            assert_eq!(p.timers.first(), NEVER);
        }
    }

    #[test]
    fn timers_that_are_always_stopped_do_not_gather() {
        let p = p();
        // One that stays keeps the run's front.
        p.timers.add(p, node(1));
        let kept: Vec<_> = (0..100)
            .map(|i| {
                let node = node(1_000_000 + i);
                p.timers.add(p, node);
                node
            })
            .collect();
        let (a, b) = (node(0), node(0));
        for when in 2_000_000..2_100_000 {
            let node = if when % 2 == 0 { a } else { b };
            remove(node);
            node.when.set(when);
            p.timers.add(p, node);
            let size: usize = p.timers.heap.lock().runs.iter().map(Run::size).sum();
            assert!(size <= 2 * 103 + 2 * 64, "{size} entries for 103 timers");
        }
        assert!(kept.iter().all(|node| remove(node)));
        assert!(remove(a) && remove(b));
        assert_eq!(p.timers.first(), 1);
    }

    #[test]
    fn nothing_comes_out_before_its_time() {
        let p = p();
        assert!(p.timers.add(p, node(50)), "the first is the earliest");
        assert!(!p.timers.add(p, node(60)));
        assert!(p.timers.pop_due(49).is_none());
        assert_eq!(p.timers.pop_due(50).unwrap().when.get(), 50);
        assert!(p.timers.pop_due(59).is_none());
    }
}
