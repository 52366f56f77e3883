//! What a graded test may touch: itself, its temporary folder, and nothing else.
//!
//! A lesson forbids `unsafe`, but safe code can open files and sockets and start
//! programs. Three walls stand around every graded test, each made of what the kernel
//! offers for it, and each put up between fork and exec, so before any code of a
//! learner's:
//!
//! | wall | keeps from |
//! |---|---|
//! | landlock | files: only the program, the system's libraries, `/dev/null` and a temporary folder can be reached; so no `/proc`, no own memory through it, no solutions |
//! | seccomp | processes (no fork, so no bomb and no escape from the group), sockets, other processes' memory |
//! | rlimits | large files, core dumps, piles of open files |
//!
//! A kernel that lacks one leaves a gap, which [`missing`] names: `doctor` and
//! `grade` show it. What follows from a wall is an error in the learner's own call
//! (permission denied), and the test goes on to whatever verdict that leads to.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod system;

pub use system::{Sandbox, free_space, guard_regions, has_seccomp, landlock_version};

/// The walls that this kernel cannot put up, for people.
pub fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if landlock_version().is_none() {
        missing.push("files are not confined: the kernel has no landlock");
    }
    if !has_seccomp() {
        missing.push("processes and sockets are not confined: the kernel has no seccomp");
    }
    missing
}
