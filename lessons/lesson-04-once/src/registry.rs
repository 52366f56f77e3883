//! Exercise 4: a small program: connections by name.
//!
//! A program talks to several services. It connects to each when that service is first
//! needed, and from then on all goroutines share the connection. Connecting takes
//! long, and it may fail: a service that was down may be up a minute later. So a
//! failure must not be remembered, and a `Once` for each service will not do.

use std::sync::Arc;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable(pub String);

/// Connections of type `C`, by the service's name.
///
/// Graded: see the method; that whoever waits is parked.
pub struct Registry<C> {
    // Your state, in place of this line: how to connect, and what is there.
    remove_me: std::marker::PhantomData<C>,
}

impl<C: Send + Sync + 'static> Registry<C> {
    /// No connections yet. `connect(service)` makes one.
    #[must_use]
    pub fn new(connect: impl Fn(&str) -> Result<C, Unreachable> + Send + Sync + 'static) -> Self {
        let _ = connect;
        todo!("keep it for later")
    }

    /// The connection to `service`. If there is none, it connects.
    ///
    /// At most one goroutine at a time connects to a service; those who want the same
    /// one wait for it, and share the connection. If it failed (or panicked), the next
    /// of them tries, one after the other, until one of them succeeds. Goroutines that
    /// want different services do not wait for each other. A connection stays for good.
    ///
    /// # Errors
    ///
    /// When this call's own attempt failed.
    pub fn get(&self, service: &str) -> Result<Arc<C>, Unreachable> {
        let _ = (service, self.remove_me);
        todo!("which lock for what: the list, and each service?")
    }
}
