//! Atomics under Go's names, sequentially consistent as Go's are.
//!
//! They are the standard library's, with one difference: in a deterministic run each
//! operation is a place where another goroutine may go first, so that an exploration
//! finds what goes wrong between two of them. Outside of one they cost the same.
//! Source of the names: Go's `sync/atomic`.

use crate::kernel;
use crate::lock::SpinLock;
use crate::race::{self, atomically};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

macro_rules! number {
    ($name:ident, $std:ident, $int:ty, $go:literal) => {
        #[doc = concat!("A number that goroutines share without a lock (Go's `atomic.", $go, "`).")]
        ///
        /// ```
        #[doc = concat!("use marmota::sync::atomic::", stringify!($name), ";")]
        #[doc = concat!("let n = ", stringify!($name), "::new(1);")]
        /// assert_eq!(n.add(2), 3); // the new value
        /// assert!(n.compare_and_swap(3, 10));
        /// assert_eq!(n.swap(5), 10); // the old one
        /// assert_eq!(n.load(), 5);
        /// ```
        #[derive(Default)]
        pub struct $name(std::sync::atomic::$std, race::Shared);

        impl $name {
            /// One that holds `value`.
            pub const fn new(value: $int) -> Self {
                $name(std::sync::atomic::$std::new(value), race::Shared::new())
            }

            /// The value.
            #[inline]
            pub fn load(&self) -> $int {
                atomically(&self.1, true, false, || self.0.load(SeqCst))
            }

            /// Sets the value.
            #[inline]
            pub fn store(&self, value: $int) {
                atomically(&self.1, false, true, || self.0.store(value, SeqCst));
            }

            /// Sets the value and gives the one before.
            #[inline]
            pub fn swap(&self, value: $int) -> $int {
                atomically(&self.1, true, true, || self.0.swap(value, SeqCst))
            }

            /// Sets the value to `new` if it is `old`, and tells whether it was.
            #[inline]
            pub fn compare_and_swap(&self, old: $int, new: $int) -> bool {
                atomically(&self.1, true, true, || {
                    self.0.compare_exchange(old, new, SeqCst, SeqCst).is_ok()
                })
            }

            /// Adds and gives the new value; it wraps around at the ends.
            #[inline]
            pub fn add(&self, delta: $int) -> $int {
                atomically(&self.1, true, true, || {
                    self.0.fetch_add(delta, SeqCst).wrapping_add(delta)
                })
            }

            /// Keeps the bits that `mask` has, and gives the value before.
            #[inline]
            pub fn and(&self, mask: $int) -> $int {
                atomically(&self.1, true, true, || self.0.fetch_and(mask, SeqCst))
            }

            /// Sets the bits that `mask` has, and gives the value before.
            #[inline]
            pub fn or(&self, mask: $int) -> $int {
                atomically(&self.1, true, true, || self.0.fetch_or(mask, SeqCst))
            }

            /// The value, which nobody shares any more.
            pub fn into_inner(self) -> $int {
                self.0.into_inner()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$int> for $name {
            fn from(value: $int) -> Self {
                Self::new(value)
            }
        }
    };
}

number!(Int32, AtomicI32, i32, "Int32");
number!(Int64, AtomicI64, i64, "Int64");
number!(Uint32, AtomicU32, u32, "Uint32");
number!(Uint64, AtomicU64, u64, "Uint64");
number!(Uintptr, AtomicUsize, usize, "Uintptr");

/// A truth value that goroutines share without a lock (Go's `atomic.Bool`).
///
/// ```
/// use marmota::sync::atomic::Bool;
/// let stop = Bool::new(false);
/// assert!(stop.compare_and_swap(false, true));
/// assert!(stop.load());
/// ```
#[derive(Default)]
pub struct Bool(std::sync::atomic::AtomicBool, race::Shared);

impl Bool {
    /// One that holds `value`.
    pub const fn new(value: bool) -> Self {
        Bool(
            std::sync::atomic::AtomicBool::new(value),
            race::Shared::new(),
        )
    }

    /// The value.
    #[inline]
    pub fn load(&self) -> bool {
        atomically(&self.1, true, false, || self.0.load(SeqCst))
    }

    /// Sets the value.
    #[inline]
    pub fn store(&self, value: bool) {
        atomically(&self.1, false, true, || self.0.store(value, SeqCst));
    }

    /// Sets the value and gives the one before.
    #[inline]
    pub fn swap(&self, value: bool) -> bool {
        atomically(&self.1, true, true, || self.0.swap(value, SeqCst))
    }

    /// Sets the value to `new` if it is `old`, and tells whether it was.
    #[inline]
    pub fn compare_and_swap(&self, old: bool, new: bool) -> bool {
        atomically(&self.1, true, true, || {
            self.0.compare_exchange(old, new, SeqCst, SeqCst).is_ok()
        })
    }
}

impl fmt::Debug for Bool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A pointer to a value that is replaced whole (Go's `atomic.Pointer[T]`; the count
/// of an `Arc` does what its collector does). Nil is `None`.
///
/// ```
/// use marmota::sync::atomic::Pointer;
/// use std::sync::Arc;
/// let config = Pointer::new(Some(Arc::new("first")));
/// let seen = config.load();
/// config.store(Some(Arc::new("second")));
/// assert_eq!(seen.as_deref(), Some(&"first"));
/// assert_eq!(config.load().as_deref(), Some(&"second"));
/// ```
pub struct Pointer<T> {
    // Reading a pointer and raising its count are two steps, which the runtime's own
    // lock makes one. No user code runs under it: an old value is dropped outside.
    pointer: SpinLock<(Option<Arc<T>>, race::Clock)>,
}

impl<T> Pointer<T> {
    /// One that holds `value`.
    pub const fn new(value: Option<Arc<T>>) -> Self {
        Pointer {
            pointer: SpinLock::new((value, race::Clock::new())),
        }
    }

    fn with<R>(&self, f: impl FnOnce(&mut Option<Arc<T>>) -> R) -> R {
        let m = kernel::enter();
        let mut both = self.pointer.lock();
        race::acquire(m, &both.1);
        let result = f(&mut both.0);
        race::release(m, &both.1);
        drop(both);
        kernel::leave(m);
        result
    }

    /// A share in the value.
    pub fn load(&self) -> Option<Arc<T>> {
        self.with(|pointer| pointer.clone())
    }

    /// Sets the pointer.
    pub fn store(&self, value: Option<Arc<T>>) {
        drop(self.swap(value));
    }

    /// Sets the pointer and gives the one before.
    pub fn swap(&self, value: Option<Arc<T>>) -> Option<Arc<T>> {
        self.with(|pointer| std::mem::replace(pointer, value))
    }

    /// Sets the pointer to `new` if it points to the very value that `old` does, and
    /// tells whether it did.
    pub fn compare_and_swap(&self, old: Option<&Arc<T>>, new: Option<Arc<T>>) -> bool {
        let address = |p: Option<&Arc<T>>| p.map(Arc::as_ptr);
        let (same, rest) = self.with(|pointer| {
            if address(pointer.as_ref()) == address(old) {
                (true, std::mem::replace(pointer, new))
            } else {
                (false, new)
            }
        });
        drop(rest);
        same
    }
}

impl<T> Default for Pointer<T> {
    fn default() -> Self {
        Self::new(None)
    }
}

impl<T: fmt::Debug> fmt::Debug for Pointer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pointer").field(&self.load()).finish()
    }
}

/// A value of any type that is loaded and stored whole (Go's `atomic.Value`, typed).
/// Empty until the first store.
///
/// ```
/// use marmota::sync::atomic::Value;
/// let name = Value::new();
/// assert_eq!(name.load(), None);
/// name.store(String::from("marmot"));
/// assert_eq!(name.load().as_deref(), Some("marmot"));
/// ```
pub struct Value<T> {
    pointer: Pointer<T>,
}

impl<T: Clone> Value<T> {
    /// An empty one.
    pub const fn new() -> Self {
        Value {
            pointer: Pointer::new(None),
        }
    }

    /// A clone of the value stored last.
    pub fn load(&self) -> Option<T> {
        self.pointer.load().map(Arc::unwrap_or_clone)
    }

    /// Stores a value.
    pub fn store(&self, value: T) {
        self.pointer.store(Some(Arc::new(value)));
    }

    /// Stores a value and gives the one before.
    pub fn swap(&self, value: T) -> Option<T> {
        let before = self.pointer.swap(Some(Arc::new(value)));
        before.map(Arc::unwrap_or_clone)
    }

    /// Stores `new` if the value equals `old`, and tells whether it did.
    pub fn compare_and_swap(&self, old: &T, new: T) -> bool
    where
        T: PartialEq,
    {
        let new = Arc::new(new);
        loop {
            match self.pointer.load() {
                Some(seen) if *seen == *old => {
                    if self
                        .pointer
                        .compare_and_swap(Some(&seen), Some(new.clone()))
                    {
                        return true;
                    }
                }
                _ => return false,
            }
        }
    }
}

impl<T: Clone> Default for Value<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for Value<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Value").field(&self.pointer.load()).finish()
    }
}
