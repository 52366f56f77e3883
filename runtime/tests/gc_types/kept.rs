//! What keeps an object: a pin while it lasts, and whoever `who_keeps` names.

use crate::{Alive, in_runtimes, node};
use marmota::Chan;
use marmota::gc::{self, Gc, GcCell};

#[test]
fn what_is_loaded_under_a_pin_stays_until_its_end() {
    in_runtimes(|| {
        let alive = Alive::default();
        let holder = Gc::new(GcCell::new(Some(node(&alive, 5))));
        let pinned = gc::pin();
        let read = holder.load(&pinned).unwrap();
        holder.set(None);
        for _ in 0..5 {
            gc::gc();
            drop(node(&alive, 6));
        }
        assert_eq!(read.id, 5);
        drop(pinned);
        alive.becomes(0);
    });
}

#[test]
fn who_keeps_an_object_is_told_with_the_way_to_it() {
    in_runtimes(|| {
        let alive = Alive::default();
        let (root, middle, leaf) = (node(&alive, 1), node(&alive, 2), node(&alive, 3));
        root.next.set(Some(middle.clone()));
        middle.next.set(Some(leaf.clone()));
        drop(middle);
        let keepers = marmota::debug::who_keeps(&leaf);
        assert_eq!(keepers.handles, 0);
        let handles: Vec<u64> = keepers.path.iter().map(|k| k.handles).collect();
        assert_eq!(handles, [1, 0, 1]);
        assert_eq!(keepers.path[0].address, std::ptr::from_ref(&*root).addr());
        assert_eq!(keepers.path[2].address, std::ptr::from_ref(&*leaf).addr());
        let text = keepers.to_string();
        assert!(
            text.starts_with("kept alive\n  by gc_types::Node at 0x"),
            "{text}"
        );
        assert!(
            text.contains("(1 handle)\n  -> gc_types::Node at"),
            "{text}"
        );
        // Through a channel in the heap, and with many objects around.
        let chan = Chan::new(1);
        chan.send(leaf.clone());
        let holder = Gc::new(chan);
        root.next.set(None);
        let crowd: Vec<_> = (0..5000).map(|i| node(&alive, i)).collect();
        let boxed = Box::new(leaf.clone());
        let keepers = marmota::debug::who_keeps(&leaf);
        assert_eq!((keepers.handles, keepers.path.len()), (1, 3));
        assert_eq!(keepers.path[0].address, std::ptr::from_ref(&*holder).addr());
        drop((holder, boxed, crowd));
        assert_eq!(
            marmota::debug::who_keeps(&leaf).to_string(),
            "kept alive by nothing but the handle asked with"
        );
    });
}
