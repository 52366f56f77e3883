//! Counting: what MemStats and the trace line are made of.
//!
//! Objects taken are counted in the caches, objects freed here by whoever sweeps; so a
//! reading stops the world, and everything in it is of one moment.

use super::classes::{CLASSES, SIZES, SPAN_CLASSES};
use super::span::Swept;
use super::trace::TypeInfo;
use super::{cache, cycle, heap, world};
use crate::kernel;
use crate::lock::SpinLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, SystemTime};

static FREES: [AtomicU64; SPAN_CLASSES] = [const { AtomicU64::new(0) }; SPAN_CLASSES];
/// Bytes of large objects taken and freed.
static LARGE_TAKEN: AtomicU64 = AtomicU64::new(0);
static LARGE_FREED: AtomicU64 = AtomicU64::new(0);

/// A span was swept. Those doomed count as freed when they are dropped.
pub(crate) fn swept(class: usize, slot: usize, swept: Swept) {
    // Relaxed: sums.
    if swept.freed > 0 {
        FREES[class].fetch_add(swept.freed as u64, Relaxed);
        if class < 3 {
            LARGE_FREED.fetch_add((swept.freed * slot) as u64, Relaxed);
        }
    }
}

/// A doomed object was dropped and freed.
pub(crate) fn reaped(info: &'static TypeInfo) {
    FREES[info.span_class].fetch_add(1, Relaxed);
    if info.span_class < 3 {
        LARGE_FREED.fetch_add(info.size as u64, Relaxed);
    }
}

/// A large object was taken.
pub(crate) fn took_large(bytes: usize) {
    LARGE_TAKEN.fetch_add(bytes as u64, Relaxed);
}

/// Who marks.
#[derive(Clone, Copy)]
pub(crate) enum By {
    Assist,
    Worker,
}

static ASSIST_NS: AtomicU64 = AtomicU64::new(0);
static WORKER_NS: AtomicU64 = AtomicU64::new(0);
static ASSIST_CPU_NS: AtomicU64 = AtomicU64::new(0);
static WORKER_CPU_NS: AtomicU64 = AtomicU64::new(0);
/// The stops' time, once per P.
static STOPPED_NS: AtomicU64 = AtomicU64::new(0);
/// When marking last ended, on the monotonic clock; 0 for never.
static LAST_END: AtomicU64 = AtomicU64::new(0);

/// Time of the collector since the beginning.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Spent {
    pub(crate) assist_ns: u64,
    pub(crate) worker_ns: u64,
    pub(crate) stopped_ns: u64,
}

pub(crate) fn spent() -> Spent {
    Spent {
        assist_ns: ASSIST_NS.load(Relaxed),
        worker_ns: WORKER_NS.load(Relaxed),
        stopped_ns: STOPPED_NS.load(Relaxed),
    }
}

impl Spent {
    fn all(self) -> u64 {
        self.assist_ns + self.worker_ns + self.stopped_ns
    }
}

/// When marking last ended, on the monotonic clock.
pub(crate) fn last_end() -> Option<u64> {
    Some(LAST_END.load(Relaxed)).filter(|&at| at > 0)
}

/// CPU time of assists and of workers since the beginning. Less than the time they took,
/// on a machine whose processors others want too.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Cpu {
    pub(crate) assist_ns: u64,
    pub(crate) worker_ns: u64,
}

pub(crate) fn cpu() -> Cpu {
    Cpu {
        assist_ns: ASSIST_CPU_NS.load(Relaxed),
        worker_ns: WORKER_CPU_NS.load(Relaxed),
    }
}

impl Cpu {
    pub(crate) fn since(self, before: Cpu) -> Cpu {
        Cpu {
            assist_ns: self.assist_ns - before.assist_ns,
            worker_ns: self.worker_ns - before.worker_ns,
        }
    }
}

/// Does a step of marking, and counts its time. Inside the runtime: it begins and ends on
/// one thread.
pub(crate) fn timed<R>(by: By, step: impl FnOnce() -> R) -> R {
    let (result, ns, cpu_ns) = clocked(step, cycle::is_limited());
    let (time, cpu_time) = match by {
        By::Assist => (&ASSIST_NS, &ASSIST_CPU_NS),
        By::Worker => (&WORKER_NS, &WORKER_CPU_NS),
    };
    time.fetch_add(ns, Relaxed);
    cpu_time.fetch_add(cpu_ns, Relaxed);
    result
}

