//! The shim's other side: everything from loom.

pub(crate) mod sync {
    pub(crate) use ::loom::sync::atomic;
}
pub(crate) use ::loom::cell::UnsafeCell;
pub(crate) use ::loom::hint::spin_loop;
pub(crate) use ::loom::thread::yield_now;

std::thread_local! {
    /// Of the thread that runs all of a model's.
    static LIGHT: std::cell::Cell<bool> = const { std::cell::Cell::new(true) };
    static LEANS_AFTER: std::cell::Cell<u32> = const { std::cell::Cell::new(u32::MAX) };
}

/// How often a mutex is taken before it leans; never, by default.
pub(crate) fn leans_after(times: u32) {
    LEANS_AFTER.set(times);
}

pub(crate) fn first_leaning() -> u32 {
    LEANS_AFTER.get()
}

/// Whether there is a membarrier: if not, light fences are none.
pub(crate) fn light_fences(yes: bool) {
    LIGHT.set(yes);
}

/// With the dear side a full fence too, what the membarrier amounts to.
pub(crate) fn asymmetric_light_fence() {
    if LIGHT.get() {
        ::loom::sync::atomic::fence(::loom::sync::atomic::Ordering::SeqCst);
    }
}

struct GaveUp;

/// Who has to wait gives up the rest of its thread (`unless_it_waits`). What would come after
/// the wait is an interleaving of its own, in which it comes later; and loom does not try
/// all orders of what surrounds a loop.
pub(crate) fn wait_a_moment() {
    std::panic::resume_unwind(Box::new(GaveUp));
}

/// Does `f`; `None` where it would have to wait.
pub(crate) fn unless_it_waits<R>(f: impl FnOnce() -> R) -> Option<R> {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
    match result {
        Ok(result) => Some(result),
        Err(payload) if payload.is::<GaveUp>() => None,
        Err(payload) => std::panic::resume_unwind(payload),
    }
}

/// As in the runtime: a swap as well, which loom puts in an order with others.
pub(crate) fn raise(flag: &sync::atomic::AtomicU8) {
    flag.swap(1, sync::atomic::Ordering::Release);
}

/// As in the runtime, with fences that make loom see one order of all such accesses.
/// They stand with the writes: a pair of a write and a read needs one on each side, and
/// with two the models would not notice a write that is too weak.
pub(crate) trait SeqCstAccess<T> {
    fn sc_load(&self) -> T;
    fn sc_store(&self, value: T);
    fn sc_sub(&self, n: T) -> T;
}

macro_rules! seq_cst_access {
    ($($atomic:ident: $of:ty),*) => {
        $(impl SeqCstAccess<$of> for sync::atomic::$atomic {
            fn sc_load(&self) -> $of {
                self.load(sync::atomic::Ordering::SeqCst)
            }

            fn sc_store(&self, value: $of) {
                self.store(value, sync::atomic::Ordering::SeqCst);
                sync::atomic::fence(sync::atomic::Ordering::SeqCst);
            }

            fn sc_sub(&self, n: $of) -> $of {
                let before = self.fetch_sub(n, sync::atomic::Ordering::SeqCst);
                sync::atomic::fence(sync::atomic::Ordering::SeqCst);
                before
            }
        })*
    };
}
seq_cst_access!(AtomicU32: u32, AtomicU64: u64);

/// A ring small enough to fill and to wrap within a model.
pub(crate) const RING: usize = 4;

/// Pauses are steps to the model: the fewest.
pub(crate) const MOST_PAUSES: u32 = 1;

macro_rules! const_outside_models {
    ($($item:tt)*) => { $($item)* };
}
pub(crate) use const_outside_models;
