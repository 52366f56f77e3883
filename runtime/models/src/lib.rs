//! The runtime's lock-free parts under loom, which runs every interleaving and
//! every reordering that the memory model allows.
//!
//! The files are the runtime's own, compiled again with another `crate::loom`. A
//! module that is to be checked imports its atomics and cells from there and
//! nothing else of its crate, or only what `kernel`, `lock`, `sched`, `race`,
//! `sim`, `sys` and `fatal` here stand in for.
//!
//! `cargo test --release -p marmota-models`
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "a model uses a part of what a file and the shim offer"
)]

mod chan;
mod fatal;
mod gc;
mod kernel;
mod lock;
mod loom;
mod race;
mod sched;
mod sim;
mod sys;

#[path = "../../src/sync/bias.rs"]
mod bias;
#[path = "../../src/sched/claim.rs"]
mod claim;
#[path = "../../src/fence.rs"]
mod fence;
#[path = "../../src/sync/lean.rs"]
mod lean;
#[path = "../../src/sched/parking.rs"]
mod parking;
#[path = "../../src/sync/raw.rs"]
mod raw;
#[path = "../../src/sched/runq.rs"]
mod runq;
#[path = "../../src/sync/weighted.rs"]
mod weighted;

pub mod bias_models;
pub mod channel_models;
pub mod claim_models;
pub mod gc_models;
pub mod gc_world_models;
pub mod mutex_models;
pub mod parking_models;
pub mod runq_models;
pub mod semaphore_models;
