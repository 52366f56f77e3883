//! A destructor that panics on the thread that drops values where there is no runtime: the
//! others have their turn.
//!
//! A process of its own: nobody else's values wait for that thread.

use marmota::gc::{self, Gc, Trace};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

static DROPPED: AtomicU32 = AtomicU32::new(0);

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, SeqCst);
        panic!("a destructor gave up, as this test wants");
    }
}

#[derive(Trace)]
struct Holds {
    #[trace(skip)]
    _bomb: Bomb,
}

#[test]
fn a_panic_keeps_nobody_from_being_dropped_or_cleaned_up_after() {
    // These panics are wanted, and this process has no others.
    std::panic::set_hook(Box::new(|_| {}));
    let cleaned = Arc::new(AtomicU32::new(0));
    for _ in 0..3 {
        let holds = Gc::new(Holds { _bomb: Bomb });
        let mine = cleaned.clone();
        gc::add_cleanup(&holds, move || {
            mine.fetch_add(1, SeqCst);
            panic!("and so did a cleanup");
        });
    }
    gc::gc();
    while DROPPED.load(SeqCst) < 3 || cleaned.load(SeqCst) < 3 {
        gc::gc();
        std::thread::yield_now();
    }
}
