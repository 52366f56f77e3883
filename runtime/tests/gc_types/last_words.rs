//! What is run when an object has died: cleanups and finalizers.

use crate::{Alive, Node, collect, in_runtimes, node};
use marmota::gc::{self, Gc};
use std::sync::atomic::Ordering::SeqCst;

#[test]
fn cleanups_run_once_in_order_after_the_object_has_died() {
    in_runtimes(|| {
        let (tx, rx) = marmota::chan(10);
        let object = Gc::new(1u64);
        for i in 0..3 {
            let tx = tx.clone();
            let cleanup = gc::add_cleanup(&object, move || tx.send(i));
            if i == 1 {
                assert!(cleanup.stop());
                assert!(!cleanup.stop());
            }
        }
        collect();
        assert!(rx.is_empty());
        drop(object);
        collect();
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(0), Ok(2)));
        collect();
        assert!(rx.is_empty());
    });
}

#[test]
fn a_finalizer_gets_the_object_alive_once_with_all_it_leads_to() {
    in_runtimes(|| {
        let alive = Alive::default();
        let (tx, rx) = marmota::chan::<Gc<Node>>(10);
        let (cleaned, cleanups) = marmota::chan(10);
        let object = node(&alive, 1);
        object.next.set(Some(node(&alive, 2)));
        // On a cycle, too.
        object.next.get().unwrap().next.set(Some(object.clone()));
        let weak = Gc::downgrade(&object);
        let neighbour = Gc::downgrade(&object.next.get().unwrap());
        gc::add_cleanup(&object, move || cleaned.send(()));
        gc::set_finalizer(&object, move |object| tx.send(object));
        collect();
        assert!(rx.is_empty());
        drop(object);
        collect();
        let object = rx.recv().unwrap();
        assert_eq!((object.id, object.next.get().unwrap().id), (1, 2));
        assert!(weak.upgrade().is_none(), "cleared before the finalizer");
        assert!(neighbour.upgrade().is_some(), "revived with the object");
        assert!(cleanups.is_empty(), "the object is alive");
        assert_eq!(alive.0.load(SeqCst), 2);
        drop(object);
        alive.becomes(0);
        assert!(rx.is_empty(), "a finalizer runs once");
        assert_eq!(cleanups.try_recv(), Ok(()));
    });
}

#[test]
fn a_finalizer_may_set_another_and_may_be_taken_off() {
    in_runtimes(|| {
        let alive = Alive::default();
        let (tx, rx) = marmota::chan(10);
        let object = node(&alive, 1);
        let again = tx.clone();
        gc::set_finalizer(&object, move |object| {
            let last = again.clone();
            gc::set_finalizer(&object, move |_| last.send("second"));
            again.send("first");
        });
        let second = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            gc::set_finalizer(&object, |_| {});
        }));
        assert!(second.is_err());
        drop(object);
        alive.becomes(0);
        assert_eq!((rx.try_recv(), rx.try_recv()), (Ok("first"), Ok("second")));
        let object = node(&alive, 2);
        gc::set_finalizer(&object, move |_| tx.send("never"));
        assert!(gc::clear_finalizer(&object) && !gc::clear_finalizer(&object));
        drop(object);
        alive.becomes(0);
        assert!(rx.is_empty());
    });
}
