//! The small course's grader: opens the private pipe. As in the real course, the
//! `unsafe` for it lies in a package that the lesson's own code does not see.

use std::fs::File;
use std::os::fd::FromRawFd;

pub fn pipe() -> File {
    let fd = std::env::var("MARMOTA_GRADER_FD").unwrap();
    // SAFETY: handed to this process by who started it, and opened once.
    unsafe { File::from_raw_fd(fd.parse().unwrap()) }
}
