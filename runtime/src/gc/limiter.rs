//! The limiter: collecting takes at most about half of the CPU time.
//!
//! Under a memory limit that is smaller than what is live, the goal is always reached,
//! and a collector that did what the limit asks for would do nothing else. So, as in Go
//! (`runtime/mgclimit.go`), a bucket fills with the CPU time of collecting and drains by
//! that of the program; it holds a second per P. While it is full, nobody assists, and
//! a collection that only the limit asks for is put off: memory grows over the limit,
//! and the program goes on at about half its speed.
//!
//! ```text
//!   + assists, workers' share      - the rest of the process's CPU time
//! ```
//!
//! Idle Ps use no CPU time and so count for neither side, and marking that took time
//! which nobody wanted (beyond the workers' quarter) counts for neither. Both sides are
//! CPU time: on a machine that others keep busy, a step of marking can last ten times as
//! long as it runs, and would fill the bucket by that. Stops, some microseconds of one
//! thread, are left out.

use super::stats;
use crate::lock::SpinLock;
use crate::sys;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// What the bucket holds, per P.
const CAPACITY_NS: u64 = 1_000_000_000;
/// It is looked at this often.
const PERIOD_NS: u64 = 10_000_000;

struct State {
    fill: u64,
    /// When, in the process's CPU time and in time, we last looked, and what collecting
    /// had taken by then.
    at: u64,
    cpu: u64,
    spent: stats::Cpu,
}

static STATE: SpinLock<State> = SpinLock::new(State {
    fill: 0,
    at: 0,
    cpu: 0,
    spent: stats::Cpu {
        assist_ns: 0,
        worker_ns: 0,
    },
});
static LIMITING: AtomicBool = AtomicBool::new(false);

/// Whether the collector has had its share.
pub(crate) fn limiting() -> bool {
    // Relaxed: a hint.
    LIMITING.load(Relaxed)
}

/// Fills and drains the bucket by what has happened since the last look, if that is some
/// time ago. Inside the runtime, or in a stop.
pub(crate) fn update(procs: u32) {
    let now = sys::monotonic_ns();
    let mut state = STATE.lock();
    if now < state.at + PERIOD_NS {
        return;
    }
    let (cpu, spent) = (sys::process_cpu_ns(), stats::cpu());
    let window = Window {
        ps_ns: (now - state.at) * u64::from(procs),
        cpu_ns: cpu - state.cpu,
        spent: spent.since(state.spent),
    };
    let first = state.at == 0;
    (state.at, state.cpu, state.spent) = (now, cpu, spent);
    if !first {
        let (program, collecting) = window.split();
        let full = CAPACITY_NS * u64::from(procs);
        state.fill = fill(state.fill, full, program, collecting);
        LIMITING.store(state.fill == full, Relaxed);
    }
}

/// Some time of the process.
struct Window {
    /// What the Ps could have run for.
    ps_ns: u64,
    /// What the process did run for.
    cpu_ns: u64,
    spent: stats::Cpu,
}

impl Window {
    /// CPU time of the program, and of collecting.
    fn split(&self) -> (u64, u64) {
        let share = self.spent.worker_ns.min(self.ps_ns / 4);
        let idle = self.spent.worker_ns - share;
        let marking = self.spent.assist_ns + share;
        let program = self.cpu_ns.saturating_sub(idle + marking);
        (program, marking)
    }
}

fn fill(fill: u64, full: u64, program: u64, collecting: u64) -> u64 {
    (fill + collecting).saturating_sub(program).min(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(ps_ns: u64, cpu_ns: u64, assist_ns: u64, worker_ns: u64) -> Window {
        Window {
            ps_ns,
            cpu_ns,
            spent: stats::Cpu {
                assist_ns,
                worker_ns,
            },
        }
    }

    #[test]
    fn a_collector_that_takes_more_than_half_fills_the_bucket() {
        let (program, collecting) = window(200, 200, 80, 50).split();
        assert_eq!((program, collecting), (70, 130));
        assert_eq!(fill(0, 1000, program, collecting), 60);
        assert_eq!(fill(990, 1000, program, collecting), 1000);
        assert_eq!(fill(1000, 1000, 50, 20), 970);
        assert_eq!(fill(10, 1000, 50, 20), 0);
    }

    #[test]
    fn time_that_nobody_wanted_counts_for_neither_side() {
        // One of two Ps is idle, and marking takes all of it.
        let (program, collecting) = window(200, 200, 0, 100).split();
        assert_eq!((program, collecting), (100, 50));
    }
}
