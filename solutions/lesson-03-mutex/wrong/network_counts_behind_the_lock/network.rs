//! Verdict: deadlock. The count stands behind the same lock as the settings: who asks
//! for it during a restart waits for the restart.

use std::sync::atomic::{AtomicU64, Ordering};

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
    settings: RwMutex<Settings>,
    uses: AtomicU64,
}

impl Network {
    /// A network that runs with `settings` and was not used yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings: RwMutex::new(settings),
            uses: AtomicU64::new(0),
        }
    }

    /// Does `work` over the network, beside all others who do.
    pub fn browse<T>(&self, work: impl FnOnce(&Settings) -> T) -> T {
        let settings = self.settings.read();
        let result = work(&settings);
        // Relaxed: a number that orders nothing else.
        self.uses.fetch_add(1, Ordering::Relaxed);
        result
    }

    /// Restarts the router, with nobody on the network.
    pub fn restart(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.write());
    }

    /// How many uses of the network have ended.
    #[must_use]
    pub fn uses(&self) -> u64 {
        let _settings = self.settings.read();
        self.uses.load(Ordering::Relaxed)
    }
}
