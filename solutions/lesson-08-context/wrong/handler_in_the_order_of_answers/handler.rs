//! Verdict: wrong result. The page is made in the order in which the answers come.

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
    let (mut page, count) = (Vec::new(), services.len());
    let (put, answers) = marmota::chan(services.len());
    for service in services {
        let (inner, put) = (inner.clone(), put.clone());
        marmota::go(move || put.send(service(&inner)));
    }
    let done = inner.done();
    for _ in 0..count {
        select! {
            answer = <-answers => if let Some(answer) = answer {
                page.push(answer.map_or_else(Part::Failed, Part::Here));
            },
            <-done => break,
        }
    }
    page.resize(count, Part::Late);
    match ctx.err() {
        Some(error) => Err(error),
        None => Ok(page),
    }
}
