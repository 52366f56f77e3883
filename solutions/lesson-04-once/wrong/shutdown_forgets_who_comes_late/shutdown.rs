//! Verdict: deadlock. Whoever asks gets a channel of their own, and a stop closes those
//! that there are: who asks later has one that nobody closes.

use marmota::sync::Mutex;
use marmota::{Receiver, Sender};

/// Tells many goroutines to stop.
#[derive(Default)]
pub struct Shutdown {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reason: Option<String>,
    listeners: Vec<Sender<()>>,
}

impl State {
    fn listen(&mut self) -> Receiver<()> {
        let (close, closed) = marmota::chan(0);
        self.listeners.push(close);
        closed
    }
}

impl Shutdown {
    /// Nothing stops yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops everything, for `reason`, if nobody did before.
    pub fn stop(&self, reason: &str) -> bool {
        let mut state = self.state.lock();
        if state.reason.is_some() {
            return false;
        }
        state.reason = Some(reason.to_owned());
        for listener in &state.listeners {
            listener.close();
        }
        true
    }

    /// A channel that is closed by the first [`Shutdown::stop`].
    #[must_use]
    pub fn stopped(&self) -> Receiver<()> {
        self.state.lock().listen()
    }

    /// Waits until somebody stops everything, and gives the reason.
    pub fn wait(&self) -> String {
        let mut state = self.state.lock();
        if let Some(reason) = &state.reason {
            return reason.clone();
        }
        let closed = state.listen();
        drop(state);
        let _closed = closed.recv();
        self.state.lock().reason.clone().unwrap_or_default()
    }
}
