//! Verdict: wrong result. The list is free while it connects, and nothing says that
//! somebody does: two find nothing, and both connect.

use std::collections::BTreeMap;
use std::sync::Arc;

use marmota::sync::Mutex;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

type Connect<C> = dyn Fn(&str) -> Result<C, Unreachable> + Send + Sync;

/// Connections of type `C`, by the service's name.
pub struct Registry<C> {
    connect: Box<Connect<C>>,
    connections: Mutex<BTreeMap<String, Arc<C>>>,
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// No connections yet. `connect(service)` makes one.
    #[must_use]
    pub fn new(connect: impl Fn(&str) -> Result<C, Unreachable> + Send + Sync + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            connections: Mutex::default(),
        }
    }

    /// The connection to `service`. If there is none, it connects.
    ///
    /// # Errors
    ///
    /// When this call's own attempt failed.
    pub fn get(&self, service: &str) -> Result<Arc<C>, Unreachable> {
        if let Some(connection) = self.connections.lock().get(service) {
            return Ok(Arc::clone(connection));
        }
        let connection = Arc::new((self.connect)(service)?);
        let mut connections = self.connections.lock();
        connections.insert(service.to_owned(), Arc::clone(&connection));
        Ok(connection)
    }
}
