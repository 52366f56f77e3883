//! `Trace` for the types of the standard library and of this crate.
//!
//! Containers that own their elements in one place are walked: nothing can change them
//! through a shared reference. Our locks open what they guard before it changes
//! (`guarded`), and our channels move values in and out (`chan::shared`). What else shares
//! (Arc) or changes inside (the standard library's locks and cells, atomics) is a leaf, as
//! are the keys of maps and what is in a set or a heap, which give no `&mut` to it: handles
//! in leaves stay roots.

use super::mark::Marker;
use super::trace::{Trace, leaf};
use super::walk::Walk;
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
    std::num::NonZeroU128,
    std::num::NonZeroI8,
    std::num::NonZeroI16,
    std::num::NonZeroI128,
    std::num::NonZeroIsize,
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
    std::thread::ThreadId,
    std::net::Ipv4Addr,
    std::net::Ipv6Addr,
    std::net::SocketAddrV4,
    std::net::SocketAddrV6,
    std::net::IpAddr,
    std::net::SocketAddr,
    std::cmp::Ordering,
    std::alloc::Layout,
    std::any::TypeId,
    std::ops::RangeFull,
    std::sync::Barrier,
    std::sync::Condvar,
    std::sync::Once,
    crate::context::Context,
    crate::context::Cancel,
    crate::sync::Cond,
    crate::sync::Once,
    crate::sync::RawMutex,
    crate::sync::Semaphore,
    crate::sync::WaitGroup,
    crate::sync::atomic::Bool,
    crate::sync::atomic::Int32,
    crate::sync::atomic::Int64,
    crate::sync::atomic::Uint32,
    crate::sync::atomic::Uint64,
    crate::time::Instant,
    crate::time::Timer,
    crate::time::Ticker,
);

leaf!(
    for[T: Send + Sync + 'static + ?Sized] std::sync::Arc<T>,
    for[T: Send + Sync + 'static + ?Sized] std::sync::Weak<T>,
    for[T: Send + 'static] std::sync::Mutex<T>,
    for[T: Send + Sync + 'static] std::sync::RwLock<T>,
    for[T: Send + Sync + 'static] std::sync::OnceLock<T>,
    for[T: Send + Sync + 'static] std::sync::LazyLock<T>,
    for[T: 'static] std::sync::atomic::AtomicPtr<T>,
    for[T: Send + Sync + 'static] crate::sync::atomic::Pointer<T>,
    for[T: Clone + Send + Sync + 'static] crate::sync::atomic::Value<T>,
    for[K: Send + Sync + 'static, V: Send + Sync + 'static] crate::sync::Map<K, V>,
    for[T: Send + 'static] crate::sync::Pool<T>,
    for[T: Send + Sync + 'static] crate::race::RaceCell<T>,
    for[T: Sync + 'static] &'static T,
    for[B: ToOwned<Owned: Send + Sync + 'static> + Sync + ?Sized + 'static] std::borrow::Cow<'static, B>,
    for[T: Send + Sync + Ord + 'static] std::collections::BinaryHeap<T>,
    for[] Box<dyn std::any::Any + Send + Sync>,
    for[] Box<dyn std::error::Error + Send + Sync>,
    for[T: Send + Sync + 'static + ?Sized] std::marker::PhantomData<T>,
    for[T: Send + Sync + Ord + 'static] BTreeSet<T>,
    for[T: Send + Sync + 'static, S: Send + Sync + 'static] HashSet<T, S>,
    for[R: 'static] fn() -> R,
    for[R: 'static] Box<dyn Fn() -> R + Send + Sync>,
    for[A: 'static, R: 'static] fn(A) -> R,
    for[A: 'static, R: 'static] Box<dyn Fn(A) -> R + Send + Sync>,
    for[A: 'static, B: 'static, R: 'static] fn(A, B) -> R,
    for[A: 'static, B: 'static, R: 'static] Box<dyn Fn(A, B) -> R + Send + Sync>,
);

/// Structs around values.
macro_rules! around {
    ($($path:ty: $($field:tt),+;)+) => {$(
        // SAFETY: both walks visit every value.
        unsafe impl<T: Trace> Trace for $path {
            const EDGES: bool = T::EDGES;
            const DROPS: bool = T::DROPS;
            #[inline(always)]
            fn trace(&self, marker: &mut Marker) {
                $(self.$field.trace(marker);)+
            }
            #[inline(always)]
            fn walk<W: Walk>(&mut self, walk: &mut W) {
                $(self.$field.walk(walk);)+
            }
        }
    )+};
}

around! {
    std::cmp::Reverse<T>: 0;
    std::num::Wrapping<T>: 0;
    std::num::Saturating<T>: 0;
    std::ops::Range<T>: start, end;
    std::ops::RangeFrom<T>: start;
    std::ops::RangeTo<T>: end;
}

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
            fn walk<W: Walk>(&mut self, walk: &mut W) {
                if T::EDGES {
                    self.$iter_mut().for_each(|value| value.walk(walk));
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
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        if let Some(value) = self {
            value.walk(walk);
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
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        match self {
            Ok(value) => value.walk(walk),
            Err(value) => value.walk(walk),
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
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        (**self).walk(walk);
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
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        if T::EDGES {
            self.iter_mut().for_each(|value| value.walk(walk));
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
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.iter_mut().for_each(|value| value.walk(walk));
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
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.values_mut().for_each(|value| value.walk(walk));
    }
}

// SAFETY: both walks visit every value; keys are left alone by both.
unsafe impl<K: Send + Sync + 'static, V: Trace> Trace for BTreeMap<K, V> {
    const EDGES: bool = true;
    const DROPS: bool = true;
    fn trace(&self, marker: &mut Marker) {
        self.values().for_each(|value| value.trace(marker));
    }
    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.values_mut().for_each(|value| value.walk(walk));
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
            fn walk<W: Walk>(&mut self, walk: &mut W) {
                $(self.$field.walk(walk);)+
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

macro_rules! locks {
    ($($lock:ident)+) => {$(
        // SAFETY: `walk` moves the value in and out, and whoever may change it opens it
        // first; `trace` reads it unless it is open (`guarded`).
        unsafe impl<T: Trace> Trace for crate::sync::$lock<T> {
            const EDGES: bool = T::EDGES;
            const DROPS: bool = T::DROPS;
            fn trace(&self, marker: &mut Marker) {
                let (guarded, value) = self.parts();
                // SAFETY: nobody changes the value while it is read.
                guarded.read(|| unsafe { (*value).trace(marker) });
            }
            fn walk<W: Walk>(&mut self, walk: &mut W) {
                let (guarded, value) = self.parts_mut();
                guarded.walk(value, walk);
            }
        }
    )+};
}

locks!(Mutex RwMutex);
