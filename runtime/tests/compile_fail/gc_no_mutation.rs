//! A shared object is not changed through its handle.

use marmota::gc::{Gc, GcCell, UniqueGc};

fn main() {
    let mut shared = Gc::new(vec![1]);
    shared.push(2);
    let mut unique = UniqueGc::new(vec![1]);
    unique.push(2);
    let _shared = unique.share();
    unique.push(3);
    let cell = GcCell::new(Gc::new(1));
    let read = {
        let pinned = marmota::gc::pin();
        cell.load(&pinned)
    };
    println!("{read:?}");
}
