//! Building a lesson's example, for the tests that look at what it prints.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Builds the example `name` of the lesson whose `checks` package is `checks` (its
/// `CARGO_MANIFEST_DIR`), and gives the program's path.
///
/// The checks are a package of their own, so cargo does not build the examples for
/// them by itself.
///
/// # Panics
///
/// When it cannot be built; the compiler's words are on standard error.
#[must_use]
pub fn example(checks: &str, name: &str) -> PathBuf {
    // One at a time: tests are threads, and each cargo waits for the build folder.
    static CARGO: Mutex<()> = Mutex::new(());
    let _one = CARGO
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());

    let lesson = Path::new(checks)
        .parent()
        .expect("checks lie in the lesson's folder");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--example", name])
        .current_dir(lesson)
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the example {name} of {} cannot be built",
        lesson.display()
    );
    // This program lies in target/debug/deps, the examples in target/debug/examples.
    let here = std::env::current_exe().expect("a test knows its own path");
    let profile = here
        .ancestors()
        .nth(2)
        .expect("a test lies in target/PROFILE/deps");
    profile.join("examples").join(name)
}
