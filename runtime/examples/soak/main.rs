//! Everything at once, for minutes or hours, under a storm of preemptions: channels,
//! locks, timers, blocking calls, panics, threads, a changing GOMAXPROCS, and collected
//! graphs that come and go under a memory limit. Ends with
//! one line of what it did and what it lost, and with status 1 if that is anything.
//!
//! With `--heap` all of it is the collected heap's (`heap.rs`, `program.rs`).
//!
//! `cargo run --release -p marmota --example soak -- [--heap] --minutes N` (default 2)

mod heap;
mod program;

use marmota::gc::{self, Gc, GcCell, Trace};
use marmota::sync::{Mutex, WaitGroup};
use marmota::{chan, debug, runtime, spawn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// What was begun and what came out, of each kind.
#[derive(Default)]
struct Tally {
    begun: AtomicU64,
    done: AtomicU64,
}

impl Tally {
    fn round(&self, f: impl FnOnce() -> bool) {
        self.begun.fetch_add(1, Relaxed);
        // A panic has said where, and is a loss like others.
        if catch_unwind(AssertUnwindSafe(f)).unwrap_or(false) {
            self.done.fetch_add(1, Relaxed);
        }
    }

    fn lost(&self) -> u64 {
        self.begun.load(Relaxed) - self.done.load(Relaxed)
    }
}

/// Goroutines that do rounds of a kind of work until the time is over.
struct Kind {
    name: &'static str,
    goroutines: u64,
    round: fn(u64) -> bool,
    tally: Arc<Tally>,
}

fn kind(name: &'static str, goroutines: u64, round: fn(u64) -> bool) -> Kind {
    Kind {
        name,
        goroutines,
        round,
        tally: Arc::default(),
    }
}

/// How long after its time the program may still be at its last rounds.
const GRACE: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let Some((heap, minutes)) = arguments() else {
        eprintln!("usage: soak [--heap] [--minutes N], N a number such as 0.5");
        return ExitCode::from(2);
    };
    let time = Duration::from_secs_f64(minutes * 60.0);
    std::thread::spawn(move || {
        std::thread::sleep(time + GRACE);
        eprintln!("soak: hangs, five minutes after its time; all goroutines:");
        // SAFETY: no more than a signal to ourselves: its handler writes all stacks, and
        // ends the process with status 2.
        unsafe { libc::kill(libc::getpid(), libc::SIGQUIT) };
    });
    let rt = marmota::Runtime::builder()
        .storm_micros(100)
        .build()
        .expect("the default builds");
    // SAFETY: no thread-local is borrowed across a call of the runtime.
    let lost = unsafe { rt.run(|| if heap { heap::soak(time) } else { soak(time) }) };
    ExitCode::from(u8::from(lost > 0))
}

fn arguments() -> Option<(bool, f64)> {
    let mut args = std::env::args().skip(1).peekable();
    let heap = args.next_if(|arg| arg == "--heap").is_some();
    let minutes = match (args.next().as_deref(), args.next()) {
        (None, None) => 2.0,
        (Some("--minutes"), Some(n)) => n.parse().ok()?,
        _ => return None,
    };
    (minutes > 0.0 && args.next().is_none()).then_some((heap, minutes))
}

/// Does them all until the time is over.
fn run(kinds: &[Kind], time: Duration) {
    let end = Instant::now() + time;
    let group = WaitGroup::new();
    for kind in kinds {
        for i in 0..kind.goroutines {
            let (tally, round) = (kind.tally.clone(), kind.round);
            group.go(move || {
                let mut k = i;
                while Instant::now() < end {
                    tally.round(|| round(k));
                    k += 7;
                }
            });
        }
    }
    group.wait();
}

/// Says in one line what was done and lost; returns what was lost.
fn report(kinds: &[Kind], time: Duration, more: &str) -> u64 {
    let did: Vec<_> = kinds
        .iter()
        .map(|kind| format!("{} {}", kind.tally.done.load(Relaxed), kind.name))
        .collect();
    let lost: u64 = kinds.iter().map(|kind| kind.tally.lost()).sum();
    let (stats, heap) = (debug::read_sched_stats(), gc::read_mem_stats());
    println!(
        "soak: {:.1} min, {}, {more}{} collections, {} MB allocated, {} MB live, {} preemptions, {} processors retaken; {} lost",
        time.as_secs_f64() / 60.0,
        did.join(", "),
        heap.num_gc,
        heap.total_alloc >> 20,
        heap.heap_alloc >> 20,
        stats.preempted,
        stats.retaken,
        lost,
    );
    lost
}

