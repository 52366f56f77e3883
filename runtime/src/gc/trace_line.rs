//! The line that `GODEBUG=gctrace=1` prints after each collection, in Go's format:
//!
//! ```text
//! gc 1 @0.012s 2%: 0.034+0.14+0.005 ms clock, 0.069+0/0.062/0.048+0.010 ms cpu, 4->4->1 MB, 4 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)
//! ```
//!
//! The times are those of the first stop, of marking, and of the last stop; marking's
//! CPU time is that of assists, of workers, and of idle marking. A worker of ours takes
//! idle time as it comes, so what it spends beyond its quarter of the Ps is what counts
//! as idle. No stack or global is ever scanned.

use super::stats::{self, Cycle};
use crate::fatal::Stderr;
use crate::lock::SpinLock;
use std::fmt::{self, Write};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

static ON: AtomicBool = AtomicBool::new(false);
/// When the program began, as far as the collector knows.
static ORIGIN: AtomicU64 = AtomicU64::new(0);

pub(crate) fn set_up(on: bool) {
    ORIGIN.store(crate::sys::monotonic_ns(), Relaxed);
    ON.store(on, Relaxed);
}

/// Nanoseconds since the program began, as far as the collector knows.
pub(crate) fn since_start() -> u64 {
    crate::sys::monotonic_ns() - ORIGIN.load(Relaxed)
}

/// The number of the last cycle that was printed.
static PRINTED: SpinLock<u64> = SpinLock::new(0);

/// Prints the lines that are due, if that was asked for: each once, in order. Inside the
/// runtime, so that whoever is at it is not stopped, and not in a stop: it may take time.
pub(crate) fn print() {
    if !ON.load(Relaxed) {
        return;
    }
    let origin = ORIGIN.load(Relaxed);
    let mut printed = PRINTED.lock();
    for cycle in stats::cycles_after(*printed) {
        *printed = cycle.number;
        let _ = line(&mut Stderr::new(), &cycle, origin, stats::cpu_ns());
    }
}

/// Milliseconds with as many digits as matter, as Go prints them: 12, 1.2, 0.12, 0.012.
struct Ms(u64);

impl fmt::Display for Ms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0"),
            ns @ 10_000_000.. => write!(f, "{}", ns / 1_000_000),
            ns => {
                // Two digits that count, at most three behind the point.
                let ms = ns as f64 / 1e6;
                let digits = match ns {
                    1_000_000.. => 1,
                    100_000.. => 2,
                    _ => 3,
                };
                write!(f, "{ms:.digits$}")
            }
        }
    }
}

fn line(out: &mut impl Write, cycle: &Cycle, origin: u64, cpu_ns: u64) -> fmt::Result {
    let since = cycle.began.saturating_sub(origin);
    let whole = cycle.ended.saturating_sub(origin) * u64::from(cycle.procs);
    let percent = (cpu_ns * 100).checked_div(whole).unwrap_or(0).min(100);
    let first = cycle.marking - cycle.began;
    let mark = cycle.ending - cycle.marking;
    let last = cycle.ended - cycle.ending;
    let procs = u64::from(cycle.procs);
    let share = mark * procs / 4;
    let (worker, idle) = (
        cycle.worker_ns.min(share),
        cycle.worker_ns.saturating_sub(share),
    );
    let mb = |bytes: u64| bytes >> 20;
    write!(
        out,
        "gc {} @{}.{:03}s {percent}%: {}+{}+{} ms clock, {}+{}/{}/{}+{} ms cpu, {}->{}->{} MB, {} MB goal, 0 MB stacks, 0 MB globals, {} P",
        cycle.number,
        since / 1_000_000_000,
        since / 1_000_000 % 1000,
        Ms(first),
        Ms(mark),
        Ms(last),
        Ms(first * procs),
        Ms(cycle.assist_ns),
        Ms(worker),
        Ms(idle),
        Ms(last * procs),
        mb(cycle.heap_at_start),
        mb(cycle.heap_at_end),
        mb(cycle.marked),
        mb(cycle.goal),
        cycle.procs,
    )?;
    out.write_str(if cycle.forced { " (forced)\n" } else { "\n" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_gos_format() {
        let cycle = Cycle {
            number: 7,
            forced: true,
            procs: 2,
            began: 1_012_000_000,
            marking: 1_012_034_000,
            ending: 1_013_434_000,
            ended: 1_013_439_000,
            all_marked: None,
            assist_ns: 0,
            worker_ns: 800_000,
            heap_at_start: 9 << 20,
            heap_at_end: 10 << 20,
            marked: 5 << 20,
            goal: 10 << 20,
        };
        let mut text = String::new();
        line(&mut text, &cycle, 1_000_000_000, 537_560).unwrap();
        assert_eq!(
            text,
            "gc 7 @0.012s 2%: 0.034+1.4+0.005 ms clock, 0.068+0/0.70/0.10+0.010 ms cpu, 9->10->5 MB, 10 MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)\n"
        );
    }

    #[test]
    fn long_times_have_no_fraction() {
        assert_eq!(Ms(123_456_789).to_string(), "123");
        assert_eq!(Ms(4_321_000).to_string(), "4.3");
        assert_eq!(Ms(0).to_string(), "0");
    }
}
