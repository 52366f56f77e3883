//! Verdict: deadlock. The guard of the list has no name and lives to the end of the
//! statement, and that statement waits for the service.

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
        match self.slots.lock().entry(service.to_owned()).or_default() {
            slot => {
                let mut slot = slot.lock();
                if let Some(connection) = &*slot {
                    return Ok(Arc::clone(connection));
                }
                let connection = Arc::new((self.connect)(service)?);
                *slot = Some(Arc::clone(&connection));
                Ok(connection)
            }
        }
    }
}
