//! Go-style concurrency for Rust.
