//! Verdict: does not compile. The goroutines borrow from a caller that may return
//! before they end: in Go a bug, here an error of the compiler.

use std::time::Duration;

/// How long a counter rests after each number.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Counts up to `end` for each of `names`, all at the same time.
pub fn count_together(names: &[&str], end: u32, report: impl Fn(&str, u32) + Sync) {
    for name in names {
        marmota::go(|| {
            for number in 0..end {
                report(name, number);
                marmota::time::sleep(PAUSE);
            }
        });
    }
}
