//! Verdict: wrong result. It sleeps as long as the counters should take, as if the scope
//! did not wait for them: with no counter at all it sleeps for nothing.

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
                    marmota::time::sleep(PAUSE);
                }
            });
        }
        marmota::time::sleep(end * PAUSE);
    });
}
