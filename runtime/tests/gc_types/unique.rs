//! `UniqueGc`: an object that one has alone, and then shares.

use crate::{Alive, Node, Token, collect, in_runtimes, node};
use marmota::gc::{self, Gc, GcCell, GcVec, Trace, UniqueGc};
use marmota::sync::WaitGroup;

#[test]
fn a_unique_object_can_be_changed_until_it_is_shared() {
    in_runtimes(|| {
        let alive = Alive::default();
        let mut unique = UniqueGc::new(vec![node(&alive, 1)]);
        collect();
        unique.push(node(&alive, 2));
        let taken = unique.remove(0);
        collect();
        assert_eq!(taken.id, 1);
        let shared: Gc<Vec<Gc<Node>>> = unique.share();
        collect();
        assert_eq!(shared[0].id, 2);
        drop(taken);
        alive.becomes(1);
        drop(shared);
        alive.becomes(0);
        let unshared = UniqueGc::new((node(&alive, 3), alive.token()));
        collect();
        assert_eq!(unshared.0.id, 3);
        drop(unshared);
        alive.becomes(0);
        // A cycle through what was put in while it was private.
        let mut unique = UniqueGc::new((GcVec::new(), alive.token()));
        let me = Gc::new(GcCell::new(None::<Gc<Hoop>>));
        unique.0 = GcVec::from_iter([Gc::new(Ring(me.clone()))]);
        me.set(Some(unique.share()));
        drop(me);
        alive.becomes(0);
        let (inner, _token) = UniqueGc::new((node(&alive, 4), alive.token())).into_inner();
        collect();
        assert_eq!(inner.id, 4);
        drop((inner, _token));
        alive.becomes(0);
    });
}

#[derive(Trace)]
struct Ring(#[allow(dead_code, reason = "it is traced")] Gc<GcCell<Option<Gc<Hoop>>>>);
type Hoop = (GcVec<Gc<Ring>>, Token);

#[test]
fn sharing_while_marking_loses_nothing() {
    in_runtimes(|| {
        let alive = Alive::default();
        let group = WaitGroup::new();
        for _ in 0..3 {
            let alive = alive.clone();
            group.go(move || {
                for i in 0..60 {
                    let mut unique = UniqueGc::new(Vec::new());
                    for id in 0..20 {
                        unique.push(node(&alive, id));
                    }
                    if i % 5 == 0 {
                        gc::gc();
                    }
                    let shared = unique.share();
                    marmota::runtime::gosched();
                    assert!(shared.iter().map(|n| n.id).eq(0..20));
                }
            });
        }
        group.wait();
        alive.becomes(0);
    });
}
