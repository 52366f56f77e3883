//! Verdict: wrong result. A Once for each service keeps what came of the first
//! attempt, and that was a failure.

use std::collections::BTreeMap;
use std::sync::Arc;

use marmota::sync::{Mutex, Once};

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

type Connect<C> = dyn Fn(&str) -> Result<C, Unreachable> + Send + Sync;

/// A service, and what came of connecting to it.
type Slot<C> = Arc<(Once, Mutex<Option<Result<Arc<C>, Unreachable>>>)>;

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
        let (once, result) = &*slot;
        once.call_once(|| {
            let connection = (self.connect)(service).map(Arc::new);
            *result.lock() = Some(connection);
        });
        result
            .lock()
            .clone()
            .unwrap_or_else(|| Err(Unreachable(service.to_owned())))
    }

    /// The service's place in the list. The list is not locked any more when it returns.
    fn slot(&self, service: &str) -> Slot<C> {
        let mut slots = self.slots.lock();
        let slot = slots
            .entry(service.to_owned())
            .or_insert_with(|| Arc::new((Once::new(), Mutex::new(None))));
        Arc::clone(slot)
    }
}
