//! Verdict: wrong result. The services get the request's own context, which does not
//! end with their time: they work for a page that is out.

use std::time::Duration;

use marmota::context::{Context, ContextError};
use marmota::{select, time};

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
    let time_is_up = time::after(limit);
    let mut page = vec![Part::Late; services.len()];
    let (put, answers) = marmota::chan(services.len());
    for (i, service) in services.into_iter().enumerate() {
        let (inner, put) = (ctx.clone(), put.clone());
        marmota::go(move || put.send((i, service(&inner))));
    }
    let done = ctx.done();
    for _ in 0..page.len() {
        select! {
            answer = <-answers => if let Some((i, answer)) = answer {
                page[i] = answer.map_or_else(Part::Failed, Part::Here);
            },
            <-done => break,
            <-&time_is_up => break,
        }
    }
    match ctx.err() {
        Some(error) => Err(error),
        None => Ok(page),
    }
}
