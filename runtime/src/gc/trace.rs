//! What the collector knows of a type: how to find the edges in a value.
//!
//! Two walks visit the same fields. `walk` goes through a value that is being moved into
//! the heap or out of it, with exclusive access, and turns each handle in it into an edge
//! or back (`walk.rs`). `trace` goes through it when marking, with shared access, beside whoever reads it.
//! The derive writes both from one list of fields, so that every handle that became an
//! edge is found again when marking, which is what soundness stands on. What neither
//! visits (skipped fields, the inside of an Arc or a std Mutex, map keys) keeps rooted
//! handles: at worst a leak.

use super::classes::{Contents, MAX_SMALL, PAGE, SIZES, class_for, span_class};
use super::mark::Marker;
use super::walk::Walk;
use std::marker::PhantomData;

/// A type that may lie in the collected heap. Implement it with
/// [`#[derive(Trace)]`](derive@crate::gc::Trace).
///
/// ```
/// use marmota::gc::{Gc, Trace};
///
/// #[derive(Trace)]
/// struct Node {
///     name: String,
///     next: Option<Gc<Node>>,
/// }
///
/// let last = Gc::new(Node { name: "last".into(), next: None });
/// let first = Gc::new(Node { name: "first".into(), next: Some(last) });
/// assert_eq!(first.next.as_ref().unwrap().name, "last");
/// ```
///
/// Fields are traced if their types are. `#[trace(skip)]` on a field leaves it alone;
/// handles in it then keep what they lead to alive, and a cycle through it is never
/// collected. Handles inside an `Arc`, a `std::sync::Mutex`, a map's key, a boxed
/// closure or a channel are left alone in the same way.
///
/// A traced type cannot implement `Drop`: when a dead object would run it, its
/// neighbours may be gone.
///
/// # Safety
/// `trace` visits every handle that `walk` visits, in every value that a shared
/// reference can lead to afterwards, and neither does anything else. A panic in
/// `trace` ends the process.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot lie in the collected heap",
    label = "not a traced type",
    note = "write `#[derive(marmota::gc::Trace)]` on `{Self}`, or `#[trace(skip)]` on the field if it holds no `Gc`"
)]
pub unsafe trait Trace: Send + Sync + 'static {
    /// Whether values may hold edges.
    #[doc(hidden)]
    const EDGES: bool;
    /// Whether values must be dropped, apart from handles that have become edges.
    #[doc(hidden)]
    const DROPS: bool;

    #[doc(hidden)]
    fn trace(&self, marker: &mut Marker);

    #[doc(hidden)]
    fn walk<W: Walk>(&mut self, walk: &mut W)
    where
        Self: Sized;
}

/// What the heap knows of a type.
#[repr(align(64))]
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "internal")]
pub struct TypeInfo {
    /// Walks a value, given its address.
    pub(super) trace: unsafe extern "C" fn(*const u8, *mut Marker),
    /// Drops a value.
    pub(super) drop: unsafe fn(*mut u8),
    /// From the object's address to the value's.
    pub(super) offset: usize,
    /// Bytes that the object takes: its slot, or its pages.
    pub(super) size: usize,
    /// 0 to 2: large.
    pub(super) span_class: usize,
    pub(super) edges: bool,
    pub(super) name: fn() -> &'static str,
}

/// Carries the `TypeInfo` of `T`.
pub(crate) struct Of<T>(PhantomData<T>);

impl<T: Trace> Of<T> {
    pub(crate) const OFFSET: usize = {
        assert!(
            align_of::<T>() <= PAGE,
            "a value in the collected heap is aligned to at most 8192 bytes"
        );
        if align_of::<T>() > 8 {
            align_of::<T>()
        } else {
            8
        }
    };
    const CLASS: usize = class_for(Self::OFFSET + size_of::<T>(), Self::OFFSET);
    pub(crate) const IS_LARGE: bool = Self::CLASS == 0;
    pub(crate) const SIZE: usize = if Self::CLASS == 0 {
        (Self::OFFSET + size_of::<T>()).next_multiple_of(PAGE)
    } else {
        SIZES[Self::CLASS] as usize
    };
    const CONTENTS: Contents = if T::DROPS {
        Contents::Drops
    } else if T::EDGES {
        Contents::Edges
    } else {
        Contents::Plain
    };
    pub(crate) const SPAN_CLASS: usize = span_class(Self::CLASS, Self::CONTENTS);

