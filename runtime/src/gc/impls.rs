//! `Trace` for the types of the standard library and of this crate.
//!
//! Containers that own their elements in one place are walked: nothing can change them
//! through a shared reference. What shares (Arc) or changes inside (Mutex, OnceLock,
//! atomics, channels) is a leaf.

use super::mark::Marker;
use super::trace::{Trace, Unrooter, leaf};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};

leaf!(
    (),
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    String,
    Box<str>,
    &'static str,
    std::num::NonZeroU8,
    std::num::NonZeroU16,
    std::num::NonZeroU32,
    std::num::NonZeroU64,
    std::num::NonZeroUsize,
    std::num::NonZeroI32,
    std::num::NonZeroI64,
    std::sync::atomic::AtomicBool,
    std::sync::atomic::AtomicU8,
    std::sync::atomic::AtomicU16,
    std::sync::atomic::AtomicU32,
    std::sync::atomic::AtomicU64,
    std::sync::atomic::AtomicUsize,
    std::sync::atomic::AtomicI8,
    std::sync::atomic::AtomicI16,
    std::sync::atomic::AtomicI32,
    std::sync::atomic::AtomicI64,
    std::sync::atomic::AtomicIsize,
    std::time::Duration,
    std::time::Instant,
    std::time::SystemTime,
    std::path::PathBuf,
    std::ffi::OsString,
    std::ffi::CString,
    std::net::IpAddr,
    std::net::SocketAddr,
    std::cmp::Ordering,
    std::alloc::Layout,
    std::any::TypeId,
    std::ops::RangeFull,
    crate::sync::WaitGroup,
);

