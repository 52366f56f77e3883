//! Allocates: 20 MB stay, 400 MB are garbage at once. What GOGC does to it, and what the
//! runtime says of itself:
//!
//! ```text
//! GOGC=50 cargo run --release -p marmota --example gc_memory       100, 200, off
//! GODEBUG=gctrace=1 cargo run --release -p marmota --example gc_memory
//! ```
//!
//! The lower GOGC, the more collections and the less memory. With `off` there are none,
//! and the heap ends as large as everything that was ever allocated.

use marmota::gc::{Gc, MemStats, read_mem_stats};

const ROUNDS: usize = 400;
/// With its header, a slot of exactly 1 KB.
type Block = [u64; 127];
const MB: u64 = 1 << 20;

/// The program; the test of the examples runs it, too.
#[marmota::main]
pub fn main() {
    let kept: Vec<Gc<Block>> = (0..20 << 10).map(|i| Gc::new([i; 127])).collect();
    let mut peak = 0;
    for round in 0..ROUNDS {
        for i in 0..1 << 10 {
            Gc::<Block>::new([i; 127]);
        }
        let stats = read_mem_stats();
        peak = peak.max(stats.heap_sys - stats.heap_released);
        if round % 100 == 0 {
            print(&stats);
        }
    }
    print(&read_mem_stats());
    let whole = kept
        .iter()
        .enumerate()
        .all(|(i, block)| block[0] == i as u64);
    println!(
        "{} blocks kept, {}; peak of the heap: {} MiB",
        kept.len(),
        if whole { "whole" } else { "damaged" },
        peak / MB
    );
}

/// The four figures that Go programs print.
fn print(stats: &MemStats) {
    println!(
        "Alloc = {} MiB\tTotalAlloc = {} MiB\tSys = {} MiB\tNumGC = {}",
        stats.alloc / MB,
        stats.total_alloc / MB,
        stats.sys / MB,
        stats.num_gc
    );
}
