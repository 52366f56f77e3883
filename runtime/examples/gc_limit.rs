//! A memory limit, by variable or by call:
//!
//! ```text
//! GOMEMLIMIT=48MiB cargo run --release -p marmota --example gc_limit
//! GOGC=off GOMEMLIMIT=48MiB cargo run --release -p marmota --example gc_limit
//! cargo run --release -p marmota --example gc_limit -- 48
//! ```
//!
//! 20 MB stay and 400 MB are garbage at once. The heap stays under the limit, also when
//! GOGC is off, because then the limit alone makes it collect. A limit near the 20 MB,
//! or under them, costs time and is not kept: what lives stays.

use marmota::debug::set_memory_limit;
use marmota::gc::{Gc, read_mem_stats};

type Block = [u64; 127];
const MB: u64 = 1 << 20;

/// The program; the test of the examples runs it, too.
#[marmota::main]
pub fn main() {
    if let Some(text) = std::env::args().nth(1) {
        let Ok(mb) = text.parse::<i64>() else {
            eprintln!("the argument is the limit in MiB, a whole number such as 48");
            std::process::exit(2);
        };
        set_memory_limit(mb << 20);
    }
    under_a_limit();
}

/// The work, and what it took.
pub fn under_a_limit() {
    let kept: Vec<Gc<Block>> = (0..20 << 10).map(|i| Gc::new([i; 127])).collect();
    let mut peak = 0;
    for _ in 0..400 {
        for i in 0..1 << 10 {
            Gc::<Block>::new([i; 127]);
        }
        let stats = read_mem_stats();
        peak = peak.max(stats.heap_sys - stats.heap_released);
    }
    let limit = match set_memory_limit(-1) {
        i64::MAX => "no limit".to_string(),
        bytes => format!("limit {} MiB", bytes >> 20),
    };
    println!(
        "{limit}, {} MiB kept: peak of the heap {} MiB, {} collections",
        kept.len() / (1 << 10),
        peak / MB,
        read_mem_stats().num_gc
    );
}
