//! The collector's types, one by one: what they keep alive, what they let go, and when.
//!
//! Each test runs in parallel runtimes of 1, 2 and 8 Ps. What is freed too early is
//! overwritten; what is never freed leaves its token's count too high.

mod channels;
mod collections;
mod kept;
mod last_words;
mod locks;
mod trait_objects;
mod unique;
mod weak;

use marmota::gc::{self, Gc, GcCell, Trace};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// The heap is one: one test at a time.
static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn in_runtimes(f: impl Fn() + Send + Sync) {
    let _one = ONE.lock().unwrap_or_else(|broken| broken.into_inner());
    gc::testing::set_poison(true);
    for procs in [1, 2, 8] {
        let rt = marmota::Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build();
        // SAFETY: the tests hold no thread-local's borrow across a blocking call.
        unsafe { rt.unwrap().run(&f) };
    }
}

/// Counts those that are alive.
#[derive(Clone, Default)]
struct Alive(Arc<AtomicUsize>);

/// Part of an object; not traced, because it has a destructor.
#[derive(Trace)]
struct Token {
    #[trace(skip)]
    _inner: TokenInner,
}
struct TokenInner(Arc<AtomicUsize>);

impl Alive {
    fn token(&self) -> Token {
        self.0.fetch_add(1, SeqCst);
        Token {
            _inner: TokenInner(self.0.clone()),
        }
    }

    /// Collects until so many are left; destructors run in a goroutine of their own.
    #[track_caller]
    fn becomes(&self, expected: usize) {
        // The first finds what is dead, and frees it; what that held outside of the heap
        // dies by its destructor, and is found by the next.
        for _ in 0..4 {
            collect();
        }
        assert_eq!(self.0.load(SeqCst), expected);
    }
}

impl Drop for TokenInner {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Collects, and waits until what came of it has been run: a value that needs dropping, made
/// before, is dropped after all others on the list.
fn collect() {
    let done = Arc::new(AtomicUsize::new(0));
    let theirs = done.clone();
    gc::add_cleanup(&Gc::new(0u8), move || {
        theirs.store(1, SeqCst);
    });
    gc::gc();
    while done.load(SeqCst) == 0 || gc::testing::waiting_for_drop() > 0 {
        marmota::runtime::gosched();
    }
}

#[derive(Trace)]
struct Node {
    id: u64,
    next: GcCell<Option<Gc<Node>>>,
    token: Token,
}

fn node(alive: &Alive, id: u64) -> Gc<Node> {
    Gc::new(Node {
        id,
        next: GcCell::new(None),
        token: alive.token(),
    })
}
