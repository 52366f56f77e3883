//! Verdict: wrong result. Two goroutines ask, one service after the other: a third one
//! is asked when one of the first has answered.

use std::time::Duration;

use marmota::context::{self, Context, ContextError};
use marmota::select;

/// What became of a service's part of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// It answered.
    Here(String),
    /// It answered that it cannot.
    Failed(String),
    /// It had not answered when the time was up.
    Late,
}

/// A service: takes the context of the request and answers, sooner or later.
pub type Service = Box<dyn FnOnce(&Context) -> Result<String, String> + Send>;

/// Asks all `services` at the same time and returns what has come after `limit`.
pub fn handle(
    ctx: &Context,
    limit: Duration,
    services: Vec<Service>,
) -> Result<Vec<Part>, ContextError> {
    let (inner, cancel) = context::with_timeout(ctx, limit);
    let _when_the_page_is_made = cancel.on_drop();
    let mut page = vec![Part::Late; services.len()];
    let (put, answers) = marmota::chan(services.len());
    let (give, queue) = marmota::chan(services.len());
    services.into_iter().enumerate().for_each(|s| give.send(s));
    give.close();
    for _ in 0..2 {
        let (inner, put, queue) = (inner.clone(), put.clone(), queue.clone());
        marmota::go(move || {
            for (i, service) in queue {
                put.send((i, service(&inner)));
            }
        });
    }
    let done = inner.done();
    for _ in 0..page.len() {
        select! {
            answer = <-answers => if let Some((i, answer)) = answer {
                page[i] = answer.map_or_else(Part::Failed, Part::Here);
            },
            <-done => break,
        }
    }
    match ctx.err() {
        Some(error) => Err(error),
        None => Ok(page),
    }
}
