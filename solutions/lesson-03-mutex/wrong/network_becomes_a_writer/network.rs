//! Verdict: deadlock. A reader that wants to write, to count, waits for all readers
//! to leave: for itself.

use marmota::sync::RwMutex;

/// What the router is set up with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The name of the network.
    pub name: String,
    /// Who looks up addresses for it.
    pub resolver: String,
}

/// A network that many use and one restarts.
pub struct Network {
    state: RwMutex<(Settings, u64)>,
}

impl Network {
    /// A network that runs with `settings` and was not used yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            state: RwMutex::new((settings, 0)),
        }
    }

    /// Does `work` over the network, beside all others who do.
    pub fn browse<T>(&self, work: impl FnOnce(&Settings) -> T) -> T {
        let state = self.state.read();
        let result = work(&state.0);
        self.state.write().1 += 1;
        result
    }

    /// Restarts the router, with nobody on the network.
    pub fn restart(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.state.write().0);
    }

    /// How many uses of the network have ended.
    #[must_use]
    pub fn uses(&self) -> u64 {
        self.state.read().1
    }
}