    pub(crate) const INFO: &'static TypeInfo = &TypeInfo {
        trace: trace::<T>,
        drop: drop::<T>,
        offset: Self::OFFSET,
        size: Self::SIZE,
        span_class: Self::SPAN_CLASS,
        edges: T::EDGES,
        name: std::any::type_name::<T>,
    };

    /// Of an object that has one owner yet: nothing to walk, nothing to drop.
    pub(crate) const PRIVATE: &'static TypeInfo = &TypeInfo {
        trace: trace::<()>,
        drop: drop::<()>,
        offset: Self::OFFSET,
        size: Self::SIZE,
        span_class: Self::SPAN_CLASS,
        edges: false,
        name: std::any::type_name::<T>,
    };
}

const _: () = assert!(MAX_SMALL == SIZES[SIZES.len() - 1] as usize);

/// `extern "C"`, so that a panic in it ends the process.
///
/// # Safety
/// `value` is a live `T` of the heap; `marker` is exclusively the caller's.
unsafe extern "C" fn trace<T: Trace>(value: *const u8, marker: *mut Marker) {
    // SAFETY: by this function's contract.
    unsafe { (*value.cast::<T>()).trace(&mut *marker) };
}

/// # Safety
/// `value` is a `T` that is not used again.
unsafe fn drop<T>(value: *mut u8) {
    // SAFETY: by this function's contract.
    unsafe { value.cast::<T>().drop_in_place() };
}

/// Types that hold no edges: what is inside them stays as it is.
macro_rules! leaf {
    ($(for[$($generics:tt)*] $ty:ty),+ $(,)?) => {
        $($crate::gc::trace::leaf!(@one [$($generics)*] $ty);)+
    };
    (@one [$($generics:tt)*] $ty:ty) => {
        // SAFETY: neither walk visits anything.
        unsafe impl<$($generics)*> $crate::gc::Trace for $ty {
            const EDGES: bool = false;
            const DROPS: bool = std::mem::needs_drop::<$ty>();
            #[inline(always)]
            fn trace(&self, _: &mut $crate::gc::Marker) {}
            #[inline(always)]
            fn walk<W: $crate::gc::Walk>(&mut self, _: &mut W) {}
        }
    };
    ($($ty:ty),+ $(,)?) => {
        $($crate::gc::trace::leaf!(@one [] $ty);)+
    };
}
pub(super) use leaf;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::Gc;

    #[test]
    fn a_node_with_two_children_takes_24_bytes() {
        type Node = (Option<Gc<u8>>, Option<Gc<u8>>);
        assert_eq!(Of::<Node>::SIZE, 24);
        assert_eq!(Of::<Node>::CONTENTS, Contents::Edges);
        assert_eq!(Of::<u64>::CONTENTS, Contents::Plain);
        assert_eq!(Of::<String>::CONTENTS, Contents::Drops);
        assert_eq!(size_of::<Option<Gc<u8>>>(), 8);
    }

    #[test]
    fn alignment_moves_the_value_and_not_the_object() {
        #[repr(align(64))]
        struct Wide(#[allow(dead_code, reason = "for its size")] u8);
        leaf!(Wide);
        assert_eq!(Of::<Wide>::OFFSET, 64);
        assert_eq!(Of::<Wide>::SIZE, 128);
        let wide = Gc::new(Wide(7));
        assert!(std::ptr::from_ref(&*wide).addr().is_multiple_of(64));
    }
}
