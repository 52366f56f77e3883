//! When a mutex leans (`sync/lean.rs`), and when not. A process of its own: where another
//! runtime has left goroutines behind, or a deterministic run was, no mutex leans.

use marmota::debug::{WaitReason, read_sched_stats};
use marmota::sync::RawMutex;
use std::sync::Arc;

/// Enough to lean.
const ALONE: u64 = 5_000;

#[test]
fn a_mutex_leans_when_nobody_waits_for_long_and_straightens_up_for_who_does() {
    let rt = marmota::Runtime::builder().procs(1).build().unwrap();
    let body = || {
        let gate = Arc::new(RawMutex::new());
        let take = |gate: &RawMutex| {
            gate.lock();
            gate.unlock();
        };
        take(&gate);
        assert!(!gate.leans());
        (0..ALONE).for_each(|_| take(&gate));
        // Where there is no membarrier, mutexes never lean.
        assert!(gate.leans() || !cfg!(target_os = "linux"));
        gate.lock();
        let theirs = gate.clone();
        let other = marmota::spawn(move || take(&theirs));
        let waits = (WaitReason::MutexLock, 1);
        while !read_sched_stats().waiting.contains(&waits) {
            marmota::runtime::gosched();
        }
        gate.unlock();
        other.join().unwrap();
        assert!(!gate.leans());
    };
    // SAFETY: no thread-local's borrow is held across a blocking call.
    unsafe { rt.run(body) };
}
