//! A grade is no luck: the same verdict from any seed, and on a busy machine.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use marmota_verdict::Verdict;

use super::{Done, Job, in_short};
use crate::course::Lesson;
use crate::grade::{self, Selection};
use crate::text::thousands;
use crate::trouble::Outcome;

/// Seeds from which the test that rejects a wrong solution must do so, and from which
/// the tests that pass it must pass it.
const SEEDS: u64 = 100;
const SEEDS_OF_THE_PASSED: u64 = 3;
/// Schedules a test of the reference under load, and seeds besides.
const SCHEDULES: u64 = 1_000;

impl Job<'_> {
    /// The reference must pass from any seed, whatever else the machine does.
    pub(super) fn under_load(
        &self,
        lesson: &Lesson,
        program: &Path,
    ) -> Outcome<Result<String, String>> {
        let _busy = Busy::new();
        let selection = Selection {
            schedules: Some(SCHEDULES),
            ..Selection::default()
        };
        let report = grade::grade(lesson, program, self.pristine.root(), selection)?;
        let mut runs = 0;
        for test in report.exercises.iter().flat_map(|e| &e.tests) {
            let name = &test.report.test;
            if !test.report.verdict.is_pass() {
                return Ok(Err(format!("{name}: {}", in_short(test))));
            }
            runs += test.report.schedules;
            let verdicts = self.verdicts_of(program, name, SEEDS_OF_THE_PASSED)?;
            if let Err(why) = all_are(Verdict::Passed, name, &verdicts) {
                return Ok(Err(why));
            }
        }
        Ok(Ok(format!(
            "{} schedules, and {SEEDS_OF_THE_PASSED} seeds a test",
            thousands(runs)
        )))
    }

    /// The verdict that names a wrong solution must not depend on the seed: neither the
    /// test that gave it nor those that came before it may be lucky.
    pub(super) fn whatever_the_seed(
        &self,
        done: &Done,
        must: Verdict,
    ) -> Outcome<Result<String, String>> {
        use Verdict::{DoesNotCompile, ExitedEarly, OutOfMemory, Tampered, TimedOut};
        if matches!(
            must,
            DoesNotCompile | ExitedEarly | OutOfMemory | Tampered | TimedOut
        ) {
            // These end the process, or never come to it.
            return Ok(Ok(String::new()));
        }
        let tests = done.report.exercises.iter().flat_map(|e| &e.tests);
        for test in tests {
            let name = &test.report.test;
            let (verdict, seeds) = match test.report.verdict.is_pass() {
                true => (Verdict::Passed, SEEDS_OF_THE_PASSED),
                false => (must, SEEDS),
            };
            let verdicts = self.verdicts_of(&done.program, name, seeds)?;
            if let Err(why) = all_are(verdict, name, &verdicts) {
                return Ok(Err(why));
            }
            if !verdict.is_pass() {
                break;
            }
        }
        Ok(Ok(format!(", from {SEEDS} seeds")))
    }

    fn verdicts_of(&self, program: &Path, test: &str, seeds: u64) -> Outcome<Vec<Verdict>> {
        grade::verdicts(test, seeds, program, self.pristine.root())
    }
}

/// Whether all verdicts on a test are the one they must be.
fn all_are(must: Verdict, test: &str, verdicts: &[Verdict]) -> Result<(), String> {
    let other = (0..).zip(verdicts).find(|(_, verdict)| **verdict != must);
    match other {
        None if verdicts.is_empty() => Err(format!("{test} was run from no seed")),
        None => Ok(()),
        Some((seed, verdict)) => Err(format!(
            "{test} gives `{verdict}` in place of `{must}` from seed {seed}: what decides has to \
             be in every schedule, or in many more of them"
        )),
    }
}

/// Threads that keep all processors busy while it lives.
struct Busy {
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Busy {
    fn new() -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let spin = || {
            let ends = Arc::clone(&ends);
            thread::spawn(move || {
                // Relaxed: only its being set counts, and not when that is seen.
                while !ends.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            })
        };
        let threads = (0..2 * processors).map(|_| spin()).collect();
        Self { ends, threads }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("it only spins");
        }
    }
}
