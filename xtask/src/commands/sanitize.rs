//! `sanitize`: the runtime's tests under AddressSanitizer.
//!
//! The tests of the collected heap, of channels, locks and storms run with each access to
//! memory checked, and each slot of the heap that holds no object poisoned
//! (`runtime/src/sanitize.rs`). That needs a nightly compiler, and is no part of `test`.
//!
//! There is no ThreadSanitizer here. It sees no order that a fence or a membarrier makes
//! (`gate`, `claim`, `parking` and `bias` rest on these), and none in a standard library
//! that was not built with it: it would report races that are none, and nothing would tell
//! them from real ones. The orders are the models' business,
//! `cargo test --release -p marmota-models`.

use std::io;
use std::process::{Command, ExitCode};

use crate::cargo;
use crate::course::Course;
use crate::libtest::counted;
use crate::tally::Tally;
use crate::trouble::{Outcome, Trouble};

/// Run the runtime's tests under AddressSanitizer (needs a nightly compiler)
#[derive(clap::Args)]
pub struct Arguments {
    /// Tests of the runtime, by the names of their files [default: those of the heap,
    /// channels, locks and storms]
    tests: Vec<String>,
}

/// The first shows that what the others do not find would be found.
const TESTS: [&str; 11] = [
    "sanitized",
    "gc_barriers",
    "gc_model",
    "gc_pins",
    "gc_storm",
    "gc_types",
    "channels",
    "channel_stress",
    "sync_mutex",
    "sync_stress",
    "storm",
];

/// What is alive at the end is no leak (the runtime keeps its threads), and variables lie
/// on the stack that they seem to lie on.
const OPTIONS: &str = "detect_leaks=0:detect_stack_use_after_return=0";

/// Runs them, each program to its end, and sums up. A report ends the program that it is
/// about: that is one failure.
pub fn run(course: &Course, arguments: &Arguments) -> Outcome<ExitCode> {
    let host = nightly_host()?;
    let tests: Vec<&str> = if arguments.tests.is_empty() {
        TESTS.to_vec()
    } else {
        arguments.tests.iter().map(String::as_str).collect()
    };
    let named = |test: &str| ["--test".to_owned(), test.to_owned()];

    // All at once: the compiler has work for every processor.
    let mut build = cargo_test(course, &host);
    build
        .arg("--no-run")
        .args(tests.iter().flat_map(|t| named(t)));
    let status = build.status().map_err(|e| no_rustup(&e))?;
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }

    let mut all = Tally::default();
    let mut failures = String::new();
    for test in tests {
        println!("\n== {test}");
        let mut run = cargo_test(course, &host);
        run.arg("--quiet").args(named(test));
        let tally = counted(run)?;
        failures += &tally.failures_of(test);
        all.add(tally);
    }
    if !failures.is_empty() {
        print!("\nFailed, and told in full above:\n{failures}");
    }
    println!(
        "under AddressSanitizer: {} passed, {} failed",
        all.passed, all.failed
    );
    Ok(if all.failed == 0 && all.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The nightly's `cargo test` of the runtime, with the sanitizer, in a folder of its own.
fn cargo_test(course: &Course, host: &str) -> Command {
    let mut command = Command::new("rustup");
    command
        .current_dir(&course.root)
        .args(["run", "nightly", "cargo", "test", "--package", "marmota"])
        // With a target, so that macros, which the compiler loads, are built without.
        .args(["--target", host, "--target-dir"])
        .arg(cargo::target(&course.root).join("sanitize"))
        .env("RUSTFLAGS", "-Zsanitizer=address --cfg marmota_asan")
        .env("ASAN_OPTIONS", OPTIONS)
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    // Set for this program by the cargo that started it.
    for name in ["CARGO", "CARGO_MANIFEST_DIR", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    command
}

/// The platform of the nightly compiler, if there is one.
fn nightly_host() -> Outcome<String> {
    let output = Command::new("rustup")
        .args(["run", "nightly", "rustc", "-vV"])
        .output()
        .map_err(|e| no_rustup(&e))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    match host {
        Some(host) if output.status.success() => Ok(host.to_owned()),
        _ => Err(Trouble::new(
            "AddressSanitizer needs a nightly compiler, and there is none",
            "rustup toolchain install nightly --profile minimal",
        )),
    }
}

fn no_rustup(e: &io::Error) -> Trouble {
    Trouble::new(
        format!("rustup, which has the nightly compiler, cannot be started: {e}"),
        "install it (https://rustup.rs), then: rustup toolchain install nightly --profile minimal",
    )
}
