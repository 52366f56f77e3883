//! Walking a stack that nobody stands on, with the system's own unwinder.
//!
//! The unwinder starts where it is called. So it is called behind a bridge: a frame
//! whose call-frame information says that its caller is some other place altogether,
//! with the registers that lie in a table. Nothing is written to the stack that is
//! walked, and nothing is allocated.

use std::arch::naked_asm;

/// The registers a walk starts from: those that survive calls, and the place.
#[repr(C)]
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Regs {
    pub(crate) ip: usize,
    pub(crate) sp: usize,
    rbx: usize,
    rbp: usize,
    r12: usize,
    r13: usize,
    r14: usize,
    r15: usize,
}

impl Regs {
    /// The place and stack pointer, with all other registers holding `rest`.
    pub(crate) fn at(ip: usize, sp: usize, rest: usize) -> Regs {
        Regs {
            ip,
            sp,
            rbx: rest,
            rbp: rest,
            r12: rest,
            r13: rest,
            r14: rest,
            r15: rest,
        }
    }

    /// Of a stack that `switch` left, `sp` being what it saved.
    ///
    /// # Safety
    /// `sp` is such a value, and nobody resumes the stack meanwhile.
    pub(crate) unsafe fn of_parked(sp: *mut u8) -> Regs {
        let at = sp.cast::<usize>();
        // SAFETY: the frame drawn at the top of `x86_64.rs`. r12 to r15 were saved by
        // the compiler, further up, if they were in use.
        unsafe {
            Regs {
                ip: at.read(),
                sp: at as usize + 24,
                rbx: at.add(1).read(),
                rbp: at.add(2).read(),
                ..Regs::default()
            }
        }
    }

    /// Of code that a signal interrupted.
    ///
    /// # Safety
    /// `context` is what the kernel passed to the handler, which has not returned.
    #[cfg(target_os = "linux")]
    pub(crate) unsafe fn of_signal(context: *const libc::c_void) -> Option<Regs> {
        // SAFETY: by this function's contract.
        let regs = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
        let reg = |n: i32| regs[n as usize] as usize;
        Some(Regs {
            ip: reg(libc::REG_RIP),
            sp: reg(libc::REG_RSP),
            rbx: reg(libc::REG_RBX),
            rbp: reg(libc::REG_RBP),
            r12: reg(libc::REG_R12),
            r13: reg(libc::REG_R13),
            r14: reg(libc::REG_R14),
            r15: reg(libc::REG_R15),
        })
    }

    /// Where the registers are found in a signal's frame is not known here.
    #[cfg(not(target_os = "linux"))]
    pub(crate) unsafe fn of_signal(_context: *const libc::c_void) -> Option<Regs> {
        None
    }
}

/// Calls `f(arg)` such that an unwinder in it finds `regs` as the caller of this
/// function. `f` returns here; nothing may unwind out of it.
///
/// # Safety
/// The stack that `regs` belong to stays as it is meanwhile.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn call_below(
    regs: *const Regs,
    f: unsafe extern "C" fn(*mut u8),
    arg: *mut u8,
) {
    // rbx points at the table. DWARF: 0x0f is def_cfa_expression, 0x10 expression
    // (a register's value lies at the address computed), 0x73 n is "rbx + n", 0x06
    // dereferences. Registers: 3 rbx, 6 rbp, 12 to 15, 16 the return address. As in a
    // signal's frame, the place is the very instruction, not one after a call.
    naked_asm!(
        ".cfi_startproc",
        ".cfi_signal_frame",
        "push rbx",
        ".cfi_def_cfa rsp, 16",
        ".cfi_offset rbx, -16",
        "mov rbx, rdi",
        ".cfi_escape 0x0f, 3, 0x73, 8, 0x06",
        ".cfi_escape 0x10, 16, 2, 0x73, 0",
        ".cfi_escape 0x10, 3, 2, 0x73, 16",
        ".cfi_escape 0x10, 6, 2, 0x73, 24",
        ".cfi_escape 0x10, 12, 2, 0x73, 32",
        ".cfi_escape 0x10, 13, 2, 0x73, 40",
        ".cfi_escape 0x10, 14, 2, 0x73, 48",
        ".cfi_escape 0x10, 15, 2, 0x73, 56",
        "mov rdi, rdx",
        "call rsi",
        "pop rbx",
        "ret",
        ".cfi_endproc",
    )
}

/// Bytes of `call_below`, at most: its frame is recognised by its place.
pub(crate) const BRIDGE_BYTES: usize = 32;
