//! Native memory that collected objects hold: with a counting allocator the pacer sees
//! it. A process of its own, because the allocator is.

use marmota::gc::{CountingAllocator, Gc, Trace, read_mem_stats};
use std::sync::Mutex;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::system();

const MB: usize = 1 << 20;

#[derive(Trace)]
struct Holder {
    bytes: Vec<u8>,
}

/// One test at a time: all of them count the same.
static ONE: Mutex<()> = Mutex::new(());

#[test]
fn what_is_allocated_and_freed_is_counted() {
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let native = || read_mem_stats().native_alloc as i64;
    let about = |bytes: i64, want: usize| bytes.abs_diff(want as i64) < MB as u64 / 2;
    let before = native();
    let mut bytes: Vec<u8> = vec![0; 8 * MB];
    assert!(about(native() - before, 8 * MB));
    bytes.reserve_exact(24 * MB);
    assert!(about(native() - before, 32 * MB));
    drop(bytes);
    assert!(about(native() - before, 0));
}

/// A thousand objects of a few bytes: without counting, nobody would ever collect them.
fn hold_much() -> u64 {
    let mut peak = 0;
    for i in 0..1000 {
        let holder = Gc::new(Holder {
            bytes: vec![i as u8; MB],
        });
        assert_eq!(holder.bytes[MB / 2], i as u8);
        peak = peak.max(read_mem_stats().native_alloc);
        marmota::runtime::gosched();
    }
    peak
}

#[test]
fn objects_that_hold_much_native_memory_are_collected_in_time() {
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    for procs in [1, 2] {
        let rt = marmota::Runtime::builder().procs(procs).build().unwrap();
        // SAFETY: no thread-local's borrow is held across a blocking call.
        let peak = unsafe { rt.run(hold_much) };
        assert!(
            peak < 300 * MB as u64,
            "{} MB at {procs} Ps",
            peak / MB as u64
        );
    }
}
