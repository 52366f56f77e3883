//! Weak pointers lead to their object while it lives, and keep nothing.

use crate::{Alive, Node, Token, collect, in_runtimes, node};
use marmota::gc::{self, Gc, GcCell, Trace, Weak};
use marmota::sync::WaitGroup;

#[test]
fn a_weak_pointer_leads_to_its_object_until_that_dies() {
    in_runtimes(|| {
        let alive = Alive::default();
        let object = node(&alive, 7);
        let weak = Gc::downgrade(&object);
        assert!(weak.ptr_eq(&Gc::downgrade(&object)) && weak.ptr_eq(&weak.clone()));
        collect();
        assert_eq!(weak.upgrade().map(|n| n.id), Some(7));
        // Held by an object alone.
        let holder = Gc::new(GcCell::new(Some(object)));
        collect();
        assert_eq!(weak.upgrade().map(|n| n.id), Some(7));
        let back = weak.upgrade();
        holder.set(None);
        collect();
        assert!(weak.upgrade().is_some());
        drop(back);
        alive.becomes(0);
        assert!(weak.upgrade().is_none());
        assert!(Weak::<Node>::new().upgrade().is_none());
        // The address may be another's now: still nothing.
        let others: Vec<_> = (0..100).map(|i| node(&alive, i)).collect();
        assert!(weak.upgrade().is_none());
        drop(others);
        alive.becomes(0);
    });
}

#[test]
fn a_weak_pointer_in_a_cycle_does_not_keep_it() {
    in_runtimes(|| {
        #[derive(Trace)]
        struct Tree {
            parent: Weak<Tree>,
            child: GcCell<Option<Gc<Tree>>>,
            token: Token,
        }
        let alive = Alive::default();
        let parent = Gc::new_cyclic(|me: &Weak<Tree>| {
            assert!(me.upgrade().is_none());
            Tree {
                parent: Weak::new(),
                child: GcCell::new(Some(Gc::new(Tree {
                    parent: me.clone(),
                    child: GcCell::new(None),
                    token: alive.token(),
                }))),
                token: alive.token(),
            }
        });
        collect();
        let child = parent.child.get().unwrap();
        assert!(Gc::ptr_eq(&child.parent.upgrade().unwrap(), &parent));
        drop(parent);
        alive.becomes(1);
        assert!(child.parent.upgrade().is_none());
        drop(child);
        alive.becomes(0);
    });
}

#[test]
fn upgrading_beside_collections_gives_the_object_or_nothing() {
    in_runtimes(|| {
        let alive = Alive::default();
        let group = WaitGroup::new();
        for seed in 0..4 {
            let alive = alive.clone();
            group.go(move || {
                for i in 0..60 {
                    let id = seed * 1000 + i;
                    let object = node(&alive, id);
                    let weak = Gc::downgrade(&object);
                    drop(object);
                    let other = node(&alive, 99);
                    if i % 7 == 0 {
                        gc::gc();
                    }
                    for _ in 0..20 {
                        if let Some(object) = weak.upgrade() {
                            assert_eq!(object.id, id, "another's object");
                        }
                        marmota::runtime::gosched();
                    }
                    drop(other);
                }
            });
        }
        group.wait();
        alive.becomes(0);
    });
}
