//! The two rows that are not a duration divided by a count: resident memory
//! and preemption. Here stands the part that does not depend on the runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the system says this process keeps in memory, in bytes.
pub fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm")
        .expect("the memory row needs Linux's /proc/self/statm");
    let pages: f64 = statm
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|field| field.parse().ok())
        .expect("the second field of statm is the resident pages");
    pages * rustix::param::page_size() as f64
}

/// How long the preemption row spins.
const LASTS: Duration = Duration::from_secs(1);

/// Two functions that never block, for two goroutines that share one P.
///
/// Each writes the time into one shared place, over and over; who finds that
/// the last to write was the other one has just been resumed, and the
/// difference is what the preemption and the resumption took together. Each
/// returns its differences in nanoseconds, for [`median`].
pub fn spinners() -> [impl FnOnce() -> Vec<f64> + Send + 'static; 2] {
    let begin = Instant::now();
    let shared = Arc::new((AtomicU32::new(0), AtomicU64::new(0)));
    [1, 2].map(|me| {
        let shared = Arc::clone(&shared);
        move || {
            let (owner, stamp) = &*shared;
            let mut gaps = Vec::with_capacity(4096);
            loop {
                let now = begin.elapsed().as_nanos() as u64;
                // SeqCst as in Go, whose atomics know no other order.
                let last = owner.load(Ordering::SeqCst);
                if last != me {
                    owner.store(me, Ordering::SeqCst);
                    if last != 0 && gaps.len() < gaps.capacity() {
                        gaps.push(now as f64 - stamp.load(Ordering::SeqCst) as f64);
                    }
                }
                stamp.store(now, Ordering::SeqCst);
                if now >= LASTS.as_nanos() as u64 {
                    return gaps;
                }
            }
        }
    })
}

/// The median of what the two spinners saw: a switch during which the system
/// ran another process says nothing about the runtime.
pub fn median(mut gaps: Vec<f64>) -> f64 {
    assert!(
        gaps.len() >= 10,
        "only {} switches in a second: nobody preempts here",
        gaps.len()
    );
    gaps.sort_by(f64::total_cmp);
    gaps[gaps.len() / 2]
}
