//! What test programs print, read while it goes by.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::cargo;
use crate::tally::Tally;
use crate::trouble::Outcome;

/// Runs a cargo test, shows what it says, and adds up its result lines. A run
/// that fails without a failed test (it did not compile) is one failure.
pub fn counted(mut command: Command) -> Outcome<Tally> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| cargo::not_started(&e))?;
    let mut reader = Reader::default();
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|p| BufReader::new(p).split(b'\n'))
    {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        reader.read(&line);
    }
    let status = child.wait().map_err(|e| cargo::not_started(&e))?;
    let mut sum = reader.sum;
    if !status.success() && sum.failed == 0 {
        sum.fail(format!("{status}, and no test says that it failed"));
    }
    Ok(sum)
}

#[derive(Default)]
struct Reader {
    sum: Tally,
    /// What the program that prints has said about failures.
    said: String,
    /// How many headings, `failures:`, it has printed: the tests' output, then their names.
    headings: u32,
}

impl Reader {
    fn read(&mut self, line: &str) {
        if line == "failures:" {
            self.headings += 1;
        } else if let Some((passed, failed, skipped)) = result_line(line) {
            self.sum.passed += passed;
            self.sum.skipped += skipped;
            for why in failures(&self.said, failed) {
                self.sum.fail(why);
            }
            (self.said, self.headings) = (String::new(), 0);
        } else if self.headings == 1 {
            self.said += line;
            self.said.push('\n');
        }
    }
}

/// Parts what a program said of its `count` failures: `---- NAME stdout ----` begins one.
fn failures(said: &str, count: u64) -> impl Iterator<Item = String> {
    let parts = said.split("\n---- ").map(str::trim);
    let mut parts = parts.filter(|part| !part.is_empty());
    (0..count).map(move |_| {
        let part = parts.next().unwrap_or("a test of which nothing was said");
        part.trim_start_matches("---- ").replace(" ----\n", "\n")
    })
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn result_line(line: &str) -> Option<(u64, u64, u64)> {
    let counts = line
        .trim()
        .strip_prefix("test result: ")?
        .split_once(". ")?
        .1;
    let count = |word: &str| {
        counts
            .split(';')
            .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
            .unwrap_or(0)
    };
    Some((count("passed"), count("failed"), count("ignored")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_of_a_test_program_is_added_up() {
        let line = "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 5 filtered out; \
                    finished in 0.02s";
        assert_eq!(result_line(line), Some((12, 3, 4)));
        assert!(result_line("test sums ... ok").is_none());
    }

    #[test]
    fn what_failed_tests_say_is_kept_for_the_end() {
        let output = "running 3 tests\n.FF\nfailures:\n\n---- one stdout ----\n\
                      panicked at a.rs:1\nfirst\n\n---- two ----\nsecond\n\n\n\
                      failures:\n    one\n    two\n\n\
                      test result: FAILED. 1 passed; 2 failed; 0 ignored\n\
                      running 1 test\n.\ntest result: ok. 1 passed; 0 failed; 0 ignored";
        let mut reader = Reader::default();
        for line in output.lines() {
            reader.read(line);
        }
        assert_eq!((reader.sum.passed, reader.sum.failed), (2, 2));
        let expected =
            "tests: one stdout\n    panicked at a.rs:1\n    first\ntests: two\n    second\n";
        assert_eq!(reader.sum.failures_of("tests"), expected);
    }
}
