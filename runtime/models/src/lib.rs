//! The runtime's lock-free parts under loom, which runs every interleaving and
//! every reordering that the memory model allows.
//!
//! The files are the runtime's own, compiled again with another `crate::loom`. A
//! module that is to be checked imports its atomics and cells from there and
//! nothing else of its crate.
//!
//! `cargo test --release -p marmota-models`
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "a model uses a part of what a file and the shim offer"
)]

mod loom;

#[path = "../../src/sched/runq.rs"]
mod runq;

pub mod runq_models;
