//! The switch on its own: two stacks, no scheduler.

use super::{start, switch};
use std::cell::Cell;
use std::ptr::null_mut;

/// Two contexts and what the far side is to do; lives on the near stack.
struct Pair {
    near: Cell<*mut u8>,
    far: Cell<*mut u8>,
    flag: Cell<u8>,
    log: std::cell::RefCell<Vec<u64>>,
}

impl Pair {
    fn new() -> Self {
        Pair {
            near: Cell::new(null_mut()),
            far: Cell::new(null_mut()),
            flag: Cell::new(1),
            log: Default::default(),
        }
    }

    fn to_near(&self) {
        // SAFETY: the near side was left by `start` or `to_far`.
        unsafe { switch(self.far.as_ptr(), self.near.get(), self.flag.as_ptr()) }
    }

    fn to_far(&self) {
        // SAFETY: the far side was left by `to_near`.
        unsafe { switch(self.near.as_ptr(), self.far.get(), self.flag.as_ptr()) }
    }

    fn start_far(&self, stack: &mut [u128], root: unsafe extern "C" fn(*mut u8) -> !) {
        let top = stack.as_mut_ptr_range().end.cast();
        let me = std::ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the stack is 16-byte aligned, large, and used by nobody else;
        // the roots below never return.
        unsafe { start(self.near.as_ptr(), top, self.flag.as_ptr(), root, me) }
    }
}

unsafe extern "C" fn counts(pair: *mut u8) -> ! {
    // SAFETY: `start_far` passes a pointer to its Pair, which outlives us.
    let pair = unsafe { &*pair.cast::<Pair>() };
    let mut i = 0;
    loop {
        pair.log.borrow_mut().push(i);
        i += 1;
        pair.to_near();
    }
}

#[test]
fn control_passes_to_and_fro_and_locals_survive() {
    let mut stack = vec![0u128; 4096];
    let pair = Pair::new();
    pair.start_far(&mut stack, counts);
    assert_eq!(
        pair.flag.get(),
        0,
        "the flag is cleared once the stack was left"
    );
    for round in 1..1000u64 {
        assert_eq!(*pair.log.borrow(), (0..round).collect::<Vec<_>>());
        pair.to_far();
        pair.flag.set(1);
    }
}

unsafe extern "C" fn unwinds_within(pair: *mut u8) -> ! {
    // SAFETY: as in `counts`.
    let pair = unsafe { &*pair.cast::<Pair>() };
    let caught = std::panic::catch_unwind(|| std::panic::resume_unwind(Box::new(7u64)));
    pair.log
        .borrow_mut()
        .push(*caught.unwrap_err().downcast::<u64>().unwrap());
    let frames = std::backtrace::Backtrace::force_capture().to_string();
    pair.log
        .borrow_mut()
        .push(frames.contains("unwinds_within") as u64);
    // The walk ends at the goroutine's root and never reaches the near stack.
    pair.log
        .borrow_mut()
        .push(frames.contains("backtrace_ends_at_the_root") as u64);
    pair.to_near();
    unreachable!("never resumed");
}

#[test]
fn a_panic_unwinds_and_a_backtrace_ends_at_the_root() {
    let mut stack = vec![0u128; 16 * 4096];
    let pair = Pair::new();
    pair.start_far(&mut stack, unwinds_within);
    assert_eq!(*pair.log.borrow(), [7, 1, 0]);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_changed_rounding_mode_is_noticed_and_past_events_are_not() {
    use super::environment_is_default;
    fn set_mxcsr(v: u32) {
        // SAFETY: no floating-point operation runs until it is put back.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &v) };
    }
    assert!(environment_is_default());
    set_mxcsr(0x1F80 | 0x20);
    let after_an_inexact_result = environment_is_default();
    set_mxcsr(0x1F80 | 0x4000);
    let while_rounding_up = environment_is_default();
    set_mxcsr(0x1F80);
    assert!(after_an_inexact_result && !while_rounding_up);
}
