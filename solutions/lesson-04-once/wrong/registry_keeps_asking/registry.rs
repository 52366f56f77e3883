//! Verdict: livelock. Who wants what another one is connecting to asks again and
//! again.

use std::collections::BTreeMap;
use std::sync::Arc;

use marmota::sync::Mutex;

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
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// No connections yet. `connect(service)` makes one.
    #[must_use]
    pub fn new(connect: impl Fn(&str) -> Result<C, Unreachable> + Send + Sync + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            states: Mutex::new(BTreeMap::new()),
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
                Some(State::Connecting) => {
                    drop(states);
                    marmota::runtime::gosched();
                    states = self.states.lock();
                }
                None => break,
            }
        }
        states.insert(service.to_owned(), State::Connecting);
        drop(states);
        let result = (self.connect)(service).map(Arc::new);
        let mut states = self.states.lock();
        match &result {
            Ok(connection) => {
                let connected = State::Connected(Arc::clone(connection));
                states.insert(service.to_owned(), connected);
            }
            Err(_) => drop(states.remove(service)),
        }
        result
    }
}
