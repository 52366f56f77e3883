//! What AddressSanitizer must be told: stacks that are switched, and slots of the collected
//! heap that hold no object.
//!
//! Built with `--cfg marmota_asan` (`cargo xtask sanitize`, which needs a nightly compiler);
//! otherwise every function here is empty, and a switch is `arch`'s own.
//!
//! - *Stacks.* The sanitizer marks the places between and behind a function's variables, and
//!   when something unwinds it clears the marks on the stack it believes to stand on. So
//!   each switch tells it where it goes: to a slot of an arena of stacks, which `stack`
//!   has told us of, or else to the thread's own stack. The marks of a goroutine that was
//!   left for ever are wiped when its stack is used again.
//! - *The heap.* It knows nothing of an allocator that takes pages from the system. A slot
//!   is poisoned as long as it holds no object, and so are pages that have been given back,
//!   so that a read of what was swept is reported like one of what malloc has freed.
//!   Marks and cards lie elsewhere, and can always be read.

#[cfg(marmota_asan)]
mod address {
    use crate::lock::SpinLock;
    use crate::sys::{self, PageVec};
    use std::cell::Cell;
    use std::ffi::c_void;

    unsafe extern "C" {
        fn __asan_poison_memory_region(at: *const c_void, size: usize);
        fn __asan_unpoison_memory_region(at: *const c_void, size: usize);
        fn __sanitizer_start_switch_fiber(save: *mut *mut c_void, low: *const c_void, size: usize);
        fn __sanitizer_finish_switch_fiber(
            fake: *mut c_void,
            low: *mut *const c_void,
            size: *mut usize,
        );
    }

    /// Slots of one size, from here on.
    #[derive(Clone, Copy)]
    struct Arena {
        start: usize,
        bytes: usize,
        slot: usize,
    }

    static ARENAS: SpinLock<PageVec<Arena>> = SpinLock::new(PageVec::new());

    std::thread_local! {
        static OWN: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    }

    pub(crate) fn stacks(start: *mut u8, bytes: usize, slot: usize) {
        let start = start.addr();
        ARENAS.lock().push(Arena { start, bytes, slot });
    }

    /// The lowest address and the size of the stack around an address: a goroutine's, or
    /// this thread's.
    fn stack_around(at: *mut u8) -> (usize, usize) {
        // `top` is one past the stack's end.
        let at = at.addr() - 1;
        let arenas = ARENAS.lock();
        let arena = arenas
            .iter()
            .find(|arena| (arena.start..arena.start + arena.bytes).contains(&at));
        match arena {
            Some(arena) => {
                let slot = (at - arena.start) / arena.slot * arena.slot;
                let guard = crate::stack::GUARD_PAGES * sys::page_size();
                (arena.start + slot + guard, arena.slot - guard)
            }
            None => own_stack(),
        }
    }

    /// Never inlined: the thread may be another after a switch.
    #[inline(never)]
    fn own_stack() -> (usize, usize) {
        let known = OWN.get();
        if known.0 != 0 {
            return known;
        }
        let found = ask_for_own_stack();
        OWN.set(found);
        found
    }

    #[cfg(not(target_vendor = "apple"))]
    fn ask_for_own_stack() -> (usize, usize) {
        let (mut low, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: asks for this thread's own attributes, which are given back.
        unsafe {
            let mut attributes = std::mem::zeroed();
            if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) == 0 {
                libc::pthread_attr_getstack(&attributes, &mut low, &mut size);
                libc::pthread_attr_destroy(&mut attributes);
            }
        }
        (low.addr(), size)
    }

    #[cfg(target_vendor = "apple")]
    fn ask_for_own_stack() -> (usize, usize) {
        // SAFETY: asks for this thread's own stack.
        let (top, size) = unsafe {
            let me = libc::pthread_self();
            (
                libc::pthread_get_stackaddr_np(me),
                libc::pthread_get_stacksize_np(me),
            )
        };
        (top.addr() - size, size)
    }

    pub(crate) fn poison(at: *mut u8, bytes: usize) {
        // SAFETY: marks memory that is the heap's.
        unsafe { __asan_poison_memory_region(at.cast(), bytes) };
    }

    pub(crate) fn unpoison(at: *mut u8, bytes: usize) {
        // SAFETY: as above.
        unsafe { __asan_unpoison_memory_region(at.cast(), bytes) };
    }

    /// A new goroutine is about to begin on the stack that ends here: perhaps on our own,
    /// over our frames, whose marks `arrived` wipes.
    #[inline(never)]
    pub(crate) fn before_start(top: *mut u8) {
        let (low, size) = stack_around(top);
        unpoison(std::ptr::without_provenance_mut(low), size);
        before_switch(top);
    }

    /// The thread has come to a stack where nothing was before.
    #[inline(never)]
    pub(crate) fn arrived() {
        after_switch();
        let here = 0u8;
        let here = std::ptr::from_ref(std::hint::black_box(&here)).cast_mut();
        let (low, _) = stack_around(here);
        unpoison(std::ptr::without_provenance_mut(low), here.addr() - low);
    }

    /// The thread is about to leave its stack for the one around `to`. Stacks of variables
    /// beside the real one are off (`detect_stack_use_after_return=0`): nothing to keep.
    #[inline(never)]
    pub(crate) fn before_switch(to: *mut u8) {
        let (low, size) = stack_around(to);
        let (mut kept, low) = (std::ptr::null_mut(), std::ptr::without_provenance(low));
        // SAFETY: the next thing this thread does is to switch there.
        unsafe { __sanitizer_start_switch_fiber(&mut kept, low, size) };
    }

    /// The thread has come to this stack.
    #[inline(never)]
    pub(crate) fn after_switch() {
        let (mut low, mut size) = (std::ptr::null(), 0);
        // SAFETY: pairs with `before_switch`.
        unsafe { __sanitizer_finish_switch_fiber(std::ptr::null_mut(), &mut low, &mut size) };
    }
}
#[cfg(marmota_asan)]
pub(crate) use address::*;

#[cfg(not(marmota_asan))]
mod none {
    #[inline(always)]
    pub(crate) fn stacks(_: *mut u8, _: usize, _: usize) {}
    #[inline(always)]
    pub(crate) fn poison(_: *mut u8, _: usize) {}
    #[inline(always)]
    pub(crate) fn unpoison(_: *mut u8, _: usize) {}
    #[inline(always)]
    pub(crate) fn before_start(_: *mut u8) {}
    #[inline(always)]
    pub(crate) fn before_switch(_: *mut u8) {}
    #[inline(always)]
    pub(crate) fn after_switch() {}
    #[inline(always)]
    pub(crate) fn arrived() {}
}
#[cfg(not(marmota_asan))]
pub(crate) use none::*;
