//! Exercise 5: a small program: a page made of what came in time.
//!
//! A shop's page shows the article, what it costs, and what others bought with it: three
//! services, asked over the network. The visitor waits for none of them longer than a
//! certain time; a page with a hole is better than no page. And if the visitor goes away,
//! nobody should work for the page any more.

use std::time::Duration;

use marmota::context::{Context, ContextError};

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

/// A service: takes the context of the request and answers, sooner or later. A good one
/// returns when the context ends; not all are good.
pub type Service = Box<dyn FnOnce(&Context) -> Result<String, String> + Send>;

/// Asks all `services` at the same time, each with a context under `ctx` that ends after
/// `limit` and when the page is made, and returns their parts in their order: as soon as
/// all have answered, or when the time is up.
///
/// If `ctx` itself ends before that, nobody needs the page: its error, at once.
///
/// A service that hears of the end may answer that it failed for that reason; whether that
/// still gets onto the page is left open.
///
/// Graded: the parts, and when they are returned; that an end of `ctx` reaches the services;
/// that a page which is made ends their context; that a late service can end, even if it
/// hears of nothing.
pub fn handle(
    ctx: &Context,
    limit: Duration,
    services: Vec<Service>,
) -> Result<Vec<Part>, ContextError> {
    let _ = (ctx, limit, services);
    todo!("ask all, then a select over answers and the end")
}