/// Runs `f`, and says how long it took, and how long it had a processor. That is asked of
/// the system only if it matters, which is with a memory limit: it is a system call, and
/// with two of them at each step binary trees took 7 % longer. Otherwise it had one
/// throughout.
fn clocked<R>(f: impl FnOnce() -> R, exactly: bool) -> (R, u64, u64) {
    let at = crate::sys::monotonic_ns();
    let cpu = exactly.then(crate::sys::own_cpu_ns);
    let result = f();
    let ns = crate::sys::monotonic_ns() - at;
    let cpu_ns = cpu.map_or(ns, |cpu| crate::sys::own_cpu_ns() - cpu);
    (result, ns, cpu_ns)
}

/// One cycle, for the trace line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cycle {
    pub(crate) number: u64,
    pub(crate) forced: bool,
    pub(crate) procs: u32,
    /// On the monotonic clock, in nanoseconds: the first stop's beginning and end, the
    /// last one's.
    pub(crate) began: u64,
    pub(crate) marking: u64,
    pub(crate) ending: u64,
    pub(crate) ended: u64,
    /// When, and at which size of the heap, only pins kept marking from its end.
    pub(crate) all_marked: Option<(u64, u64)>,
    /// Before it ends: what had been spent when it began.
    pub(crate) assist_ns: u64,
    pub(crate) worker_ns: u64,
    pub(crate) heap_at_start: u64,
    pub(crate) heap_at_end: u64,
    pub(crate) marked: u64,
    pub(crate) goal: u64,
}

/// The last pauses (Go's number of them).
const PAUSES: usize = 256;
const RECENT: usize = 8;

pub(crate) struct Totals {
    pub(crate) current: Option<Cycle>,
    /// The last few, for the trace.
    recent: [Option<Cycle>; RECENT],
    cycles: u64,
    forced: u64,
    pause_total_ns: u64,
    pauses_ns: [u64; PAUSES],
    /// Since the Unix epoch.
    ends_ns: [u64; PAUSES],
    /// Since the Unix epoch.
    last_end_ns: u64,
}

static TOTALS: SpinLock<Totals> = SpinLock::new(Totals {
    current: None,
    recent: [None; RECENT],
    cycles: 0,
    forced: 0,
    pause_total_ns: 0,
    pauses_ns: [0; PAUSES],
    ends_ns: [0; PAUSES],
    last_end_ns: 0,
});

/// Marking begins, at the end of a stop that has lasted so long.
pub(crate) fn begun(live: u64, goal: u64, forced: bool, procs: u32, stop_ns: u64) {
    let spent = spent();
    let now = crate::sys::monotonic_ns();
    let mut totals = TOTALS.lock();
    totals.current = Some(Cycle {
        number: totals.cycles + 1,
        forced,
        procs,
        began: now - stop_ns,
        marking: now,
        ending: 0,
        ended: 0,
        all_marked: None,
        assist_ns: spent.assist_ns,
        worker_ns: spent.worker_ns,
        heap_at_start: live,
        heap_at_end: 0,
        marked: 0,
        goal,
    });
}

/// Only pins keep marking from its end, and the heap is so large.
pub(crate) fn all_marked(heap: u64) {
    let now = crate::sys::monotonic_ns();
    if let Some(cycle) = &mut TOTALS.lock().current {
        cycle.all_marked.get_or_insert((now, heap));
    }
}

/// Marking has ended, at the end of a stop that has lasted so long.
pub(crate) fn ended(at_end: u64, marked: u64, stop_ns: u64) -> Option<Cycle> {
    let now = crate::sys::monotonic_ns();
    let mut totals = TOTALS.lock();
    let mut cycle = totals.current.take()?;
    let spent = spent();
    cycle.ending = now - stop_ns;
    cycle.ended = now;
    cycle.assist_ns = spent.assist_ns - cycle.assist_ns;
    cycle.worker_ns = spent.worker_ns - cycle.worker_ns;
    cycle.heap_at_end = at_end;
    cycle.marked = marked;
    // Both stops together, as in Go.
    let pause = cycle.pauses();
    let at = totals.cycles as usize % PAUSES;
    totals.pauses_ns[at] = pause;
    totals.pause_total_ns += pause;
    totals.cycles += 1;
    totals.forced += u64::from(cycle.forced);
    STOPPED_NS.fetch_add(pause * u64::from(cycle.procs), Relaxed);
    LAST_END.store(now, Relaxed);
    totals.last_end_ns = crate::sys::realtime_ns();
    totals.ends_ns[at] = totals.last_end_ns;
    totals.recent[cycle.number as usize % RECENT] = Some(cycle);
    Some(cycle)
}

impl Cycle {
    fn pauses(&self) -> u64 {
        (self.marking - self.began) + (self.ended - self.ending)
    }
}

