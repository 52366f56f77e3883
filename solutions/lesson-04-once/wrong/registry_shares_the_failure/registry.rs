//! Verdict: wrong result. Those who wait for an attempt get what came of it, a failure too:
//! each of them was to try for itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use marmota::sync::Mutex;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

type Connect<C> = dyn Fn(&str) -> Result<C, Unreachable> + Send + Sync;

/// What came of an attempt, once something has.
type Attempt<C> = Arc<Mutex<Option<Result<Arc<C>, Unreachable>>>>;

/// Connections of type `C`, by the service's name.
pub struct Registry<C> {
    connect: Box<Connect<C>>,
    attempts: Mutex<BTreeMap<String, Attempt<C>>>,
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// No connections yet. `connect(service)` makes one.
    #[must_use]
    pub fn new(connect: impl Fn(&str) -> Result<C, Unreachable> + Send + Sync + 'static) -> Self {
        Self {
            connect: Box::new(connect),
            attempts: Mutex::default(),
        }
    }

    /// The connection to `service`. If there is none, it connects.
    pub fn get(&self, service: &str) -> Result<Arc<C>, Unreachable> {
        let attempt = self.attempt(service);
        let mut outcome = attempt.lock();
        if let Some(outcome) = &*outcome {
            return outcome.clone();
        }
        let came = (self.connect)(service).map(Arc::new);
        if came.is_err() {
            self.attempts.lock().remove(service);
        }
        *outcome = Some(came.clone());
        came
    }

    fn attempt(&self, service: &str) -> Attempt<C> {
        let mut attempts = self.attempts.lock();
        Arc::clone(attempts.entry(service.to_owned()).or_default())
    }
}
