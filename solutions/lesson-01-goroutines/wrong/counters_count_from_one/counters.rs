//! Verdict: wrong result. It counts like people, from 1 to `end`: as many numbers and
//! pauses, and not the right ones.

use std::time::Duration;

/// How long a counter rests after each number.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Counts up to `end` for each of `names`, all at the same time.
pub fn count_together(names: &[&str], end: u32, report: impl Fn(&str, u32) + Sync) {
    let report = &report;
    marmota::scope(|s| {
        for &name in names {
            s.go(move || {
                for number in 1..=end {
                    report(name, number);
                    marmota::time::sleep(PAUSE);
                }
            });
        }
    });
}