/// Cycles with a number above `after`, at most the last few, the oldest first; inside the
/// runtime.
pub(crate) fn cycles_after(after: u64) -> impl Iterator<Item = Cycle> {
    let mut recent = TOTALS.lock().recent;
    recent.sort_unstable_by_key(|cycle| cycle.map(|cycle| cycle.number));
    recent
        .into_iter()
        .flatten()
        .filter(move |cycle| cycle.number > after)
}

/// CPU time of all cycles.
pub(crate) fn cpu_ns() -> u64 {
    spent().all()
}

/// The memory allocator's and the collector's figures at one moment (Go's
/// `runtime.MemStats`, of the collected heap). Bytes, objects and nanoseconds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MemStats {
    /// Bytes of objects allocated and not freed yet.
    pub alloc: u64,
    /// Bytes of all objects ever allocated.
    pub total_alloc: u64,
    /// Bytes of address space asked of the system: the heap, its tables, stacks.
    pub sys: u64,
    /// Objects ever allocated.
    pub mallocs: u64,
    /// Objects ever freed.
    pub frees: u64,
    /// The same as `alloc`.
    pub heap_alloc: u64,
    /// Bytes of address space for the heap's pages.
    pub heap_sys: u64,
    /// Bytes of the heap's pages that hold no objects.
    pub heap_idle: u64,
    /// Bytes of the heap's pages that hold objects.
    pub heap_inuse: u64,
    /// Bytes of `heap_idle` that have no memory behind them.
    pub heap_released: u64,
    /// Objects allocated and not freed yet.
    pub heap_objects: u64,
    /// Bytes of address space for goroutines' stacks that are in use or kept for the
    /// next; only the pages that were touched take memory.
    pub stack_inuse: u64,
    /// Bytes of address space for all stacks.
    pub stack_sys: u64,
    /// Bytes that the native heap has given out and not got back, with a
    /// [`CountingAllocator`](super::CountingAllocator); 0 without.
    pub native_alloc: u64,
    /// Bytes of tables about the heap.
    pub gc_sys: u64,
    /// The size at which the next collection is to be over; `u64::MAX` for none.
    pub next_gc: u64,
    /// When the last one was over, in nanoseconds since 1970; 0 for never.
    pub last_gc: u64,
    /// How long collections have stopped the world altogether.
    pub pause_total_ns: u64,
    /// How long each of the last 256 has; the last one is at `(num_gc + 255) % 256`.
    pub pause_ns: [u64; PAUSES],
    /// When each of them was over, in nanoseconds since 1970.
    pub pause_end: [u64; PAUSES],
    /// Collections so far.
    pub num_gc: u64,
    /// Those that `gc()` asked for.
    pub num_forced_gc: u64,
    /// The share of the CPU time that there was since the start (GOMAXPROCS times the
    /// time) that collecting took: a number from 0 to 1.
    pub gc_cpu_fraction: f64,
    /// Whether growth of the heap makes it collect: GOGC is not off.
    pub enable_gc: bool,
    /// Size, allocations and frees of each size class; large objects are not in it.
    pub by_size: Vec<BySize>,
}

/// A size class in [`MemStats`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BySize {
    /// Bytes of a slot.
    pub size: u32,
    /// Objects ever allocated in slots of this size.
    pub mallocs: u64,
    /// Objects of this size ever freed.
    pub frees: u64,
}

