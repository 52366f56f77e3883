//! Systems without landlock and seccomp: no walls, and [`super::missing`] says so.

use std::io;
use std::path::Path;

/// No walls.
pub struct Sandbox;

impl Sandbox {
    /// Nothing to build.
    pub fn new(_: &Path, _: &Path) -> io::Result<Self> {
        Ok(Self)
    }

    /// Nothing to enter.
    pub fn enter(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Not here.
pub fn landlock_version() -> Option<i64> {
    None
}

/// Not here.
pub fn has_seccomp() -> bool {
    false
}

/// Not looked for.
pub fn guard_regions() -> Option<bool> {
    None
}

/// Not known.
pub fn free_space(_: &Path) -> Option<u64> {
    None
}
