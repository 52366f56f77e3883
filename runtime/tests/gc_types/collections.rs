//! `GcVec` and `GcMap`: many edges in one object.

use crate::{Alive, Node, Token, collect, in_runtimes, node};
use marmota::gc::{self, Gc, GcMap, GcVec, Trace};

#[test]
fn a_vector_of_edges_does_what_a_vector_does() {
    in_runtimes(|| {
        let alive = Alive::default();
        for in_heap in [false, true] {
            let outside = GcVec::new();
            let inside = Gc::new(GcVec::new());
            let vec: &GcVec<Gc<Node>> = if in_heap { &inside } else { &outside };
            let mut model: Vec<u64> = Vec::new();
            let ids = |vec: &GcVec<Gc<Node>>| vec.iter().map(|n| n.id).collect::<Vec<_>>();
            for id in 0..40 {
                vec.push(node(&alive, id));
                model.push(id);
            }
            collect();
            assert_eq!(ids(vec), model);
            vec.insert(3, node(&alive, 100));
            model.insert(3, 100);
            vec.insert(41, node(&alive, 101));
            model.insert(41, 101);
            assert_eq!(vec.remove(0).id, model.remove(0));
            assert_eq!(vec.swap_remove(5).id, model.swap_remove(5));
            assert_eq!(vec.pop().map(|n| n.id), model.pop());
            assert_eq!(vec.swap(2, node(&alive, 102)).id, model[2]);
            model[2] = 102;
            vec.set(1, node(&alive, 103));
            model[1] = 103;
            assert_eq!((ids(vec), vec.len()), (model.clone(), model.len()));
            alive.becomes(model.len());
            vec.truncate(10);
            model.truncate(10);
            alive.becomes(10);
            assert_eq!(ids(vec), model);
            assert!(vec.get(10).is_none());
            let pinned = gc::pin();
            assert_eq!(vec.load(9, &pinned).map(|n| n.id), Some(model[9]));
            assert!(vec.load(10, &pinned).is_none());
            drop(pinned);
            vec.clear();
            alive.becomes(0);
            assert!(vec.is_empty() && vec.pop().is_none());
            // A large one, in pages of its own; and a cycle through it.
            for id in 0..10_000 {
                vec.push(node(&alive, id));
            }
            collect();
            assert_eq!(vec.get(9_999).map(|n| n.id), Some(9_999));
            drop((outside, inside));
            alive.becomes(0);
        }
        let out = std::panic::catch_unwind(|| GcVec::<Gc<u8>>::new().set(0, Gc::new(1)));
        let text = *out.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(text, "index out of range [0] with length 0");
    });
}

#[test]
fn cycles_through_vectors_and_maps_are_collected() {
    #[derive(Trace)]
    struct Hub {
        list: GcVec<Gc<Hub>>,
        map: GcMap<String, Gc<Hub>>,
        token: Token,
    }
    in_runtimes(|| {
        let alive = Alive::default();
        let new = || {
            Gc::new(Hub {
                list: GcVec::new(),
                map: GcMap::new(),
                token: alive.token(),
            })
        };
        let hub = new();
        for i in 0..20 {
            let other = new();
            other.list.push(hub.clone());
            hub.list.push(other.clone());
            other.map.insert("hub".into(), hub.clone());
            hub.map.insert(format!("{i}"), other);
        }
        alive.becomes(21);
        assert!(Gc::ptr_eq(
            &hub.map.get("7").unwrap(),
            &hub.list.get(7).unwrap()
        ));
        assert!(hub.map.insert("7".into(), hub.clone()).is_some());
        assert!(hub.map.remove("8").is_some() && hub.map.remove("8").is_none());
        hub.list.clear();
        alive.becomes(19);
        assert!(hub.map.insert("new".into(), new()).is_none());
        assert_eq!((hub.map.len(), hub.map.entries().len()), (20, 20));
        hub.map.get_or_insert_with("newer".into(), new);
        assert!(Gc::ptr_eq(
            &hub.map.get_or_insert_with("newer".into(), new),
            &hub.map.get("newer").unwrap()
        ));
        alive.becomes(21);
        hub.map.clear();
        alive.becomes(1);
        drop(hub);
        alive.becomes(0);
    });
}