/// The figures of the collected heap (Go's `runtime.ReadMemStats`). It is one heap for
/// all runtimes of the process.
///
/// ```
/// let before = marmota::gc::read_mem_stats();
/// let kept = marmota::gc::Gc::new([0u8; 1000]);
/// let after = marmota::gc::read_mem_stats();
/// assert!(after.total_alloc >= before.total_alloc + 1000);
/// assert_eq!(after.heap_objects, after.mallocs - after.frees);
/// drop(kept);
/// ```
pub fn read_mem_stats() -> MemStats {
    // Before the runtime is entered: nothing is allocated inside.
    let mut by_size = Vec::with_capacity(CLASSES);
    let mut taken = [0u64; SPAN_CLASSES];
    let (stack_sys, stack_inuse) = crate::runtime_builder::stack_bytes();
    let m = kernel::enter_quietly();
    let stopped = world::stop();
    cache::for_each(&stopped, |cache| {
        (0..SPAN_CLASSES).for_each(|class| taken[class] += cache.taken(class));
    });
    let freed: [u64; SPAN_CLASSES] = std::array::from_fn(|class| FREES[class].load(Relaxed));
    let (large_taken, large_freed) = (LARGE_TAKEN.load(Relaxed), LARGE_FREED.load(Relaxed));
    let pages = heap::totals();
    let (goal, enable_gc) = cycle::goal_and_enabled();
    let procs = m.rt.get().map_or(1, |rt| u64::from(rt.procs()));
    let totals = TOTALS.lock();
    let (cycles, forced) = (totals.cycles, totals.forced);
    let (pause_total_ns, pause_ns) = (totals.pause_total_ns, totals.pauses_ns);
    let pause_end = totals.ends_ns;
    let last_gc = totals.last_end_ns;
    drop(totals);
    drop(stopped);
    kernel::leave(m);

    let (mut total, mut gone) = (large_taken, large_freed);
    let (mut mallocs, mut frees) = (0, 0);
    for (class, &size) in SIZES.iter().enumerate() {
        let of = |counts: &[u64; SPAN_CLASSES]| counts[class * 3..][..3].iter().sum::<u64>();
        let (taken, freed) = (of(&taken), of(&freed));
        mallocs += taken;
        frees += freed;
        total += taken * u64::from(size);
        gone += freed * u64::from(size);
        if class > 0 {
            by_size.push(BySize {
                size,
                mallocs: taken,
                frees: freed,
            });
        }
    }
    let whole = super::trace_line::since_start() * procs;
    let heap_sys = (pages.reserved - pages.tables) as u64;
    let heap_inuse = pages.in_use as u64;
    MemStats {
        alloc: total - gone,
        total_alloc: total,
        sys: pages.reserved as u64 + stack_sys,
        mallocs,
        frees,
        heap_alloc: total - gone,
        heap_sys,
        heap_idle: heap_sys - heap_inuse,
        heap_inuse,
        heap_released: heap_sys - heap_inuse - pages.idle_backed as u64,
        heap_objects: mallocs - frees,
        stack_inuse,
        stack_sys,
        native_alloc: super::native::bytes(),
        gc_sys: pages.tables as u64,
        next_gc: goal,
        last_gc,
        pause_total_ns,
        pause_ns,
        pause_end,
        num_gc: cycles,
        num_forced_gc: forced,
        gc_cpu_fraction: (spent().all() as f64 / whole.max(1) as f64).min(1.0),
        enable_gc,
        by_size,
    }
}

/// Go's `debug.GCStats`; see [`read_gc_stats`](crate::debug::read_gc_stats).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GcStats {
    /// When the last collection was over; `None` if there was none.
    pub last_gc: Option<SystemTime>,
    /// Collections so far.
    pub num_gc: u64,
    /// How long they have stopped the world altogether.
    pub pause_total: Duration,
    /// How long each of the last ones has, at most 256, the newest first.
    pub pause: Vec<Duration>,
    /// When each of them was over.
    pub pause_end: Vec<SystemTime>,
}

impl GcStats {
    /// The pause that this part (0 to 1) of those in `pause` did not exceed: 0 gives the
    /// shortest, 0.5 the median, 1 the longest. Zero if there was none.
    ///
    /// ```
    /// marmota::gc::gc();
    /// let stats = marmota::debug::read_gc_stats();
    /// assert!(stats.pause_quantile(0.5) <= stats.pause_quantile(1.0));
    /// ```
    pub fn pause_quantile(&self, part: f64) -> Duration {
        let mut sorted = self.pause.clone();
        sorted.sort_unstable();
        let at = (part.clamp(0.0, 1.0) * sorted.len() as f64) as usize;
        let last = sorted.len().saturating_sub(1);
        sorted.get(at.min(last)).copied().unwrap_or_default()
    }
}

/// `debug::read_gc_stats`.
pub(crate) fn read_gc_stats() -> GcStats {
    let m = kernel::enter_quietly();
    let totals = TOTALS.lock();
    let (cycles, total) = (totals.cycles, totals.pause_total_ns);
    let (pauses, ends) = (totals.pauses_ns, totals.ends_ns);
    drop(totals);
    kernel::leave(m);
    let at = |ns| SystemTime::UNIX_EPOCH + Duration::from_nanos(ns);
    let newest_first = (0..cycles).rev().take(PAUSES).map(|i| i as usize % PAUSES);
    let pause_end: Vec<_> = newest_first.clone().map(|i| at(ends[i])).collect();
    GcStats {
        last_gc: pause_end.first().copied(),
        num_gc: cycles,
        pause_total: Duration::from_nanos(total),
        pause: newest_first
            .map(|i| Duration::from_nanos(pauses[i]))
            .collect(),
        pause_end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn time_without_a_processor_is_no_cpu_time() {
        let waits = Duration::from_millis(20);
        let ((), ns, cpu_ns) = clocked(|| std::thread::park_timeout(waits), true);
        // It may wake early, never with more processor time than time.
        assert!(cpu_ns < ns, "{cpu_ns} of {ns} ns");
    }
}
