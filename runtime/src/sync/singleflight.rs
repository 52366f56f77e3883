//! `singleflight`: work that several ask for at the same time is done one time (Go's
//! `golang.org/x/sync/singleflight`).
//!
//! Under a key stands the call in flight. Who comes first does the work; who comes
//! while it lasts waits for it and shares what came of it. When it is done the call is
//! taken out, so the next to come does the work again: this is no cache.

use super::again::Again;
use super::{Mutex, WaitGroup};
use crate::chan::{Receiver, Sender, chan};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// Calls in flight, by key. A handle: its clones are the same group.
///
/// ```
/// use marmota::sync::{WaitGroup, singleflight::Group};
/// #[marmota::main]
/// fn main() {
///     let (prices, group) = (Group::new(), WaitGroup::new());
///     for _ in 0..10 {
///         let prices = prices.clone();
///         group.go(move || {
///             let (price, _shared) = prices.run("tea", || 350); // asked for once or so
///             assert_eq!(price, 350);
///         });
///     }
///     group.wait();
/// }
/// ```
pub struct Group<K, V> {
    // A fixed hash function: keys come from the program, and a deterministic run
    // stays one.
    calls: Arc<Mutex<Calls<K, V>>>,
}

type Calls<K, V> = HashMap<K, Arc<Call<V>>, BuildHasherDefault<DefaultHasher>>;

struct Call<V> {
    done: WaitGroup,
    state: Mutex<State<V>>,
}

struct State<V> {
    outcome: Option<Result<V, Again>>,
    /// How many share it, besides the one who does the work.
    others: usize,
    channels: Vec<Sender<Outcome<V>>>,
}

/// What came of a call, as [`Group::run_chan`] sends it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome<V> {
    /// The value.
    pub value: V,
    /// Whether several got it.
    pub shared: bool,
}

impl<K, V> Group<K, V>
where
    K: Eq + Hash + Clone,
    V: Clone,
{
    /// A group with no calls in flight.
    pub fn new() -> Self {
        Group {
            calls: Arc::default(),
        }
    }

    /// Does `work`, unless work for the same key is being done: then waits for that.
    /// Gives the value, and whether several got it (Go's `Do`, a word that Rust
    /// reserves). Work that can fail has a `Result` for its value.
    ///
    /// # Panics
    /// When the work panics, all who share it do, with the same text. When it exits its
    /// goroutine, all who share it exit theirs.
    #[track_caller]
    pub fn run(&self, key: K, work: impl FnOnce() -> V) -> (V, bool) {
        let call = {
            let mut calls = self.calls.lock();
            if let Some(call) = calls.get(&key) {
                let call = call.clone();
                drop(calls);
                call.state.lock().others += 1;
                call.done.wait();
                return (call.value(), true);
            }
            let call = Call::in_flight();
            calls.insert(key.clone(), call.clone());
            call
        };
        match self.fly(&key, &call, work) {
            Ok(shared) => (call.value(), shared),
            Err(payload) => resume_unwind(payload),
        }
    }

    /// As [`run`](Self::run), without waiting: the outcome will be sent on the channel,
    /// which is not closed (Go's `DoChan`).
    ///
    /// # Panics
    /// When the work panics nobody can recover that, and the program ends.
    #[track_caller]
    pub fn run_chan(
        &self,
        key: K,
        work: impl FnOnce() -> V + Send + 'static,
    ) -> Receiver<Outcome<V>>
    where
        K: Send + 'static,
        V: Send + 'static,
    {
        let (tx, rx) = chan(1);
        let call = {
            let mut calls = self.calls.lock();
            if let Some(call) = calls.get(&key) {
                let call = call.clone();
                drop(calls);
                let mut state = call.state.lock();
                state.others += 1;
                match state.outcome.clone() {
                    // It ended between the two locks.
                    Some(Ok(value)) => {
                        drop(state);
                        tx.send(Outcome {
                            value,
                            shared: true,
                        });
                    }
                    _ => state.channels.push(tx),
                }
                return rx;
            }
            let call = Call::in_flight();
            call.state.lock().channels.push(tx);
            calls.insert(key.clone(), call.clone());
            call
        };
        let group = self.clone();
        crate::go(move || {
            if let Err(payload) = group.fly(&key, &call, work) {
                resume_unwind(payload);
            }
        });
        rx
    }

    /// Who asks for `key` next does not wait for the call in flight, but does the work
    /// again (Go's `Forget`).
    #[track_caller]
    pub fn forget(&self, key: &K) {
        let call = self.calls.lock().remove_entry(key);
        drop(call);
    }

    /// Does the work of `call`, and gives its outcome to all who share it.
    fn fly(
        &self,
        key: &K,
        call: &Arc<Call<V>>,
        work: impl FnOnce() -> V,
    ) -> Result<bool, Box<dyn Any + Send>> {
        let (outcome, payload) = match catch_unwind(AssertUnwindSafe(work)) {
            Ok(value) => (Ok(value), None),
            Err(payload) => (Err(Again::of(&*payload)), Some(payload)),
        };
        // First out of the map: who comes from now on does the work again.
        let entry = {
            let mut calls = self.calls.lock();
            let ours = calls.get(key).is_some_and(|c| Arc::ptr_eq(c, call));
            ours.then(|| calls.remove_entry(key))
        };
        drop(entry);
        let (channels, shared) = {
            let mut state = call.state.lock();
            state.outcome = Some(outcome.clone());
            (std::mem::take(&mut state.channels), state.others > 0)
        };
        call.done.done();
        match outcome {
            Ok(value) => {
                for channel in channels {
                    channel.send(Outcome {
                        value: value.clone(),
                        shared,
                    });
                }
            }
            // Who waits for a channel hears nothing, and whoever did the work may recover
            // from this: so that nobody waits for ever, it is the program's end (as in Go).
            Err(again) if !channels.is_empty() && !matches!(again, Again::Exit) => {
                crate::go(move || resume_unwind(again.payload()));
            }
            Err(_) => {}
        }
        payload.map_or(Ok(shared), Err)
    }
}

impl<V: Clone> Call<V> {
    fn in_flight() -> Arc<Call<V>> {
        let done = WaitGroup::new();
        done.add(1);
        Arc::new(Call {
            done,
            state: Mutex::new(State {
                outcome: None,
                others: 0,
                channels: Vec::new(),
            }),
        })
    }

    /// The value of a call that is done; panics as its work did.
    #[track_caller]
    fn value(&self) -> V {
        let outcome = self.state.lock().outcome.clone();
        match outcome.expect("the call is done") {
            Ok(value) => value,
            Err(again) => resume_unwind(again.payload()),
        }
    }
}

impl<K, V> Clone for Group<K, V> {
    fn clone(&self) -> Self {
        Group {
            calls: self.calls.clone(),
        }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Default for Group<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> fmt::Debug for Group<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").finish_non_exhaustive()
    }
}
