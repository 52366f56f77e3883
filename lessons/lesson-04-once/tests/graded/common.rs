//! Goroutines that do the same side by side, what they count and how they end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use marmota::sync::WaitGroup;

pub const HOUR: Duration = Duration::from_secs(3600);

pub const PARK: &str = "somebody asks again and again whether it is done, and keeps the runtime busy: wait for a \
                        lock, a channel or a Cond, which parks";

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

/// A number that goroutines share.
#[derive(Clone, Default)]
pub struct Count(Arc<AtomicU64>);

impl Count {
    pub fn up(&self) -> u64 {
        self.0.fetch_add(1, SeqCst) + 1
    }

    pub fn down(&self) {
        self.0.fetch_sub(1, SeqCst);
    }

    pub fn get(&self) -> u64 {
        self.0.load(SeqCst)
    }
}

/// What `f` on a goroutine of its own returned, or the text it panicked with.
#[track_caller]
pub fn outcome<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    marmota::spawn(f).join().map_err(|thrown| {
        let text = thrown.downcast_ref::<&str>().map(|s| (*s).to_owned());
        text.or_else(|| thrown.downcast_ref::<String>().cloned())
            .unwrap_or_default()
    })
}
