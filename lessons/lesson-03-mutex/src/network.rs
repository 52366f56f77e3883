//! Exercise 3: the office network.
//!
//! Users read their mail and search the web, all at the same time: they do not
//! disturb each other. Now and then a technician restarts the router with new
//! settings. That cannot be done while anybody is in the middle of something, and
//! nobody may begin anything before it is over. [`marmota::sync::RwMutex`] is made
//! for this: many may `read()`, one may `write()`.

/// What the router is set up with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name of the network.
    pub name: String,
    /// Who looks up addresses for it.
    pub resolver: String,
}

/// A network that many use and one restarts.
///
/// Graded: see the methods; users never wait for each other.
pub struct Network {
    // Your state: the settings, and how often the network was used.
}

impl Network {
    /// A network that runs with `settings` and was not used yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let _ = settings;
        todo!("what do many share, and one change?")
    }

    /// Does `work` over the network, and returns what it returns. The network is in
    /// use, and does not change, until `work` has returned. Many may be in here.
    pub fn browse<T>(&self, work: impl FnOnce(&Settings) -> T) -> T {
        let _ = work;
        todo!("read, and count the use")
    }

    /// Restarts the router: `change` gets the settings, with nobody on the network
    /// before it has returned. Waits for all who use it, and those who come meanwhile
    /// wait too.
    pub fn restart(&self, change: impl FnOnce(&mut Settings)) {
        let _ = change;
        todo!("write")
    }

    /// How many uses of the network have ended so far. It never waits, neither for the
    /// users nor for the technician.
    #[must_use]
    pub fn uses(&self) -> u64 {
        todo!("readers may not change what they share by reading: so where is the count?")
    }
}
