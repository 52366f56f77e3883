//! Stack overflow: a fault in a goroutine's guard is told, not a bare SIGSEGV.
//!
//! The handler runs on an alternate stack, one per thread (the goroutine's own is
//! full), and uses nothing but the current M's word, which needs no allocation. A
//! fault anywhere else goes to the handler that was there before: the standard
//! library's, for a thread's own stack.

use crate::arch::walk::Regs;
use crate::fatal::{self, Stderr};
use crate::sched::{Home, m};
use crate::{stack, sys, walk};
use std::cell::UnsafeCell;
use std::fmt::Write;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Once;
use std::sync::atomic::Ordering::Relaxed;

/// Room for the kernel's frame (several KB with AVX-512) and for printing.
const ALTERNATE_BYTES: usize = 64 << 10;

struct Before(UnsafeCell<[MaybeUninit<libc::sigaction>; 2]>);
// SAFETY: written once, before the handler that reads it is installed.
unsafe impl Sync for Before {}
static BEFORE: Before = Before(UnsafeCell::new([MaybeUninit::uninit(); 2]));

const SIGNALS: [i32; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// This thread's alternate signal stack, while it lives.
pub(crate) struct AlternateStack {
    at: Option<NonNull<u8>>,
    before: libc::stack_t,
}

impl AlternateStack {
    /// Sets the handler up, once, and gives this thread its alternate stack.
    pub(crate) fn install() -> AlternateStack {
        static ONCE: Once = Once::new();
        ONCE.call_once(install_handler);
        let at = sys::reserve(ALTERNATE_BYTES);
        // SAFETY: a zeroed stack_t is valid.
        let mut before: libc::stack_t = unsafe { std::mem::zeroed() };
        if let Some(at) = at {
            let new = libc::stack_t {
                ss_sp: at.as_ptr().cast(),
                ss_flags: 0,
                ss_size: ALTERNATE_BYTES,
            };
            // SAFETY: the memory is ours and stays mapped until `drop`.
            unsafe { libc::sigaltstack(&new, &mut before) };
        }
        AlternateStack { at, before }
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        if let Some(at) = self.at {
            // SAFETY: puts back what was there; then nothing refers to ours.
            unsafe {
                libc::sigaltstack(&self.before, std::ptr::null_mut());
                sys::release(at, ALTERNATE_BYTES);
            }
        }
    }
}

fn install_handler() {
    for (i, signal) in SIGNALS.into_iter().enumerate() {
        // SAFETY: the handler is async-signal-safe; the old action is stored
        // before it can be called; BEFORE is written by this one call only.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_fault as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            let before = (*BEFORE.0.get())[i].as_mut_ptr();
            libc::sigaction(signal, std::ptr::null(), before);
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}

extern "C" fn on_fault(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid siginfo.
    let address = unsafe { (*info).si_addr() } as usize;
    if let Some(g) = m::current().and_then(|m| m.g.get())
        && g.home.get() != Home::Thread
    {
        let stack = g.stack.get();
        let low = stack.low as usize;
        if (low.saturating_sub(stack::guard_bytes())..low).contains(&address) {
            let bytes = (stack.top as usize - low).next_multiple_of(sys::page_size());
            {
                let mut err = Stderr::new();
                let id = g.id.load(Relaxed);
                let _ = writeln!(
                    err,
                    "runtime: goroutine stack exceeds {bytes}-byte limit\n\
                     fatal error: stack overflow\n\n\
                     goroutine {id} [running]:"
                );
            }
            // SAFETY: the kernel passes a valid context.
            let regs = unsafe { Regs::of_signal(context) };
            if let (Some(rt), Some(regs)) = (g.rt.get(), regs) {
                // SAFETY: this thread waits here, so its stack stays as it is.
                crate::dump::ask_for_stack(rt, unsafe { walk::walk(&regs) });
            }
            {
                let mut err = Stderr::new();
                crate::dump::created_by(&mut err, g);
                let _ = writeln!(
                    err,
                    "\tgive goroutines larger stacks with Runtime::builder().stack_size(bytes)"
                );
            }
            fatal::exit();
        }
    }
    forward(signal, info, context);
}

/// Not ours: the handler that was there before, or the default.
fn forward(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let i = SIGNALS.iter().position(|&s| s == signal).unwrap_or(0);
    // SAFETY: written before this handler was installed.
    let before = unsafe { (*BEFORE.0.get())[i].assume_init_ref() };
    match before.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {
            // SAFETY: the default action comes back and the faulting instruction
            // runs again, which ends the process with the right signal.
            unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = libc::SIG_DFL;
                libc::sigaction(signal, &action, std::ptr::null_mut());
            }
        }
        handler if before.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: SA_SIGINFO says that it is a function of this shape.
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                unsafe { std::mem::transmute(handler) };
            handler(signal, info, context);
        }
        handler => {
            // SAFETY: without SA_SIGINFO it is a function of this shape.
            let handler: extern "C" fn(i32) = unsafe { std::mem::transmute(handler) };
            handler(signal);
        }
    }
}
