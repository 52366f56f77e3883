//! Two processes do not share memory. `fork` makes a second process out of this one; what one
//! of them writes to a variable, the other never sees.

#![allow(
    unsafe_code,
    reason = "fork has no safe form, and fork is the point of this program"
)]

// ANCHOR: main
fn main() {
    let mut a = 10;

    // SAFETY: this process has only one thread, so the child starts with no lock held by a
    // thread that it does not have.
    match unsafe { libc::fork() } {
        -1 => panic!("fork: {}", std::io::Error::last_os_error()),
        0 => {
            a += 10;
            println!("child:  fork returned 0, I set a to {a}");
        }
        child => {
            // SAFETY: `child` is a child of this process, and a null pointer says that its
            // exit status is not wanted.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
            println!("parent: fork returned the child's number, my a is {a}");
        }
    }
}
// ANCHOR_END: main
