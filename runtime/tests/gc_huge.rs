//! Objects with a mapping of their own, beside arenas that are added while marking is on.
//!
//! A process of its own: it counts on which arenas there are.

use marmota::gc::testing::{begin_cycle, end_cycle};
use marmota::gc::{Gc, GcVec};

/// More than an arena has, and nearly all of one.
const HUGE: usize = 9_000_000;
const LARGE: usize = 7_000_000;

#[test]
fn what_only_a_handle_keeps_lives_whatever_is_added_while_marking() {
    let huge: Vec<GcVec<Gc<u64>>> = (0..3).map(|_| GcVec::with_capacity(HUGE)).collect();
    for (i, vec) in huge.iter().enumerate() {
        vec.push(Gc::new(i as u64));
    }
    let fills = GcVec::<Gc<u64>>::with_capacity(LARGE);
    for _ in 0..3 {
        begin_cycle();
        let adds = GcVec::<Gc<u64>>::with_capacity(LARGE);
        end_cycle();
        for (i, vec) in huge.iter().enumerate() {
            assert_eq!(vec.get(0).map(|at| *at), Some(i as u64));
        }
        drop(adds);
    }
    drop(fills);
}
