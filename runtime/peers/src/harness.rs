//! What every benchmark program of this crate shares: the command line, the
//! sizing of a run, and the one line it prints.
//!
//! ```text
//! PROGRAM NAME PROCS     one run of row NAME at GOMAXPROCS = PROCS: `FIGURE [NOTE]` on stdout
//! PROGRAM --list         the rows this program has, one a line
//! ```
//!
//! A run is one process: nothing that an earlier row warmed, fragmented or
//! leaked can help or hurt this one. A row of no fixed size is called with a
//! growing number of operations until one call takes [`TARGET`]; only that
//! call counts, those before it are the warm-up. The best of several runs is
//! the driver's business.

use std::process::ExitCode;
use std::time::Duration;

use crate::rows::{self, Size};

/// A run that counts takes at least this long.
pub const TARGET: Duration = Duration::from_millis(200);

/// One row as one program runs it.
#[derive(Debug, Clone, Copy)]
pub struct Bench {
    name: &'static str,
    run: Run,
    note: &'static str,
    /// From which GOMAXPROCS on the note holds.
    note_from: usize,
    hosted: bool,
}

#[derive(Debug, Clone, Copy)]
enum Run {
    Timed(fn(u64) -> Duration),
    Direct(fn() -> f64),
}

impl Bench {
    /// A row whose function does `n` operations and says how long they took.
    pub const fn timed(name: &'static str, run: fn(u64) -> Duration) -> Bench {
        Bench {
            name,
            run: Run::Timed(run),
            note: "",
            note_from: 1,
            hosted: true,
        }
    }

    /// A row whose function gives the figure itself.
    pub const fn direct(name: &'static str, run: fn() -> f64) -> Bench {
        Bench {
            name,
            run: Run::Direct(run),
            note: "",
            note_from: 1,
            hosted: true,
        }
    }

    /// Where the work is not quite the row's: how it differs, shown beside the figure.
    pub const fn note(self, note: &'static str) -> Bench {
        Bench { note, ..self }
    }

    /// The same, for a difference that is there only from this GOMAXPROCS on.
    pub const fn note_from(self, procs: usize, note: &'static str) -> Bench {
        Bench {
            note,
            note_from: procs,
            ..self
        }
    }

    /// For work that brings its own runtime: it runs on the main thread, without the host.
    pub const fn without_host(self) -> Bench {
        Bench {
            hosted: false,
            ..self
        }
    }

    fn measure(&self) -> f64 {
        match self.run {
            Run::Direct(figure) => figure(),
            Run::Timed(run) => {
                let row = rows::find(self.name).expect("checked in main_with");
                match row.size {
                    Size::Fixed(n) => per_op(run(n), n),
                    Size::Grown(grain) => grow(grain, run),
                    Size::Direct => unreachable!("row {} is not counted", self.name),
                }
            }
        }
    }
}

/// The job a host runs: the whole measurement of one row.
pub type Job = Box<dyn FnOnce() -> f64 + Send>;

/// The `main` of a benchmark program. `host` starts the runtime with the given
/// number of Ps, runs the job where the runtime's users run theirs, and gives
/// back its figure.
pub fn main_with(benches: &[&[Bench]], host: impl FnOnce(usize, Job) -> f64) -> ExitCode {
    let benches: Vec<Bench> = benches.concat();
    for bench in &benches {
        assert!(
            rows::find(bench.name).is_some(),
            "{} is no row of rows.rs",
            bench.name
        );
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (name, procs) = match args[..] {
        ["--list"] => {
            benches.iter().for_each(|bench| println!("{}", bench.name));
            return ExitCode::SUCCESS;
        }
        [name, procs] => (name, procs),
        _ => return usage("expected NAME PROCS, or --list"),
    };
    let Some(&bench) = benches.iter().find(|bench| bench.name == name) else {
        return usage(&format!(
            "this program has no row {name}; --list names them"
        ));
    };
    let procs = match procs.parse() {
        Ok(procs) if procs >= 1 => procs,
        _ => return usage(&format!("PROCS is a number from 1 on, not {procs}")),
    };
    let figure = if bench.hosted {
        host(procs, Box::new(move || bench.measure()))
    } else {
        bench.measure()
    };
    let noted = procs >= bench.note_from;
    println!("{figure:.3} {}", if noted { bench.note } else { "" });
    ExitCode::SUCCESS
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::from(2)
}

fn per_op(took: Duration, n: u64) -> f64 {
    took.as_nanos() as f64 / n as f64
}

fn grow(grain: u64, run: fn(u64) -> Duration) -> f64 {
    let mut n = grain;
    loop {
        let took = run(n);
        if took >= TARGET {
            return per_op(took, n);
        }
        // Aim a quarter past the target, but never trust one short call to
        // grow by more than a hundred times.
        let factor = 1.25 * TARGET.as_secs_f64() / took.as_secs_f64().max(1e-9);
        n = (n as f64 * factor.clamp(2.0, 100.0)) as u64 / grain * grain;
    }
}

/// Every number below `n` was received exactly once: no program is fast by
/// losing values.
pub fn check_sum(sum: u64, n: u64) {
    assert_eq!(
        sum,
        n * (n - 1) / 2,
        "the values received add up to another number"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_run_counts_and_every_size_is_a_multiple_of_the_grain() {
        // The first run is cold: it takes a millisecond more than 10 ns per operation.
        fn work(n: u64) -> Duration {
            assert_eq!(n % 8_000, 0);
            let cold = if n == 8_000 { 1_000_000 } else { 0 };
            Duration::from_nanos(n * 10 + cold)
        }
        assert_eq!(grow(8_000, work), 10.0);
    }

    #[test]
    fn a_first_run_that_is_long_enough_is_the_only_one() {
        assert_eq!(grow(1_000, |n| TARGET * (n / 1_000) as u32), 200_000.0);
    }

    #[test]
    #[should_panic(expected = "another number")]
    fn losing_a_value_is_noticed() {
        check_sum((0..9).sum(), 10);
    }
}
