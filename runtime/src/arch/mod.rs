//! The context switch: one file per CPU, all with the same interface.
//!
//! ```text
//! switch(save, to, off_cpu)          leave this stack, go on where `to` was left
//! start(save, top, off_cpu, f, arg)  leave this stack, call `f(arg)` on a new one
//! ```
//!
//! Both store the stack pointer they leave in `*save`, change stacks, and only
//! then clear the byte at `off_cpu`, which publishes that the stack they left
//! may be resumed by another thread (`G::on_cpu`). A frame on a left stack holds
//! all that the compiler may expect to survive a call: the callee-saved
//! registers. Nothing unwinds across a switch: a root function catches panics, and
//! call-frame information ends there.
//!
//! And a hint to the cache, [`prefetch`].

#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(target_arch = "x86_64")]
use x86_64 as cpu;
#[cfg(target_arch = "x86_64")]
#[path = "x86_64_walk.rs"]
pub(crate) mod walk;

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "aarch64")]
use aarch64 as cpu;
#[cfg(target_arch = "aarch64")]
#[path = "aarch64_walk.rs"]
pub(crate) mod walk;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
compile_error!("marmota has a context switch for x86-64 and aarch64 only");

#[cfg(all(test, not(marmota_asan), target_arch = "x86_64"))]
use cpu::environment_is_default;

use crate::sanitize;

/// Leaves this stack for one that was left by `switch` or `start`.
///
/// # Safety
/// `to` was saved by one of these two functions and has not been resumed since;
/// `save` and `off_cpu` are valid to write. The caller owns everything that the
/// resumed code expects to own.
#[inline(always)]
pub(crate) unsafe fn switch(save: *mut *mut u8, to: *mut u8, off_cpu: *mut u8) {
    sanitize::before_switch(to);
    // SAFETY: by this function's contract.
    unsafe { cpu::switch(save, to, off_cpu) };
    sanitize::after_switch();
}

/// Leaves this stack and calls `root(arg)` on the stack whose highest address is `top`;
/// `root` says that it has arrived (`sanitize::arrived`).
///
/// # Safety
/// As for [`switch`]; `top` is 16-byte aligned and ends a stack nobody uses;
/// `root` never returns and lets no panic escape.
#[inline(always)]
pub(crate) unsafe fn start(
    save: *mut *mut u8,
    top: *mut u8,
    off_cpu: *mut u8,
    root: unsafe extern "C" fn(*mut u8) -> !,
    arg: *mut u8,
) {
    sanitize::before_start(top);
    // SAFETY: by this function's contract.
    unsafe { cpu::start(save, top, off_cpu, root, arg) };
    sanitize::after_switch();
}

/// Asks for the cache line at this address, which need not be one of anything.
#[inline(always)]
pub(crate) fn prefetch(at: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which faults at no address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!("prfm pldl1keep, [{at}]", at = in(reg) at, options(nostack, readonly, preserves_flags));
    }
}

// Their stacks are none that the sanitizer has been told of.
#[cfg(all(test, not(marmota_asan)))]
mod tests;
