//! Data races: two goroutines touch the same variable, one of them writes, and
//! nothing orders the two.
//!
//! Rust refuses data races at compile time, so a race needs a variable that may
//! be shared without a lock: [`RaceCell`]. It behaves as an unprotected variable
//! does in Go, with lost updates and all, but is never undefined behaviour. The
//! detector sees all accesses to such cells and all synchronisation of this
//! runtime, and reports two accesses that nothing orders, whether or not the run
//! at hand went wrong.
//!
//! In a deterministic run ([`crate::sim`]) it is always on and a race is the
//! run's verdict. In a parallel program it is on with `MARMOTA_RACE=1`: a report
//! on standard error, and exit status 66 at the end (Go's `-race`).
//!
//! ```
//! use marmota::{go, race::RaceCell, sim, sync::WaitGroup};
//! use std::sync::Arc;
//! let report = sim::explore(|| {
//!     let (counter, group) = (Arc::new(RaceCell::new(0)), WaitGroup::new());
//!     for _ in 0..2 {
//!         let counter = counter.clone();
//!         group.go(move || counter.update(|n| n + 1));
//!     }
//!     group.wait();
//! });
//! assert!(matches!(report.verdict, sim::Verdict::Race(_)), "{report}");
//! ```
//!
//! The algorithm is FastTrack (Flanagan and Freund, 2009): vector clocks for
//! goroutines and primitives, one epoch for a cell's last write, and one for its
//! last read until reads are unordered. It is exact up to a cell's first race;
//! after that the cell is silent. Edges are Go's memory model's.
//!
//! ```text
//!   hooks.rs    what primitives call          clock.rs   vector clocks
//!   cell.rs     RaceCell                      slots.rs   who counts where
//!   shadow.rs   what is known of a cell       memory.rs  memory for clocks
//!   report.rs   two accesses, as text         shared.rs  clocks with a lock of their own
//! ```

mod cell;
mod clock;
mod hooks;
mod memory;
mod report;
mod shadow;
mod shared;
mod slots;

pub use cell::RaceCell;
pub(crate) use clock::Clock;
pub(crate) use hooks::*;
pub use report::{Access, AccessKind, Race};
pub(crate) use shared::{Shared, atomically};

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Go's status for a program in which a race was found.
const EXIT_STATUS: i32 = 66;

static ENABLED: AtomicBool = AtomicBool::new(false);
static FOUND: AtomicU64 = AtomicU64::new(0);

/// Whether the detector is on in parallel programs.
pub(crate) fn enabled() -> bool {
    // Relaxed: set before the threads that read it are made.
    ENABLED.load(Relaxed)
}

/// Looks at `MARMOTA_RACE`. Called where a runtime is built.
pub(crate) fn read_environment() {
    if std::env::var_os("MARMOTA_RACE").is_some_and(|v| v == "1") {
        ENABLED.store(true, Relaxed);
        crate::kernel::watch();
    }
}

/// Races reported so far in parallel programs of this process.
pub(crate) fn found() -> u64 {
    FOUND.load(Relaxed)
}

/// A race in a parallel program: printed at once, without allocating.
fn report_now(race: &Race) {
    use std::fmt::Write;
    FOUND.fetch_add(1, Relaxed);
    let mut err = crate::fatal::Stderr::new();
    let line = "==================";
    let _ = writeln!(err, "{line}\n{race}\n{line}");
}

/// The end of a program: with status 66 if there was a race.
pub(crate) fn exit_if_found() {
    let n = found();
    if n > 0 {
        use std::fmt::Write;
        {
            let mut err = crate::fatal::Stderr::new();
            let _ = writeln!(err, "Found {n} data race(s)");
        }
        std::process::exit(EXIT_STATUS);
    }
}

#[cfg(test)]
mod tests;
