//! What a preemption and the resumption that follows cost: two goroutines that only
//! compute share one P, and each notes how long after the other's last step its own
//! first came.
//!
//! First with a CPU to spare: then the thread that takes over is woken before the other
//! is stopped. Then with all threads on one CPU, as on a machine whose CPUs are all in use.
//!
//! `cargo run --release -p marmota --example preemption_cost`

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn main() {
    for one_cpu in [false, true] {
        if one_cpu {
            // Threads inherit it.
            stay_on_first_cpu();
        }
        let rt = marmota::Runtime::builder().procs(1).build().expect("one P");
        // SAFETY: no thread-local is borrowed across a call of the runtime.
        let gaps = unsafe { rt.run(measure) };
        println!(
            "threads on {}:",
            if one_cpu { "one CPU" } else { "any CPU" }
        );
        report(gaps);
    }
}

/// Keeps the current thread on the first CPU it may use.
fn stay_on_first_cpu() {
    // SAFETY: the set is a plain bit mask, written before it is read.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let bytes = size_of::<libc::cpu_set_t>();
        libc::sched_getaffinity(0, bytes, &mut set);
        let first = (0..1024)
            .find(|&cpu| libc::CPU_ISSET(cpu, &set))
            .unwrap_or(0);
        libc::CPU_ZERO(&mut set);
        libc::CPU_SET(first, &mut set);
        libc::sched_setaffinity(0, bytes, &set);
    }
}

fn report(mut gaps: Vec<u64>) {
    gaps.sort_unstable();
    let at = |share: f64| gaps[((gaps.len() - 1) as f64 * share) as usize] as f64 / 1e3;
    println!(
        "  {} preemptions with their resumptions: best {:.1} µs, median {:.1} µs, 90 % below {:.1} µs",
        gaps.len(),
        at(0.0),
        at(0.5),
        at(0.9),
    );
}

fn measure() -> Vec<u64> {
    let start = Instant::now();
    // Who made the last step, in the lowest bit, and when.
    let last = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let gaps = Arc::new(Mutex::new(Vec::with_capacity(10_000)));
    let handles: Vec<_> = (0..2u64)
        .map(|me| {
            let (last, stop, gaps) = (last.clone(), stop.clone(), gaps.clone());
            marmota::spawn(move || {
                while !stop.load(Relaxed) {
                    let now = start.elapsed().as_nanos() as u64;
                    let before = last.swap(now << 1 | me, Relaxed);
                    // Not if it was stopped between the two lines above: then its `now`
                    // is older than the other's last step.
                    if before & 1 != me && before > 1 && now > before >> 1 {
                        gaps.lock()
                            .expect("nobody panics")
                            .push(now - (before >> 1));
                    }
                }
            })
        })
        .collect();
    marmota::time::sleep(Duration::from_secs(4));
    stop.store(true, Relaxed);
    for handle in handles {
        handle.join().expect("nobody panics");
    }
    std::mem::take(&mut gaps.lock().expect("nobody panics"))
}
