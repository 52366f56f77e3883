//! Walking a parked stack is not written for this CPU: dumps show the place where a
//! goroutine waits, without the frames that led there.

/// The registers a walk starts from: none.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Regs;

impl Regs {
    /// The place and stack pointer.
    pub(crate) fn at(_ip: usize, _sp: usize, _rest: usize) -> Regs {
        Regs
    }

    /// Of a stack that `switch` left.
    ///
    /// # Safety
    /// None needed here; the signature is the seam's.
    pub(crate) unsafe fn of_parked(_sp: *mut u8) -> Regs {
        Regs
    }

    /// Of code that a signal interrupted.
    ///
    /// # Safety
    /// None needed here; the signature is the seam's.
    pub(crate) unsafe fn of_signal(_context: *const libc::c_void) -> Option<Regs> {
        None
    }
}

/// Does nothing: no walk, no frames.
///
/// # Safety
/// None needed here; the signature is the seam's.
pub(crate) unsafe extern "C" fn call_below(
    _regs: *const Regs,
    _f: unsafe extern "C" fn(*mut u8),
    _arg: *mut u8,
) {
}

/// There is no bridge to recognise.
pub(crate) const BRIDGE_BYTES: usize = 0;
