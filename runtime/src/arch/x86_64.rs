//! The switch on x86-64, System V calling convention.
//!
//! A stack that was left looks like this, `sp` being what was saved:
//!
//! ```text
//!        higher addresses
//!   |  the caller's frame              |
//!   +----------------------------------+
//!   |  rbp                             |  sp + 16
//!   |  rbx                             |  sp + 8
//!   |  address to go on at             |  sp
//!   +----------------------------------+
//! ```
//!
//! rbx and rbp are pushed by hand because an `asm!` block may not declare them
//! clobbered; r12 to r15 are declared so, and the compiler saves those that are
//! in use. The switch ends in a jump through a register and not in `ret`: the
//! processor's return predictor belongs to the stack that was left.
//!
//! The floating-point control words (MXCSR, the x87 control word) are not saved,
//! though the ABI counts them among what survives a call. Rust code runs in the default
//! environment: to run it in another is undefined behaviour (`core::arch`, under
//! `_mm_setcsr`), so whoever parks has the same words as whoever resumes, and foreign
//! code that changes them puts them back before it returns. Go does not save them
//! either. Their price was measured: `stmxcsr` alone takes 4 ns on a Zen 4, twice as
//! long as a locked exchange. Debug builds look, and stop the program if somebody forgot.

use std::arch::{asm, naked_asm};

/// Whether the floating-point environment is the one that Rust code runs in.
#[cfg(any(test, debug_assertions))]
pub(crate) fn environment_is_default() -> bool {
    // All exceptions masked, round to nearest, extended x87 precision (System V ABI,
    // 3.4.1). The low six bits of MXCSR only say what has happened.
    const MXCSR: u32 = 0x1F80;
    const EVENTS: u32 = 0x3F;
    const FPUCW: u16 = 0x037F;
    let (mut mxcsr, mut fpucw) = (0u32, 0u16);
    // SAFETY: stores the two words and changes nothing.
    unsafe {
        asm!(
            "stmxcsr dword ptr [{mxcsr}]",
            "fnstcw word ptr [{fpucw}]",
            mxcsr = in(reg) &mut mxcsr,
            fpucw = in(reg) &mut fpucw,
            options(nostack, preserves_flags),
        );
    }
    mxcsr & !EVENTS == MXCSR && fpucw == FPUCW
}

/// What debug builds do before they leave a stack.
#[inline(always)]
fn check_environment() {
    #[cfg(debug_assertions)]
    if !environment_is_default() {
        crate::fatal::fatal(format_args!(
            "runtime: a goroutine gives way with a changed floating-point environment \
             (rounding, exceptions or flushing): restore MXCSR and the x87 control word \
             before anything that may block"
        ));
    }
}

/// Leaves this stack for one that was left by `switch` or `start`.
///
/// # Safety
/// `to` was saved by one of these two functions and has not been resumed since;
/// `save` and `off_cpu` are valid to write. The caller owns everything that the
/// resumed code expects to own.
#[inline(always)]
pub(crate) unsafe fn switch(save: *mut *mut u8, to: *mut u8, off_cpu: *mut u8) {
    check_environment();
    // SAFETY: the block saves what it does not declare clobbered in the frame
    // drawn above, and control comes back to label 2 with that frame on top.
    unsafe {
        asm!(
            "push rbp",
            "push rbx",
            "lea rcx, [rip + 2f]",
            "push rcx",
            "mov qword ptr [rdi], rsp",
            // From here on we stand on the other stack; x86 stores are releases.
            "mov rsp, rsi",
            "mov byte ptr [rdx], 0",
            "pop rcx",
            "jmp rcx",
            // Resumed.
            "2:",
            "pop rbx",
            "pop rbp",
            inlateout("rdi") save => _,
            inlateout("rsi") to => _,
            inlateout("rdx") off_cpu => _,
            lateout("r12") _, lateout("r13") _, lateout("r14") _, lateout("r15") _,
            clobber_abi("C"),
        );
    }
}

/// Leaves this stack and calls `root(arg)` on the stack whose highest address is
/// `top`.
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
    check_environment();
    // SAFETY: as in `switch`; the new side begins at `enter_root`.
    unsafe {
        asm!(
            "push rbp",
            "push rbx",
            "lea rcx, [rip + 2f]",
            "push rcx",
            "mov qword ptr [rdi], rsp",
            "mov rsp, rsi",
            "mov byte ptr [rdx], 0",
            "jmp {enter}",
            "2:",
            "pop rbx",
            "pop rbp",
            enter = sym enter_root,
            inlateout("rdi") save => _,
            inlateout("rsi") top => _,
            inlateout("rdx") off_cpu => _,
            in("r10") arg,
            in("r11") root,
            lateout("r12") _, lateout("r13") _, lateout("r14") _, lateout("r15") _,
            clobber_abi("C"),
        );
    }
}

/// The lowest frame of a goroutine. r11 = root, r10 = its argument; rsp is 16-byte
/// aligned. The return address is declared undefined, so that unwinders and debuggers
/// stop here.
#[unsafe(naked)]
unsafe extern "C" fn enter_root() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "xor ebp, ebp",
        "mov rdi, r10",
        "call r11",
        "ud2",
        ".cfi_endproc",
    )
}
