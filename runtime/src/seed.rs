//! Where randomness comes from: one number from the system per process.

use std::hash::{BuildHasher, Hasher};

/// A number that differs from process to process and from call to call.
pub(crate) fn process_random() -> u64 {
    // The standard library seeds its hash maps from the system's source.
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}
