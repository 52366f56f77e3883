//! `Semaphore`: a number of tokens that goroutines take, some at a time, and give back.
//!
//! The tokens and their queue are in [`weighted`](super::weighted); here is how a wait
//! ends with a context: a hook in the context gives the wait up. A context that cannot
//! end needs no hook, and then nothing is allocated.

use super::weighted::{Ticket, Weighted};
use crate::context::{self, Context, ContextError};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// A weighted semaphore: at most `size` tokens are taken at any time (Go's
/// `golang.org/x/sync/semaphore`). A handle: its clones are the same semaphore.
///
/// ```
/// use marmota::{context, sync::{Semaphore, WaitGroup}};
/// #[marmota::main]
/// fn main() {
///     let (two_at_a_time, group) = (Semaphore::new(2), WaitGroup::new());
///     for _ in 0..10 {
///         let tokens = two_at_a_time.clone();
///         group.go(move || {
///             tokens.acquire(&context::background(), 1).unwrap();
///             // … at most two goroutines are here …
///             tokens.release(1);
///         });
///     }
///     group.wait();
/// }
/// ```
#[derive(Clone)]
pub struct Semaphore {
    tokens: Arc<Weighted>,
}

impl Semaphore {
    /// A semaphore with `size` tokens, none of them taken.
    pub fn new(size: u64) -> Self {
        Semaphore {
            tokens: Arc::new(Weighted::new(size)),
        }
    }

    /// Takes `n` tokens, waiting for them until `context` ends. First come, first
    /// served: who asks for few waits behind who asks for many.
    ///
    /// Asking for more than there are waits for the end of the context, and keeps
    /// nobody else from theirs.
    ///
    /// # Errors
    /// Why the context ended. Then no tokens are taken. A context that has ended is an
    /// error even if the tokens are there.
    #[track_caller]
    pub fn acquire(&self, context: &Context, n: u64) -> Result<(), ContextError> {
        let at = Location::caller();
        if let Some(err) = context.err() {
            return Err(err);
        }
        if n > self.tokens.size() {
            context.done().recv();
            return Err(context.err().unwrap_or(ContextError::Canceled));
        }
        if self.tokens.try_take(n) {
            return Ok(());
        }
        if !context.can_end() {
            self.tokens.wait(n, None, at);
            return Ok(());
        }
        let ticket = Arc::new(Ticket::new());
        let hook = {
            let (tokens, ticket) = (self.tokens.clone(), ticket.clone());
            context::on_end(context, Box::new(move || tokens.give_up(&ticket)))
        };
        let taken = self.tokens.wait(n, Some(&ticket), at);
        hook.remove();
        match context.err() {
            None => Ok(()),
            Some(err) => {
                // Taken in the same moment: as if it had not been.
                if taken {
                    self.release(n);
                }
                Err(err)
            }
        }
    }

    /// Takes `n` tokens if they are there and nobody waits.
    pub fn try_acquire(&self, n: u64) -> bool {
        n <= self.tokens.size() && self.tokens.try_take(n)
    }

    /// Gives `n` tokens back.
    ///
    /// # Panics
    /// `semaphore: released more than held`.
    #[track_caller]
    pub fn release(&self, n: u64) {
        if !self.tokens.give_back(n) {
            panic!("semaphore: released more than held");
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("size", &self.tokens.size())
            .field("held", &self.tokens.held())
            .finish()
    }
}
