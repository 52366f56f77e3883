//! marmota's side of the benchmark table: the same work as the Go program in
//! `go/`, file by file, as a user of this runtime would write it.
//!
//! The runtime is built with P Ps and nothing else set. On its own for a
//! profiler:
//!
//! ```text
//! cargo run --release --manifest-path runtime/peers/Cargo.toml --bin ours -- pingpong 1
//! ```

mod channels;
mod collector;
mod direct;
mod locks;
mod scheduler;
mod schedules;

use std::process::ExitCode;

use marmota_peers::harness::{Job, main_with};

fn main() -> ExitCode {
    main_with(
        &[
            scheduler::ROWS,
            channels::ROWS,
            locks::ROWS,
            collector::ROWS,
            direct::ROWS,
            schedules::ROWS,
        ],
        host,
    )
}

fn host(procs: usize, job: Job) -> f64 {
    let runtime = marmota::Runtime::builder()
        .procs(procs)
        .build()
        .expect("a runtime with default stacks can be built");
    // SAFETY: no goroutine of these benchmarks keeps a borrow of a thread-local
    // across a blocking call; they use none at all.
    unsafe { runtime.run(job) }
}
