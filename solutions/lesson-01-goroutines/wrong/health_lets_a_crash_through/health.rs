//! Verdict: panicked. The handle's `Err` is unwrapped, which throws the probe's panic
//! again, into the monitor and all other services.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How often a service is asked before it counts as down.
pub const ATTEMPTS: u32 = 3;

/// How long to wait between two attempts at the same service.
pub const PAUSE: Duration = Duration::from_secs(1);

/// How a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// A probe said yes.
    Up,
    /// All [`ATTEMPTS`] probes said no.
    Down,
    /// A probe panicked with this message.
    Crashed(String),
}

/// What is known of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its name.
    pub service: String,
    /// How it is.
    pub health: Health,
    /// How many probes it took to know.
    pub attempts: u32,
}

/// Probes all `services` at the same time and returns the status of each.
pub fn check_all(services: &[&str], probe: impl Fn(&str) -> bool + Sync) -> Vec<Status> {
    let probe = &probe;
    let attempts: Vec<AtomicU32> = services.iter().map(|_| AtomicU32::new(0)).collect();
    marmota::scope(|s| {
        let watched: Vec<_> = services
            .iter()
            .zip(&attempts)
            .map(|(&service, attempts)| s.spawn(move || watch(service, probe, attempts)))
            .collect();
        services
            .iter()
            .zip(&attempts)
            .zip(watched)
            .map(|((&service, attempts), goroutine)| Status {
                service: service.to_owned(),
                health: goroutine
                    .join()
                    .unwrap(),
                attempts: attempts.load(Ordering::SeqCst),
            })
            .collect()
    })
}

fn watch(service: &str, probe: impl Fn(&str) -> bool, attempts: &AtomicU32) -> Health {
    loop {
        let attempt = attempts.fetch_add(1, Ordering::SeqCst) + 1;
        if probe(service) {
            return Health::Up;
        }
        if attempt == ATTEMPTS {
            return Health::Down;
        }
        marmota::time::sleep(PAUSE);
    }
}

