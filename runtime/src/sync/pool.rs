//! `Pool`: values kept for reuse, until a collection clears them away.
//!
//! Each thread has a place of its own (a shard), so that goroutines on different Ps
//! seldom meet; who finds nothing there looks into the others, and then into the
//! victims. A collection makes the places the victims and drops the old victims: a
//! value that is not asked for is dropped at the second collection after it was put,
//! and a pool in steady use never runs dry at once (Go's `sync.Pool`).
//!
//! A shard is behind a standard mutex, held for a push or a pop, which may allocate.
//! `get` and `put` only try it: a goroutine that was stopped inside a shard costs the
//! others that shard and no time. A collection waits for it. Values are dropped outside.

use crate::{kernel, race};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};

/// Places per pool; a power of two.
const SHARDS: usize = 8;

/// Values kept for reuse (Go's `sync.Pool`). Values may vanish at any collection
/// ([`collect`]), so a pool is for what can be made anew.
///
/// ```
/// use marmota::sync::Pool;
/// let buffers = Pool::with_new(|| Vec::<u8>::with_capacity(4096));
/// let mut buffer = buffers.get_or_new();
/// buffer.extend_from_slice(b"text");
/// buffer.clear();
/// buffers.put(buffer);
/// assert!(buffers.get().is_some_and(|b| b.capacity() >= 4096));
/// ```
pub struct Pool<T: Send + 'static> {
    shared: Arc<Shared<T>>,
    new: Option<Box<dyn Fn() -> T + Send + Sync>>,
}

struct Shared<T> {
    shards: [Shard<T>; SHARDS],
}

/// On cache lines of its own.
#[repr(align(128))]
struct Shard<T> {
    both: Mutex<Both<T>>,
}

struct Both<T> {
    fresh: Vec<Kept<T>>,
    victims: Vec<Kept<T>>,
}

/// A value, and what was done before it was put: for whoever gets it (`race`).
struct Kept<T> {
    value: T,
    clock: race::Clock,
}

impl<T: Send + 'static> Pool<T> {
    /// An empty pool that makes nothing.
    pub fn new() -> Self {
        let shared = Arc::new(Shared {
            shards: std::array::from_fn(|_| Shard {
                both: Mutex::new(Both {
                    fresh: Vec::new(),
                    victims: Vec::new(),
                }),
            }),
        });
        register(Arc::downgrade(&shared) as Weak<dyn Clear>);
        Pool { shared, new: None }
    }

    /// An empty pool that makes values by `new` when it has none.
    pub fn with_new(new: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Pool {
            new: Some(Box::new(new)),
            ..Self::new()
        }
    }

    /// Takes a value; without one, makes one if the pool can (Go's `Get`).
    pub fn get(&self) -> Option<T> {
        kernel::point();
        let kept = self
            .shared
            .take(|both| both.fresh.pop())
            .or_else(|| self.shared.take(|both| both.victims.pop()));
        match kept {
            Some(Kept { value, clock }) => {
                race::watching(|m| race::acquire(m, &clock));
                Some(value)
            }
            None => self.new.as_ref().map(|new| new()),
        }
    }

    /// Takes a value, or makes one.
    ///
    /// # Panics
    /// When the pool is empty and was made without a function.
    #[track_caller]
    pub fn get_or_new(&self) -> T {
        self.get().expect(
            "marmota: an empty Pool was asked for a new value and has no function to make one; use Pool::with_new",
        )
    }

    /// Gives a value to the pool (Go's `Put`).
    pub fn put(&self, value: T) {
        let clock = race::Clock::new();
        race::point_watching(|m| race::release(m, &clock));
        let value = Kept { value, clock };
        let own = kernel::shard() % SHARDS;
        for i in 0..SHARDS {
            if let Some(mut both) = self.shared.shards[(own + i) % SHARDS].open() {
                both.fresh.push(value);
                return;
            }
        }
        // Every place is in use at this instant: the value is not kept.
        drop(value);
    }
}

impl<T> Shared<T> {
    fn take(&self, mut from: impl FnMut(&mut Both<T>) -> Option<Kept<T>>) -> Option<Kept<T>> {
        let own = kernel::shard() % SHARDS;
        (0..SHARDS).find_map(|i| {
            let mut both = self.shards[(own + i) % SHARDS].open()?;
            from(&mut both)
        })
    }
}

impl<T> Shard<T> {
    fn open(&self) -> Option<std::sync::MutexGuard<'_, Both<T>>> {
        match self.both.try_lock() {
            Ok(both) => Some(both),
            // A push that ran out of memory: the vectors are whole.
            Err(TryLockError::Poisoned(both)) => Some(both.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// What a collection does to a pool.
trait Clear: Send + Sync {
    fn clear(&self);
}

impl<T: Send> Clear for Shared<T> {
    fn clear(&self) {
        for shard in &self.shards {
            let old = {
                let mut both = shard.both.lock().unwrap_or_else(PoisonError::into_inner);
                let fresh = mem::take(&mut both.fresh);
                mem::replace(&mut both.victims, fresh)
            };
            drop(old);
        }
    }
}

/// All pools that are alive.
static POOLS: Mutex<Vec<Weak<dyn Clear>>> = Mutex::new(Vec::new());

fn register(pool: Weak<dyn Clear>) {
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    // Now and then, those that are gone make room.
    if pools.len() == pools.capacity() {
        pools.retain(|pool| pool.strong_count() > 0);
    }
    pools.push(pool);
}

/// What a garbage collection does to all pools of the process, when it begins: values
/// that were in a pool at the last one are dropped, the others are next.
///
/// ```
/// use marmota::sync::{Pool, pool};
/// let numbers = Pool::new();
/// numbers.put(7);
/// pool::collect();
/// pool::collect();
/// assert_eq!(numbers.get(), None);
/// ```
pub fn collect() {
    let pools: Vec<_> = {
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        pools.retain(|pool| pool.strong_count() > 0);
        pools.iter().filter_map(Weak::upgrade).collect()
    };
    // Outside the lock: destructors may make and drop pools.
    pools.iter().for_each(|pool| pool.clear());
}

impl<T: Send + 'static> Default for Pool<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send + 'static> std::fmt::Debug for Pool<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
