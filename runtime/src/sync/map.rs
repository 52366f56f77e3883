//! `Map`: a map that goroutines share without a lock of their own.
//!
//! The keys are spread over shards by their hash, each a hash map behind an
//! [`RwMutex`]: readers of one shard go side by side, writers of different shards do
//! not meet. Keys and values are compared and cloned under the shard's lock, which is
//! a lock for goroutines, so they may do anything but use this very map; values are
//! dropped outside of it.
//!
//! Iteration takes a shard at a time, copies it out, and visits the copy without any
//! lock: so the visitor may use the map, each key is seen at most once, and what
//! changes meanwhile is seen or not (Go's promise, no more). Where it starts is left
//! open, and the kernel chooses.
//!
//! Tried before: one `RwMutex` around one map. Two writers then stop everybody.

use super::RwMutex;
use crate::kernel;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};

/// A power of two.
const SHARDS: usize = 16;

/// A map that goroutines share (Go's `sync.Map`, typed).
///
/// ```
/// use marmota::sync::Map;
/// let ports = Map::new();
/// ports.store("http", 80);
/// assert_eq!(ports.load_or_store("http", 8080), (80, true));
/// assert!(ports.compare_and_swap(&"http", &80, 8080));
/// assert_eq!(ports.load_and_delete(&"http"), Some(8080));
/// assert_eq!(ports.load(&"http"), None);
/// ```
///
/// Methods that look up take the key itself by reference. `Eq`, `Hash` and `Clone` of
/// keys and values must not use the same map.
pub struct Map<K, V> {
    seed: Seed,
    shards: [Shard<K, V>; SHARDS],
}

/// On cache lines of its own.
#[repr(align(128))]
struct Shard<K, V> {
    map: RwMutex<HashMap<K, V, Seed>>,
}

/// A hash function that nobody outside can foresee; in a deterministic run it is
/// always the same.
#[derive(Clone, Copy)]
struct Seed(u64);

impl BuildHasher for Seed {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0);
        hasher
    }
}

impl<K: Eq + Hash, V> Map<K, V> {
    /// An empty map.
    pub fn new() -> Self {
        let seed = Seed(if kernel::is_deterministic() {
            0
        } else {
            crate::seed::process_random()
        });
        Map {
            seed,
            shards: std::array::from_fn(|_| Shard {
                map: RwMutex::new(HashMap::with_hasher(seed)),
            }),
        }
    }

    fn shard(&self, key: &K) -> &RwMutex<HashMap<K, V, Seed>> {
        // The top bits: the shard's own map goes by the lower ones.
        let hash = self.seed.hash_one(key);
        &self.shards[(hash >> 57) as usize % SHARDS].map
    }

    /// The value of `key`.
    #[track_caller]
    pub fn load(&self, key: &K) -> Option<V>
    where
        V: Clone,
    {
        self.shard(key).read().get(key).cloned()
    }

    /// Whether there is a value for `key`.
    #[track_caller]
    pub fn contains(&self, key: &K) -> bool {
        self.shard(key).read().contains_key(key)
    }

    /// Sets the value of `key`.
    #[track_caller]
    pub fn store(&self, key: K, value: V) {
        drop(self.swap(key, value));
    }

    /// The value of `key`, and `true`; or stores `value`, and gives it with `false`.
    #[track_caller]
    pub fn load_or_store(&self, key: K, value: V) -> (V, bool)
    where
        V: Clone,
    {
        let shard = self.shard(&key);
        if let Some(there) = shard.read().get(&key) {
            return (there.clone(), true);
        }
        let mut map = shard.write();
        if let Some(there) = map.get(&key) {
            let there = there.clone();
            drop(map);
            return (there, true);
        }
        map.insert(key, value.clone());
        (value, false)
    }

    /// Removes `key` and gives the value it had.
    #[track_caller]
    pub fn load_and_delete(&self, key: &K) -> Option<V> {
        let removed = self.shard(key).write().remove_entry(key);
        removed.map(|(_key, value)| value)
    }

    /// Removes `key`.
    #[track_caller]
    pub fn delete(&self, key: &K) {
        drop(self.load_and_delete(key));
    }

    /// Sets the value of `key` and gives the one before.
    #[track_caller]
    pub fn swap(&self, key: K, value: V) -> Option<V> {
        let shard = self.shard(&key);
        shard.write().insert(key, value)
    }

    /// Sets the value of `key` to `new` if it equals `old`, and tells whether it did.
    #[track_caller]
    pub fn compare_and_swap(&self, key: &K, old: &V, new: V) -> bool
    where
        V: PartialEq,
    {
        let mut map = self.shard(key).write();
        let rest = match map.get_mut(key) {
            Some(there) if *there == *old => Ok(std::mem::replace(there, new)),
            _ => Err(new),
        };
        drop(map);
        rest.is_ok()
    }

    /// Removes `key` if its value equals `old`, and tells whether it did.
    #[track_caller]
    pub fn compare_and_delete(&self, key: &K, old: &V) -> bool
    where
        V: PartialEq,
    {
        let mut map = self.shard(key).write();
        let removed = match map.get(key) {
            Some(there) if *there == *old => map.remove_entry(key),
            _ => None,
        };
        drop(map);
        removed.is_some()
    }

    /// Calls `visit` with each key and value, until it returns `false`. Each key comes
    /// at most once; what is stored or deleted meanwhile comes or does not.
    #[track_caller]
    pub fn range(&self, mut visit: impl FnMut(&K, &V) -> bool)
    where
        K: Clone,
        V: Clone,
    {
        let first = kernel::choose(SHARDS);
        for i in 0..SHARDS {
            let shard = &self.shards[(first + i) % SHARDS].map;
            let entries: Vec<(K, V)> = {
                let map = shard.read();
                map.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
            };
            if entries.is_empty() {
                continue;
            }
            let first = kernel::choose(entries.len());
            let (head, tail) = entries.split_at(first);
            if !tail.iter().chain(head).all(|(k, v)| visit(k, v)) {
                return;
            }
        }
    }

    /// Removes everything.
    #[track_caller]
    pub fn clear(&self) {
        for shard in &self.shards {
            let emptied = {
                let mut map = shard.map.write();
                std::mem::replace(&mut *map, HashMap::with_hasher(self.seed))
            };
            drop(emptied);
        }
    }
}

impl<K: Eq + Hash, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").finish_non_exhaustive()
    }
}
