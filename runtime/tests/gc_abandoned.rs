//! A heap whose users go away in the middle. A process of its own: the goroutines that
//! are left behind end some time, and would disturb exact counts until then.

use marmota::gc::{self, Gc};

#[test]
fn a_runtime_that_ends_in_the_middle_of_a_cycle_leaves_a_heap_that_works() {
    for _ in 0..20 {
        let rt = marmota::Runtime::builder().procs(2).build().unwrap();
        // SAFETY: no thread-local's borrow is held across a blocking call.
        unsafe {
            rt.run(|| {
                for _ in 0..3 {
                    marmota::go(|| {
                        let mut kept = Gc::new(1u64);
                        loop {
                            let pair = Gc::new((kept.clone(), Gc::new(2u64)));
                            kept = pair.1.clone();
                        }
                    });
                }
                for i in 0..200_000u64 {
                    Gc::new([i; 4]);
                }
            })
        };
        gc::gc();
    }
}
