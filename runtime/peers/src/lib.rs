//! The benchmark table: our runtime beside Go and the best Rust peers.
//!
//! Every row of the table is one small program written once per runtime, as a
//! user of that runtime would write it: the same work, the same values, checked
//! at the end. Each runtime is a binary of its own (and one Go program in
//! `go/`), so that none of them shares a process, an allocator state or a
//! thread pool with another; the driver, `peers`, interleaves their runs and
//! prints the table.
//!
//! | binary | what it is |
//! |---|---|
//! | `peers` | the driver: builds all, runs all, prints one table |
//! | `ours` | marmota; on its own for a profiler: `ours pingpong 1` |
//! | `peer-tokio` | tokio's multi-thread runtime with its own channels and locks |
//! | `peer-may` | may's stackful coroutines |
//! | `peer-threads` | threads with std's locks |
//! | `peer-crossbeam`, `peer-flume-threads`, `peer-kanal-threads` | channel crates on threads |
//! | `peer-flume`, `peer-kanal` | channel crates' async side on tokio |
//! | `peer-shuttle` | shuttle, for deterministic schedules |
//! | `peer-gc`, `peer-gc-arena`, `peer-dumpster` | crates with a collector |
//! | `peer-box`, `peer-rc` | std's pointers, without a collector |
//!
//! A program leaves out a row that its runtime has no honest equivalent for,
//! and says so at its top.

pub mod direct;
pub mod harness;
pub mod rows;
pub mod tasks;
pub mod threads;
