//! `GcMap`: a map to edges that can change.
//!
//! Which key has which place is said by an ordinary hash map behind a lock for
//! goroutines, since hashing and comparing keys is user code; the edges themselves lie in a
//! `GcVec`, at these places. So a change costs a place and not a walk over the map, and
//! the collector sees the edges alone. Places that become free are used again.

use super::cell::Sealed;
use super::mark::Marker;
use super::object::Object;
use super::trace::Trace;
use super::walk::Walk;
use super::{Edge, GcVec};
use crate::sync::RwMutex;
use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};

/// Without random keys: what a deterministic run does must not depend on them.
type Places<K> = HashMap<K, usize, BuildHasherDefault<DefaultHasher>>;

struct Index<K> {
    places: Places<K>,
    free: Vec<usize>,
}

/// A map from keys to edges between objects, which any goroutine may change. Keys are
/// values of any type; handles inside keys are not traced, and keep what they lead to
/// alive.
///
/// ```
/// use marmota::gc::{Gc, GcMap, Trace};
///
/// #[derive(Trace)]
/// struct City {
///     roads: GcMap<String, Gc<City>>,
/// }
/// let city = || Gc::new(City { roads: GcMap::new() });
/// let (porto, lisbon) = (city(), city());
/// porto.roads.insert("A1 south".into(), lisbon.clone());
/// lisbon.roads.insert("A1 north".into(), porto.clone()); // a cycle
/// assert!(Gc::ptr_eq(&porto.roads.get("A1 south").unwrap(), &lisbon));
/// assert!(porto.roads.get("A2").is_none());
/// ```
pub struct GcMap<K, E> {
    index: RwMutex<Index<K>>,
    edges: GcVec<Place<E>>,
}

/// An edge, or a place that is free.
struct Place<E>(Option<E>);

impl<E: Edge> Sealed for Place<E> {
    fn into_raw(self) -> (*mut u8, bool) {
        self.0.map_or((std::ptr::null_mut(), false), E::into_raw)
    }

    unsafe fn from_raw(object: *mut u8) -> Self {
        // SAFETY: by this function's contract.
        Place((!object.is_null()).then(|| unsafe { E::from_raw(object) }))
    }

    fn peek(&self) -> *mut u8 {
        self.0.as_ref().map_or(std::ptr::null_mut(), E::peek)
    }
}

// SAFETY: both walks visit the edge if there is one.
unsafe impl<E: Edge> Trace for Place<E> {
    const EDGES: bool = true;
    const DROPS: bool = false;

    fn trace(&self, marker: &mut Marker) {
        self.0.trace(marker);
    }

    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.0.walk(walk);
    }
}

impl<E: Edge> Edge for Place<E> {
    type Target = E::Target;
    type Ref<'a> = Option<&'a Object<E::Target>>;

    fn address(edge: Option<&Object<E::Target>>) -> *mut u8 {
        edge.map_or(std::ptr::null_mut(), Object::address)
    }

    unsafe fn lend<'a>(object: *mut u8) -> Option<&'a Object<E::Target>> {
        // SAFETY: by this function's contract.
        (!object.is_null()).then(|| unsafe { Object::at(object) })
    }
}

impl<E: Edge> Place<E> {
    /// # Safety
    /// The index says that there is an `E`.
    unsafe fn edge(self) -> E {
        // SAFETY: by this function's contract; null is an `E` if there is nothing else.
        self.0
            .unwrap_or_else(|| unsafe { E::from_raw(std::ptr::null_mut()) })
    }
}

