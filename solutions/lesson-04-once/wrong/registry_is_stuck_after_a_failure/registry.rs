//! Verdict: deadlock. After a failure the list still says that somebody is
//! connecting: all others wait for that.

use std::collections::BTreeMap;
use std::sync::Arc;

use marmota::sync::{Cond, Mutex};

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

type Connect<C> = dyn Fn(&str) -> Result<C, Unreachable> + Send + Sync;

/// What is known of a service.
enum State<C> {
    Connecting,
    Connected(Arc<C>),
}

/// Connections of type `C`, by the service's name.
pub struct Registry<C> {
    connect: Box<Connect<C>>,
    states: Mutex<BTreeMap<String, State<C>>>,
    changed: Cond,
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// No connections yet. `connect(service)` makes one.
    #[must_use]
    pub fn new(connect: impl Fn(&str) -> Result<C, Unreachable> + Send + Sync + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            states: Mutex::new(BTreeMap::new()),
            changed: Cond::new(),
        }
    }

    /// The connection to `service`. If there is none, it connects.
    ///
    /// # Errors
    ///
    /// When this call's own attempt failed.
    pub fn get(&self, service: &str) -> Result<Arc<C>, Unreachable> {
        let mut states = self.states.lock();
        loop {
            match states.get(service) {
                Some(State::Connected(connection)) => return Ok(Arc::clone(connection)),
                Some(State::Connecting) => self.changed.wait(&mut states),
                None => break,
            }
        }
        states.insert(service.to_owned(), State::Connecting);
        drop(states);
        let connection = Arc::new((self.connect)(service)?);
        let connected = State::Connected(Arc::clone(&connection));
        self.states.lock().insert(service.to_owned(), connected);
        self.changed.broadcast();
        Ok(connection)
    }
}
