//! `GcDyn`: trait objects are traced like their types.

use crate::{Alive, Token, collect, in_runtimes};
use marmota::gc::{Gc, GcDyn, Trace};

trait Shape: Send + Sync {
    fn area(&self) -> u64;
    fn inner(&self) -> Option<GcDyn<dyn Shape>> {
        None
    }
}
#[derive(Trace)]
struct Square(u64, Token);
#[derive(Trace)]
#[repr(align(64))]
struct Frame {
    inside: GcDyn<dyn Shape>,
    token: Token,
}
impl Shape for Square {
    fn area(&self) -> u64 {
        self.0 * self.0
    }
}
impl Shape for Frame {
    fn area(&self) -> u64 {
        self.inside.area() + 1
    }
    fn inner(&self) -> Option<GcDyn<dyn Shape>> {
        Some(self.inside.clone())
    }
}

#[test]
fn a_trait_object_is_traced_like_its_type() {
    in_runtimes(|| {
        let alive = Alive::default();
        let square = marmota::gc_dyn!(Gc::new(Square(3, alive.token())) => dyn Shape);
        let frame = Gc::new(Frame {
            inside: square.clone(),
            token: alive.token(),
        });
        let frame = marmota::gc_dyn!(frame => dyn Shape);
        drop(square);
        collect();
        assert_eq!(frame.area(), 10);
        let square = frame.inner().unwrap();
        drop(frame);
        alive.becomes(1);
        assert_eq!(square.area(), 9);
        drop(square);
        alive.becomes(0);
    });
}