impl<K: Hash + Eq, E: Edge> GcMap<K, E> {
    /// An empty one.
    pub fn new() -> GcMap<K, E> {
        GcMap {
            index: RwMutex::new(Index {
                places: Places::default(),
                free: Vec::new(),
            }),
            edges: GcVec::new(),
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.index.read().places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the key is there.
    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.index.read().places.contains_key(key)
    }

    /// What the key leads to.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<E>
    where
        K: Borrow<Q>,
    {
        let index = self.index.read();
        let place = self.edges.get(*index.places.get(key)?)?;
        // SAFETY: a place in the index holds an `E`.
        Some(unsafe { place.edge() })
    }

    /// Lets the key lead to `edge`; gives what it led to before.
    pub fn insert(&self, key: K, edge: E) -> Option<E> {
        let mut index = self.index.write();
        if let Some(&place) = index.places.get(&key) {
            let old = self.edges.swap(place, Place(Some(edge)));
            // SAFETY: as above.
            return Some(unsafe { old.edge() });
        }
        let place = self.place(&mut index.free, edge);
        index.places.insert(key, place);
        None
    }

    /// Puts `edge` into a place of its own.
    fn place(&self, free: &mut Vec<usize>, edge: E) -> usize {
        if let Some(place) = free.pop() {
            self.edges.set(place, Place(Some(edge)));
            return place;
        }
        self.edges.push(Place(Some(edge)));
        self.edges.len() - 1
    }

    /// What the key leads to; if it is not there, `make` says what it leads to from
    /// now on. The map is locked meanwhile: `make` must not use it.
    pub fn get_or_insert_with(&self, key: K, make: impl FnOnce() -> E) -> E
    where
        E: Clone,
    {
        if let Some(edge) = self.get(&key) {
            return edge;
        }
        let mut index = self.index.write();
        if let Some(&place) = index.places.get(&key)
            && let Some(place) = self.edges.get(place)
        {
            // SAFETY: as above.
            return unsafe { place.edge() };
        }
        let edge = make();
        let place = self.place(&mut index.free, edge.clone());
        index.places.insert(key, place);
        edge
    }

    /// Takes the key out; gives what it led to.
    pub fn remove<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<E>
    where
        K: Borrow<Q>,
    {
        let mut index = self.index.write();
        let (key, place) = index.places.remove_entry(key)?;
        index.free.push(place);
        let old = self.edges.swap(place, Place(None));
        drop(index);
        drop(key);
        // SAFETY: as above.
        Some(unsafe { old.edge() })
    }

    /// Takes all keys out.
    pub fn clear(&self) {
        let mut index = self.index.write();
        let old = std::mem::take(&mut index.places);
        index.free.clear();
        self.edges.clear();
        drop(index);
        drop(old);
    }

    /// All keys and what they lead to, as they are now.
    pub fn entries(&self) -> Vec<(K, E)>
    where
        K: Clone,
    {
        let index = self.index.read();
        let all = index.places.iter().filter_map(|(key, &place)| {
            let edge = self.edges.get(place)?;
            // SAFETY: as above.
            Some((key.clone(), unsafe { edge.edge() }))
        });
        all.collect()
    }
}

// SAFETY: both walks visit the edges. Keys are left alone by both.
unsafe impl<K: Send + Sync + 'static, E: Edge> Trace for GcMap<K, E> {
    const EDGES: bool = true;
    const DROPS: bool = true;

    fn trace(&self, marker: &mut Marker) {
        self.edges.trace(marker);
    }

    fn walk<W: Walk>(&mut self, walk: &mut W) {
        self.edges.walk(walk);
    }
}

impl<K: Hash + Eq, E: Edge> Default for GcMap<K, E> {
    fn default() -> Self {
        GcMap::new()
    }
}

impl<K: Hash + Eq, E: Edge> FromIterator<(K, E)> for GcMap<K, E> {
    fn from_iter<I: IntoIterator<Item = (K, E)>>(entries: I) -> Self {
        let map = GcMap::new();
        for (key, edge) in entries {
            map.insert(key, edge);
        }
        map
    }
}

impl<K, E> fmt::Debug for GcMap<K, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the edges: a cycle would be printed for ever.
        f.debug_struct("GcMap").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gc::Gc;

    #[test]
    fn the_place_of_a_key_that_was_taken_out_is_used_again() {
        let map = GcMap::new();
        for key in 0..100 {
            map.get_or_insert_with(key, || Gc::new(key));
            map.remove(&key);
            map.insert(key, Gc::new(key));
            map.remove(&key);
        }
        assert_eq!(map.edges.len(), 1);
    }
}
