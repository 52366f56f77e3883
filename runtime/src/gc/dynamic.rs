//! `GcDyn`: a handle on an object of a type that only implements a trait.
//!
//! A `Gc` is one word, whatever it leads to, so there is no place for a table of methods
//! in it. `GcDyn` keeps beside it the function that turns a reference to the object's type
//! into one to the trait, which the macro `gc_dyn!` writes.

use super::Gc;
use super::mark::Marker;
use super::trace::Trace;
use super::walk::Walk;
use std::fmt;
use std::ops::Deref;

/// A handle on an object of which only a trait is known: what `Gc<dyn Shape>` would be.
/// Made by [`gc_dyn!`](crate::gc_dyn). The trait must be `Send + Sync`.
///
/// In a cell that changes, use `GcCell<Option<Gc<GcDyn<dyn Shape>>>>`.
///
/// ```
/// use marmota::gc::{Gc, GcDyn, Trace};
///
/// trait Shape: Send + Sync {
///     fn area(&self) -> f64;
/// }
/// #[derive(Trace)]
/// struct Square(f64);
/// #[derive(Trace)]
/// struct Circle {
///     radius: f64,
/// }
/// impl Shape for Square {
///     fn area(&self) -> f64 {
///         self.0 * self.0
///     }
/// }
/// impl Shape for Circle {
///     fn area(&self) -> f64 {
///         3.0 * self.radius * self.radius
///     }
/// }
///
/// let shapes: Vec<GcDyn<dyn Shape>> = vec![
///     marmota::gc_dyn!(Gc::new(Square(2.0)) => dyn Shape),
///     marmota::gc_dyn!(Gc::new(Circle { radius: 1.0 }) => dyn Shape),
/// ];
/// let all = Gc::new(shapes);
/// assert_eq!(all.iter().map(|s| s.area()).sum::<f64>(), 7.0);
/// ```
pub struct GcDyn<D: ?Sized> {
    object: Gc<Erased>,
    /// From the object's value to the trait.
    cast: fn(&Erased) -> &D,
}

/// Stands for a type that is not known.
struct Erased(());

impl<D: ?Sized> GcDyn<D> {
    /// For the macro: `cast` is the coercion.
    #[doc(hidden)]
    pub fn new<T: Trace>(object: Gc<T>, cast: for<'a> fn(&'a T) -> &'a D) -> GcDyn<D> {
        let (object, _) = object.into_object();
        GcDyn {
            // SAFETY: the handle's count passes on.
            object: unsafe { Gc::rooted(object) },
            // SAFETY: a function of a thin reference, which it is only called with when
            // that leads to a `T` again.
            cast: unsafe {
                std::mem::transmute::<for<'a> fn(&'a T) -> &'a D, for<'a> fn(&'a Erased) -> &'a D>(
                    cast,
                )
            },
        }
    }

    /// Whether two handles lead to the same object.
    pub fn ptr_eq(this: &GcDyn<D>, other: &GcDyn<D>) -> bool {
        Gc::ptr_eq(&this.object, &other.object)
    }
}

impl<D: ?Sized> Deref for GcDyn<D> {
    type Target = D;

    #[inline]
    fn deref(&self) -> &D {
        let offset = self.object.header().info().offset;
        // SAFETY: the object is alive while this handle is borrowed, and has its value,
        // of the type that `cast` takes, at its type's offset.
        (self.cast)(unsafe { &*self.object.object().add(offset).cast::<Erased>() })
    }
}

impl<D: ?Sized> Clone for GcDyn<D> {
    fn clone(&self) -> GcDyn<D> {
        GcDyn {
            object: self.object.clone(),
            cast: self.cast,
        }
    }
}

// SAFETY: both walks visit the handle.
unsafe impl<D: ?Sized + Send + Sync + 'static> Trace for GcDyn<D> {
    const EDGES: bool = true;
    const DROPS: bool = false;

    fn trace(&self, marker: &mut Marker) {
        marker.edge(self.object.object());
    }

    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.object.walk_word(walk);
    }
}

impl<D: ?Sized + fmt::Debug> fmt::Debug for GcDyn<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<D: ?Sized + fmt::Display> fmt::Display for GcDyn<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Makes a handle on a trait of a handle on a type that implements it:
/// `gc_dyn!(handle => dyn Trait)`. See [`GcDyn`](crate::gc::GcDyn).
#[macro_export]
macro_rules! gc_dyn {
    ($handle:expr => $trait:ty) => {
        $crate::gc::GcDyn::<$trait>::new($handle, |value| -> &$trait { value })
    };
}
