//! Exercise 6: a small program: a crawler.
//!
//! It begins at one page, follows all links, and says for each page it found what its
//! title is, or why there is none. Pages link to each other in circles, so it must
//! remember where it has been. Some are slow, so it fetches several at once; the
//! server is not ours, so there is a limit to that.
//!
//! What is new: the workers make work themselves. So the end is not where a list ends.
//! It is reached when nothing waits to be fetched *and* nobody is fetching, for who
//! fetches may still find something.

use std::collections::BTreeMap;

/// A page that was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What it is called.
    pub title: String,
    /// The addresses it links to. May name one twice, or itself.
    pub links: Vec<String>,
}

/// Fetches the page at `start` and all that can be reached from it over links, on
/// `workers` goroutines (at least 1). Returns the title of each page by its address,
/// or what `fetch` said in its place; a page that cannot be fetched has no links.
///
/// Graded: the result; each address is fetched once; `workers` fetches at the same
/// time, and no more; no page waits while a worker is free; workers that wait keep
/// nobody busy; nothing is left running.
pub fn crawl(
    start: &str,
    workers: usize,
    fetch: impl Fn(&str) -> Result<Page, String> + Send + Sync + 'static,
) -> BTreeMap<String, Result<String, String>> {
    let _ = (start, workers, fetch);
    todo!("workers that take an address, fetch, and add the links that are new")
}
