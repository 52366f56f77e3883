//! Verdict: livelock. The pause is a loop that looks at the clock, and the clock
//! stands still as long as anybody runs.

use std::time::Duration;

/// How long a counter rests after each number.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Counts up to `end` for each of `names`, all at the same time.
pub fn count_together(names: &[&str], end: u32, report: impl Fn(&str, u32) + Sync) {
    let report = &report;
    marmota::scope(|s| {
        for &name in names {
            s.go(move || {
                for number in 0..end {
                    report(name, number);
                    let before = marmota::time::now();
                    while before.elapsed() < PAUSE {
                        marmota::runtime::gosched();
                    }
                }
            });
        }
    });
}
