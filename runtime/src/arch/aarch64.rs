//! The switch on aarch64 (AAPCS64), to the same interface and protocol as x86-64.
//! Run under QEMU only.
//!
//! A stack that was left looks like this:
//!
//! ```text
//!        higher addresses
//!   |  the caller's frame              |
//!   +----------------------------------+
//!   |  fpcr, pad                       |  sp + 32
//!   |  x19, address to go on at        |  sp + 16
//!   |  x29 (frame pointer), x30 (link) |  sp
//!   +----------------------------------+
//! ```
//!
//! x19 and x29 may not be declared clobbered and are saved by hand; x20 to x28
//! and d8 to d15 are declared, so the compiler saves those in use. x18 is the
//! platform's and is left alone.

use std::arch::{asm, naked_asm};

/// Leaves this stack for one that was left by `switch` or `start`.
///
/// # Safety
/// `to` was saved by one of these two functions and has not been resumed since;
/// `save` and `off_cpu` are valid to write. The caller owns everything that the
/// resumed code expects to own.
#[inline(always)]
pub(crate) unsafe fn switch(save: *mut *mut u8, to: *mut u8, off_cpu: *mut u8) {
    // SAFETY: the block saves what it does not declare clobbered in the frame
    // drawn above, and control comes back to label 2 with that frame on top.
    unsafe {
        asm!(
            "sub sp, sp, #48",
            "stp x29, x30, [sp]",
            "adr x9, 2f",
            "stp x19, x9, [sp, #16]",
            "mrs x10, fpcr",
            "str x10, [sp, #32]",
            "mov x11, sp",
            "str x11, [x0]",
            "mov sp, x1",
            // Release: all of the frame above is visible before the flag clears.
            "stlrb wzr, [x2]",
            "ldr x9, [sp, #24]",
            "br x9",
            "2:",
            "ldr x9, [sp, #32]",
            "cmp x9, x10",
            "b.eq 3f",
            "msr fpcr, x9",
            "3:",
            "ldr x19, [sp, #16]",
            "ldp x29, x30, [sp]",
            "add sp, sp, #48",
            inlateout("x0") save => _,
            inlateout("x1") to => _,
            inlateout("x2") off_cpu => _,
            lateout("x20") _, lateout("x21") _, lateout("x22") _, lateout("x23") _,
            lateout("x24") _, lateout("x25") _, lateout("x26") _, lateout("x27") _,
            lateout("x28") _,
            lateout("d8") _, lateout("d9") _, lateout("d10") _, lateout("d11") _,
            lateout("d12") _, lateout("d13") _, lateout("d14") _, lateout("d15") _,
            clobber_abi("C"),
        );
    }
}

/// Leaves this stack and calls `root(arg)` on the stack whose highest address is
/// `top`, with a fresh floating-point control register.
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
    // SAFETY: as in `switch`; the new side begins at `enter_root`.
    unsafe {
        asm!(
            "sub sp, sp, #48",
            "stp x29, x30, [sp]",
            "adr x9, 2f",
            "stp x19, x9, [sp, #16]",
            "mrs x10, fpcr",
            "str x10, [sp, #32]",
            "mov x11, sp",
            "str x11, [x0]",
            "mov sp, x1",
            "stlrb wzr, [x2]",
            "b {enter}",
            "2:",
            "ldr x9, [sp, #32]",
            "cmp x9, x10",
            "b.eq 3f",
            "msr fpcr, x9",
            "3:",
            "ldr x19, [sp, #16]",
            "ldp x29, x30, [sp]",
            "add sp, sp, #48",
            enter = sym enter_root,
            inlateout("x0") save => _,
            inlateout("x1") top => _,
            inlateout("x2") off_cpu => _,
            in("x3") root,
            in("x4") arg,
            lateout("x20") _, lateout("x21") _, lateout("x22") _, lateout("x23") _,
            lateout("x24") _, lateout("x25") _, lateout("x26") _, lateout("x27") _,
            lateout("x28") _,
            lateout("d8") _, lateout("d9") _, lateout("d10") _, lateout("d11") _,
            lateout("d12") _, lateout("d13") _, lateout("d14") _, lateout("d15") _,
            clobber_abi("C"),
        );
    }
}

/// The lowest frame of a goroutine. x3 = root, x4 = its argument. The return
/// address is declared undefined, so that unwinders and debuggers stop here.
#[unsafe(naked)]
unsafe extern "C" fn enter_root() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined x30",
        "mov x29, xzr",
        "mov x30, xzr",
        "msr fpcr, xzr",
        "mov x0, x4",
        "blr x3",
        "brk #1",
        ".cfi_endproc",
    )
}
