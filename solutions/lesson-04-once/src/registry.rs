//! Exercise 4: a small program: connections by name.
//!
//! Two kinds of locks: one for the list of services, held for a look, and one for each
//! service, held while it is connected to. A service's lock is taken only after the
//! list's was given back. Whoever has a service's lock finds a connection, or makes
//! one; after a failure, or a panic, the next in line finds none and tries.

use std::collections::BTreeMap;
use std::sync::Arc;

use marmota::sync::Mutex;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

type Connect<C> = dyn Fn(&str) -> Result<C, Unreachable> + Send + Sync;

/// A connection, once there is one.
type Slot<C> = Arc<Mutex<Option<Arc<C>>>>;

/// Connections of type `C`, by the service's name.
pub struct Registry<C> {
    connect: Box<Connect<C>>,
    slots: Mutex<BTreeMap<String, Slot<C>>>,
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// No connections yet. `connect(service)` makes one.
    #[must_use]
    pub fn new(connect: impl Fn(&str) -> Result<C, Unreachable> + Send + Sync + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            slots: Mutex::default(),
        }
    }

    /// The connection to `service`. If there is none, it connects.
    ///
    /// # Errors
    ///
    /// When this call's own attempt failed.
    pub fn get(&self, service: &str) -> Result<Arc<C>, Unreachable> {
        let slot = self.slot(service);
        let mut slot = slot.lock();
        if let Some(connection) = &*slot {
            return Ok(Arc::clone(connection));
        }
        let connection = Arc::new((self.connect)(service)?);
        *slot = Some(Arc::clone(&connection));
        Ok(connection)
    }

    /// The service's place in the list. The list is not locked any more when it returns.
    fn slot(&self, service: &str) -> Slot<C> {
        let mut slots = self.slots.lock();
        Arc::clone(slots.entry(service.to_owned()).or_default())
    }
}
