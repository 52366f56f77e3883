//! The switch on x86-64, System V calling convention.
//!
//! A stack that was left looks like this, `sp` being what was saved:
//!
//! ```text
//!        higher addresses
//!   |  the caller's frame              |
//!   +----------------------------------+
//!   |  rbp                             |  sp + 24
//!   |  rbx                             |  sp + 16
//!   |  mxcsr (4), x87 control (2), pad |  sp + 8
//!   |  address to go on at             |  sp
//!   +----------------------------------+
//! ```
//!
//! rbx and rbp are pushed by hand because an `asm!` block may not declare them
//! clobbered; r12 to r15 are declared so, and the compiler saves those that are
//! in use. The switch ends in a jump through a register and not in `ret`: the
//! processor's return predictor belongs to the stack that was left.
//!
//! The control words are stored on every switch and loaded only when the two
//! sides differ, which is nearly never (`ldmxcsr` and `fldcw` are slow).

use std::arch::{asm, naked_asm};

/// The state a new goroutine starts with: all exceptions masked, round to
/// nearest, extended x87 precision (System V ABI, 3.4.1).
const MXCSR_AT_START: u32 = 0x1F80;
const FPUCW_AT_START: u16 = 0x037F;

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
            "push rbp",
            "push rbx",
            "sub rsp, 8",
            "stmxcsr dword ptr [rsp]",
            "fnstcw word ptr [rsp + 4]",
            "mov r8d, dword ptr [rsp]",
            "movzx r9d, word ptr [rsp + 4]",
            "lea rcx, [rip + 2f]",
            "push rcx",
            "mov qword ptr [rdi], rsp",
            // From here on we stand on the other stack; x86 stores are releases.
            "mov rsp, rsi",
            "mov byte ptr [rdx], 0",
            "pop rcx",
            "jmp rcx",
            // Resumed: rsp points at the control words, r8d and r9d hold those
            // of the side that switched to us.
            "2:",
            "cmp dword ptr [rsp], r8d",
            "jne 3f",
            "cmp word ptr [rsp + 4], r9w",
            "je 4f",
            "3:",
            "ldmxcsr dword ptr [rsp]",
            "fldcw word ptr [rsp + 4]",
            "4:",
            "add rsp, 8",
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
/// `top`, with fresh floating-point control words.
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
            "push rbp",
            "push rbx",
            "sub rsp, 8",
            "stmxcsr dword ptr [rsp]",
            "fnstcw word ptr [rsp + 4]",
            "mov r8d, dword ptr [rsp]",
            "movzx r9d, word ptr [rsp + 4]",
            "lea rcx, [rip + 2f]",
            "push rcx",
            "mov qword ptr [rdi], rsp",
            "mov rsp, rsi",
            "mov byte ptr [rdx], 0",
            "jmp {enter}",
            "2:",
            "cmp dword ptr [rsp], r8d",
            "jne 3f",
            "cmp word ptr [rsp + 4], r9w",
            "je 4f",
            "3:",
            "ldmxcsr dword ptr [rsp]",
            "fldcw word ptr [rsp + 4]",
            "4:",
            "add rsp, 8",
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

/// The lowest frame of a goroutine. r11 = root, r10 = its argument, r8d and r9d =
/// the control words as they are; rsp is 16-byte aligned. The return address is
/// declared undefined, so that unwinders and debuggers stop here.
#[unsafe(naked)]
unsafe extern "C" fn enter_root() {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "xor ebp, ebp",
        "cmp r8d, {mxcsr}",
        "jne 3f",
        "cmp r9d, {fpucw}",
        "je 4f",
        "3:",
        "sub rsp, 16",
        "mov dword ptr [rsp], {mxcsr}",
        "mov word ptr [rsp + 4], {fpucw}",
        "ldmxcsr dword ptr [rsp]",
        "fldcw word ptr [rsp + 4]",
        "add rsp, 16",
        "4:",
        "mov rdi, r10",
        "call r11",
        "ud2",
        ".cfi_endproc",
        mxcsr = const MXCSR_AT_START,
        fpucw = const FPUCW_AT_START,
    )
}