leaf!(
    for[T: Send + Sync + 'static + ?Sized] std::sync::Arc<T>,
    for[T: Send + Sync + 'static + ?Sized] std::sync::Weak<T>,
    for[T: Send + 'static] std::sync::Mutex<T>,
    for[T: Send + Sync + 'static] std::sync::RwLock<T>,
    for[T: Send + Sync + 'static] std::sync::OnceLock<T>,
    for[T: Send + 'static] crate::sync::Mutex<T>,
    for[T: Send + 'static] crate::Sender<T>,
    for[T: Send + 'static] crate::Receiver<T>,
    for[T: Send + 'static] crate::Chan<T>,
    for[T: Sync + 'static] &'static T,
    for[T: Send + Sync + 'static + ?Sized] std::marker::PhantomData<T>,
    for[T: Send + Sync + Ord + 'static] BTreeSet<T>,
    for[T: Send + Sync + 'static, S: Send + Sync + 'static] HashSet<T, S>,
    for[R: 'static] fn() -> R,
    for[R: 'static] Box<dyn Fn() -> R + Send + Sync>,
    for[A: 'static, R: 'static] fn(A) -> R,
    for[A: 'static, R: 'static] Box<dyn Fn(A) -> R + Send + Sync>,
);

/// Owners of a list of values.
macro_rules! through {
    ($($ty:ident<T> via $iter:ident, $iter_mut:ident;)+) => {$(
        // SAFETY: both walks visit every element, and a shared reference cannot change
        // which there are.
        unsafe impl<T: Trace> Trace for $ty<T> {
            // Not T::EDGES: a type may own a list of itself, and constants may not
            // depend on themselves.
            const EDGES: bool = true;
            const DROPS: bool = true;
            #[inline]
            fn trace(&self, marker: &mut Marker) {
                if T::EDGES {
                    self.$iter().for_each(|value| value.trace(marker));
                }
            }
            #[inline]
            fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
                if T::EDGES {
                    self.$iter_mut().for_each(|value| value.unroot(unrooter));
                }
            }
        }
    )+};
}

through! {
    Vec<T> via iter, iter_mut;
    VecDeque<T> via iter, iter_mut;
    LinkedList<T> via iter, iter_mut;
}

// SAFETY: both walks visit the value if there is one.
unsafe impl<T: Trace> Trace for Option<T> {
    const EDGES: bool = T::EDGES;
    const DROPS: bool = T::DROPS;
    #[inline(always)]
    fn trace(&self, marker: &mut Marker) {
        if let Some(value) = self {
            value.trace(marker);
        }
    }
    #[inline(always)]
    fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
        if let Some(value) = self {
            value.unroot(unrooter);
        }
    }
}

// SAFETY: both walks visit the value, whichever it is.
unsafe impl<T: Trace, E: Trace> Trace for Result<T, E> {
    const EDGES: bool = T::EDGES || E::EDGES;
    const DROPS: bool = T::DROPS || E::DROPS;
    #[inline]
    fn trace(&self, marker: &mut Marker) {
        match self {
            Ok(value) => value.trace(marker),
            Err(value) => value.trace(marker),
        }
    }
    #[inline]
    fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
        match self {
            Ok(value) => value.unroot(unrooter),
            Err(value) => value.unroot(unrooter),
        }
    }
}

// SAFETY: both walks visit the value.
unsafe impl<T: Trace> Trace for Box<T> {
    // As for Vec.
    const EDGES: bool = true;
    const DROPS: bool = true;
    #[inline]
    fn trace(&self, marker: &mut Marker) {
        (**self).trace(marker);
    }
    #[inline]
    fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
        (**self).unroot(unrooter);
    }
}

// SAFETY: both walks visit every element.
unsafe impl<T: Trace> Trace for Box<[T]> {
    // As for Vec.
    const EDGES: bool = true;
    const DROPS: bool = true;
    #[inline]
    fn trace(&self, marker: &mut Marker) {
        if T::EDGES {
            self.iter().for_each(|value| value.trace(marker));
        }
    }
    #[inline]
    fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
        if T::EDGES {
            self.iter_mut().for_each(|value| value.unroot(unrooter));
        }
    }
}

// SAFETY: both walks visit every element.
unsafe impl<T: Trace, const N: usize> Trace for [T; N] {
    const EDGES: bool = T::EDGES;
    const DROPS: bool = T::DROPS;
    #[inline]
    fn trace(&self, marker: &mut Marker) {
        self.iter().for_each(|value| value.trace(marker));
    }
    #[inline]
    fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
        self.iter_mut().for_each(|value| value.unroot(unrooter));
    }
}

// SAFETY: both walks visit every value; keys are left alone by both.
unsafe impl<K, V, S> Trace for HashMap<K, V, S>
where
    K: Send + Sync + 'static,
    V: Trace,
    S: Send + Sync + 'static,
{
    const EDGES: bool = true;
    const DROPS: bool = true;
    fn trace(&self, marker: &mut Marker) {
        self.values().for_each(|value| value.trace(marker));
    }
    fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
        self.values_mut().for_each(|value| value.unroot(unrooter));
    }
}

// SAFETY: both walks visit every value; keys are left alone by both.
unsafe impl<K: Send + Sync + 'static, V: Trace> Trace for BTreeMap<K, V> {
    const EDGES: bool = true;
    const DROPS: bool = true;
    fn trace(&self, marker: &mut Marker) {
        self.values().for_each(|value| value.trace(marker));
    }
    fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
        self.values_mut().for_each(|value| value.unroot(unrooter));
    }
}

macro_rules! tuples {
    ($(($($name:ident $field:tt),+))+) => {$(
        // SAFETY: both walks visit every field.
        unsafe impl<$($name: Trace),+> Trace for ($($name,)+) {
            const EDGES: bool = $($name::EDGES)||+;
            const DROPS: bool = $($name::DROPS)||+;
            #[inline(always)]
            fn trace(&self, marker: &mut Marker) {
                $(self.$field.trace(marker);)+
            }
            #[inline(always)]
            fn unroot(&mut self, unrooter: &mut Unrooter<'_>) {
                $(self.$field.unroot(unrooter);)+
            }
        }
    )+};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