fn soak(time: Duration) -> u64 {
    debug::set_memory_limit(64 << 20);
    let kinds = [
        kind("pipelines", 4, pipeline),
        kind("locks", 2, locks),
        kind("timers", 4, timers),
        kind("blocking calls", 3, blocking),
        kind("panics", 2, panics),
        kind("threads", 1, threads),
        kind("resizes", 1, resize),
        kind("graphs", 4, graph),
        kind("collections by call", 1, collect),
    ];
    run(&kinds, time);
    report(&kinds, time, "")
}

/// Work that enters the runtime nowhere.
fn spin(steps: u64) -> u64 {
    (0..steps).fold(1u64, |x, i| std::hint::black_box(x.wrapping_mul(31) ^ i))
}

/// Three stages, values in order at the end.
fn pipeline(k: u64) -> bool {
    let (tx, rx) = chan(k as usize % 3);
    let (tx2, rx2) = chan(k as usize % 5);
    marmota::go(move || {
        (0..100u64).for_each(|i| tx.send(i));
        tx.close();
    });
    marmota::go(move || {
        rx.into_iter().for_each(|i| {
            spin(20);
            tx2.send(i * 2);
        });
        tx2.close();
    });
    rx2.iter().eq((0..100).map(|i| i * 2))
}

/// No update is lost, of a lock of ours and of one of the standard library.
fn locks(_: u64) -> bool {
    let (ours, theirs) = (Arc::new(Mutex::new(0)), Arc::new(std::sync::Mutex::new(0)));
    let group = WaitGroup::new();
    for _ in 0..4 {
        let (ours, theirs) = (ours.clone(), theirs.clone());
        group.go(move || {
            for _ in 0..50 {
                *ours.lock() += 1;
                *theirs.lock().expect("nobody panics") += 1;
            }
        });
    }
    group.wait();
    let theirs = *theirs.lock().expect("nobody panics");
    *ours.lock() == 200 && theirs == 200
}

/// A sleep is at least as long as it says.
fn timers(k: u64) -> bool {
    let nap = Duration::from_micros(k % 13 * 150);
    let before = Instant::now();
    marmota::time::sleep(nap);
    before.elapsed() >= nap
}

/// A thread that blocks comes back, by our wrapper or plainly.
fn blocking(k: u64) -> bool {
    let nap = || std::thread::sleep(Duration::from_micros(k % 7 * 200));
    if k.is_multiple_of(2) {
        runtime::blocking(nap);
    } else {
        nap();
    }
    spin(1000) != 0
}

/// A panic arrives where it is caught, with its own payload.
fn panics(k: u64) -> bool {
    let join = spawn(move || {
        spin(k % 5000);
        std::panic::panic_any(k)
    });
    join.join()
        .is_err_and(|p: Box<dyn std::any::Any + Send>| p.downcast_ref() == Some(&k))
}

/// A thread and a process of the program's own.
fn threads(k: u64) -> bool {
    let thread = std::thread::spawn(move || spin(k % 10_000));
    let process = std::process::Command::new("/bin/true").status();
    thread.join().is_ok() && process.is_ok_and(|status| status.success())
}

/// The number of processors is what was set last.
fn resize(k: u64) -> bool {
    let n = 1 + k as usize % 5;
    runtime::gomaxprocs(n);
    let right = runtime::gomaxprocs(0) == n;
    marmota::time::sleep(Duration::from_millis(3));
    right
}

#[derive(Trace)]
struct Node {
    value: u64,
    check: u64,
    name: String,
    next: GcCell<Option<Gc<Node>>>,
}

/// A ring of nodes, taken to pieces and put together again; whole at the end, and
/// garbage then, cycle and all.
fn graph(k: u64) -> bool {
    let node = |value: u64, next| {
        Gc::new(Node {
            value,
            check: !value,
            name: value.to_string(),
            next: GcCell::new(next),
        })
    };
    let last = node(0, None);
    let n = 100 + k % 1000;
    let first = (1..n).fold(last.clone(), |next, value| node(value, Some(next)));
    last.next.set(Some(first.clone()));
    let mut at = first;
    for _ in 0..n {
        // A new one in its place, with the same value.
        let Some(old) = at.next.get() else {
            return false;
        };
        at.next.set(Some(node(old.value, old.next.take())));
        let Some(next) = at.next.get() else {
            return false;
        };
        at = next;
    }
    let mut sum = 0;
    for _ in 0..n {
        if at.check != !at.value || at.name != at.value.to_string() {
            return false;
        }
        sum += at.value;
        match at.next.get() {
            Some(next) => at = next,
            None => return false,
        }
    }
    sum == n * (n - 1) / 2
}

/// The heap's figures agree after a collection.
fn collect(_: u64) -> bool {
    gc::gc();
    let stats = gc::read_mem_stats();
    marmota::time::sleep(Duration::from_millis(50));
    stats.heap_objects == stats.mallocs - stats.frees
        && stats.heap_sys == stats.heap_idle + stats.heap_inuse
}
