//! Cleanups and finalizers: what is run after an object has died.

use super::Gc;
use super::specials::{self, Kind};
use super::trace::Trace;

/// A cleanup that waits for its object to die; see [`add_cleanup`].
#[derive(Debug)]
pub struct Cleanup {
    /// An address alone: the object may be gone.
    object: usize,
    number: u64,
}

/// Runs `cleanup` some time after nothing leads to the object any more (Go's
/// `runtime.AddCleanup`): in a goroutine of the collector's, after the collection that
/// finds out. An object may have many; they are begun in the order in which they were
/// added, and may run at the same time.
/// Those of objects that are alive at the program's end do not run.
///
/// The cleanup cannot see the object, which is gone. If it holds a handle on it, the object
/// never dies.
///
/// ```
/// use marmota::gc::{self, Gc};
/// # #[marmota::main]
/// # fn main() {
/// let (tx, rx) = marmota::chan(1);
/// let object = Gc::new([1, 2, 3]);
/// gc::add_cleanup(&object, move || tx.send("gone"));
/// drop(object);
/// gc::gc();
/// assert_eq!(rx.recv(), Some("gone"));
/// # }
/// ```
///
/// # Panics
/// A panic in `cleanup` is one in a goroutine: it ends the program.
pub fn add_cleanup<T: Trace>(object: &Gc<T>, cleanup: impl FnOnce() + Send + 'static) -> Cleanup {
    let address = object.publish();
    let number = specials::add(address, Kind::Cleanup(Box::new(cleanup)));
    Cleanup {
        object: address.addr(),
        number: number.unwrap_or(0),
    }
}

impl Cleanup {
    /// Takes the cleanup off; `false` if it was off already, or has been queued to run.
    ///
    /// ```
    /// use marmota::gc::{self, Gc};
    /// let object = Gc::new(1);
    /// let cleanup = gc::add_cleanup(&object, || unreachable!());
    /// assert!(cleanup.stop());
    /// assert!(!cleanup.stop());
    /// ```
    pub fn stop(&self) -> bool {
        specials::take_off(
            std::ptr::without_provenance_mut(self.object),
            |number, _| number == self.number,
        )
    }
}

/// Runs `finalizer` with the object once nothing leads to it any more (Go's
/// `runtime.SetFinalizer`). For that the object is alive again, with all that it leads to;
/// when it dies the next time, it is freed, unless a finalizer was set anew. Weak pointers
/// to it are cleared before, its cleanups run after its real end.
///
/// Unlike Go's, finalizers run for objects on cycles, and when several objects that lead
/// to each other die together, all of theirs run, in the order in which they were set.
///
/// Each finalizer costs a look at its object while the world is stopped: use a cleanup,
/// unless the object must be seen.
///
/// ```
/// use marmota::gc::{self, Gc};
/// # #[marmota::main]
/// # fn main() {
/// let (tx, rx) = marmota::chan(1);
/// let object = Gc::new(String::from("the last words"));
/// gc::set_finalizer(&object, move |object| tx.send(object));
/// drop(object);
/// gc::gc();
/// assert_eq!(*rx.recv().unwrap(), "the last words");
/// # }
/// ```
///
/// # Panics
/// `runtime.SetFinalizer: finalizer already set`.
#[track_caller]
pub fn set_finalizer<T: Trace>(object: &Gc<T>, finalizer: impl FnOnce(Gc<T>) + Send + 'static) {
    let run = move |object: *mut u8| {
        // SAFETY: the object is a `T`, and whoever runs this gives a count.
        finalizer(unsafe { Gc::rooted(object) });
    };
    if specials::add(object.publish(), Kind::Finalizer(Box::new(run))).is_none() {
        panic!("runtime.SetFinalizer: finalizer already set");
    }
}

/// Takes the object's finalizer off; `false` if it has none (Go's `SetFinalizer` with
/// nil).
///
/// ```
/// use marmota::gc::{self, Gc};
/// let object = Gc::new(1);
/// gc::set_finalizer(&object, |_| unreachable!());
/// assert!(gc::clear_finalizer(&object));
/// assert!(!gc::clear_finalizer(&object));
/// ```
pub fn clear_finalizer<T: Trace>(object: &Gc<T>) -> bool {
    specials::take_off(object.publish(), |_, kind| {
        matches!(kind, Kind::Finalizer(_))
    })
}
