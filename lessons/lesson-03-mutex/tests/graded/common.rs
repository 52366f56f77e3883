//! Goroutines that do the same side by side, and a long time.

use std::sync::Arc;
use std::time::Duration;

use marmota::sync::WaitGroup;

pub const HOUR: Duration = Duration::from_secs(3600);

/// Runs `each(0)` to `each(n - 1)`, each on a goroutine, and waits for them.
#[track_caller]
pub fn together<T: Send + Sync + 'static>(
    n: u64,
    shared: &Arc<T>,
    each: impl Fn(&T, u64) + Send + Sync + 'static,
) {
    let (group, each) = (WaitGroup::new(), Arc::new(each));
    for i in 0..n {
        let (shared, each) = (Arc::clone(shared), Arc::clone(&each));
        group.go(move || each(&shared, i));
    }
    group.wait();
}
