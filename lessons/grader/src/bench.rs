//! The benchmark of a lesson: the learner's code beside the reference and, where the
//! runtime has the like, its own.
//!
//! Each candidate is a program of a few lines that uses one of them. It runs on a
//! goroutine of the parallel runtime, so what is measured is what a program would
//! see: start, hand-over and end, on all cores. `cargo xtask bench` finds the
//! results by the names given here.

use std::time::{Duration, Instant};

use criterion::Criterion;
use marmota::{Runtime, sim};

/// Makes a list of candidates for [`compare`] from one program and the crates that it
/// is to run with, each under the name it has in the program:
///
/// ```ignore
/// candidates!(code: { learner: lesson_01_goroutines, reference: solution_01_goroutines } => {
///     code::map::map(&[1, 2, 3], |n| n + 1);
/// })
/// ```
#[macro_export]
macro_rules! candidates {
    ($code:ident: { $($who:ident: $krate:path),+ $(,)? } => $program:block) => {
        [$((stringify!($who), {
            use $krate as $code;
            fn program() { let _result = $program; }
            program as fn()
        })),+]
    };
}

/// Measures the candidates of one exercise. `name` is `lesson-NN-exercise`.
///
/// One that does not get through a single deterministic run (a starter, a deadlock)
/// has no speed and would take the benchmark down with it: it is left out.
pub fn compare(criterion: &mut Criterion, name: &str, candidates: &[(&str, fn())]) {
    let mut group = criterion.benchmark_group(name);
    // Enough for a ratio that means something, short enough to wait for.
    group
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    for &(who, program) in candidates {
        let report = sim::run(program);
        if report.passed() {
            group.bench_function(who, |b| b.iter_custom(|times| timed(times, program)));
        } else {
            eprintln!(
                "{name}/{who} is left out, as it does not pass: {}",
                report.verdict
            );
        }
    }
    group.finish();
}

/// How long `times` runs of `program` take on a goroutine of the parallel runtime.
fn timed(times: u64, program: fn()) -> Duration {
    let runtime = Runtime::builder()
        .build()
        .expect("a runtime for the benchmark");
    // SAFETY: what the lessons' benchmarks run holds nothing of a thread-local across
    // a call that may block.
    unsafe {
        runtime.run(move || {
            let start = Instant::now();
            for _ in 0..times {
                program();
            }
            start.elapsed()
        })
    }
}
