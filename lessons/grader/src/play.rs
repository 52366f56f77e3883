//! Running a program that takes its time: really, or in virtual time.

use std::process::ExitCode;

use marmota::{Runtime, sim};

/// Runs `program` as a main goroutine. With `--virtual` among the arguments it runs
/// on the deterministic runtime instead, where sleeping costs nothing; the schedule
/// is the one `MARMOTA_SEED` names, or always the same.
///
/// For programs whose point are their pauses; all others just have
/// `#[marmota::main]`.
pub fn play(program: fn()) -> ExitCode {
    if std::env::args().any(|argument| argument == "--virtual") {
        let report = sim::run(program);
        if report.passed() {
            return ExitCode::SUCCESS;
        }
        eprintln!("{report}");
        return ExitCode::FAILURE;
    }
    match Runtime::builder().build() {
        Ok(runtime) => {
            // SAFETY: the programs played here hold nothing of a thread-local across a
            // call that may block: they count, print whole lines, and sleep.
            unsafe { runtime.run(program) };
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("the runtime cannot start: {e}");
            ExitCode::FAILURE
        }
    }
}
