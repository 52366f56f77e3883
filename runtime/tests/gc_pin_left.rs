//! A pin that nobody will ever end. A process of its own: from then on its heap frees
//! nothing.

use marmota::gc::{self, Gc, GcCell};

#[test]
fn a_heap_that_a_pin_was_left_in_goes_on_without_freeing() {
    let cell = Gc::new(GcCell::new(Some(Gc::new([7u64; 4]))));
    for _ in 0..3 {
        let rt = marmota::Runtime::builder().procs(2).build().unwrap();
        let cell = cell.clone();
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe {
            rt.run(|| {
                let ready = marmota::Chan::new(0);
                let tell = ready.clone();
                marmota::go(move || {
                    let _pinned = gc::pin();
                    tell.send(());
                    // Never: main returns, and leaves this goroutine behind.
                    marmota::Chan::<()>::new(0).recv();
                });
                ready.recv();
                gc::gc();
                for i in 0..300_000u64 {
                    cell.set(Some(Gc::new([i; 4])));
                }
            })
        };
        gc::gc();
    }
    let before = gc::read_mem_stats();
    for i in 0..300_000u64 {
        cell.set(Some(Gc::new([i; 4])));
    }
    gc::gc();
    let after = gc::read_mem_stats();
    assert_eq!((after.frees, after.num_gc), (before.frees, before.num_gc));
    assert_eq!(cell.get().unwrap()[3], 299_999);
    assert_eq!(
        marmota::debug::who_keeps(&cell.get().unwrap()).path.len(),
        2
    );
}
