//! Pool, Map, Semaphore, errgroup and singleflight, on both drivers.

#[path = "../common/mod.rs"]
mod common;

mod errgroup;
mod map;
mod pool;
mod semaphore;
mod singleflight;
