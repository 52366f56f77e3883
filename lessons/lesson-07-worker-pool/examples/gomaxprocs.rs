//! How many goroutines run at the same moment: `gomaxprocs`.
//!
//! A call returns the old number, and a number below 1 changes nothing. Then the same work
//! (goroutines that count) with 1 P, with one for each core, with 20 and with 100: beyond
//! the cores there is nothing to gain, since Ps are not what computes. Each is tried a few
//! times and the best is printed, as other programs take their share of the cores.

use std::hint::black_box;
use std::time::Instant;

use marmota::runtime::{gomaxprocs, num_cpu};
use marmota::sync::WaitGroup;

const TRIES: u32 = 15;

fn work() -> u128 {
    let start = Instant::now();
    let group = WaitGroup::new();
    for _ in 0..16 {
        group.go(|| {
            for n in 0..200_000_u32 {
                black_box(n);
            }
        });
    }
    group.wait();
    start.elapsed().as_micros()
}

#[marmota::main]
fn main() {
    let before = gomaxprocs(-1);
    println!("gomaxprocs(-1) gives {before}");
    println!("gomaxprocs(20) gives {}", gomaxprocs(20));
    println!("gomaxprocs(100) gives {}", gomaxprocs(100));
    println!("gomaxprocs(-1) gives {}", gomaxprocs(-1));
    println!();
    println!("cores: {}", num_cpu());
    let mut numbers = vec![1, num_cpu(), 20, 100];
    numbers.dedup();
    for procs in numbers {
        gomaxprocs(procs);
        let best = (0..TRIES).map(|_| work()).min().unwrap_or(0);
        println!("{procs:3} Ps: {best:6} µs");
    }
}
