//! Verdict: wrong result. A page counts as done once it was taken from the queue: with the queue
//! empty for a moment the crawl returns, while somebody fetches a page that has links.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use marmota::sync::{Cond, Mutex};

/// A page that was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What it is called.
    pub title: String,
    /// The addresses it links to. May name one twice, or itself.
    pub links: Vec<String>,
}

/// Fetches the page at `start` and all that can be reached from it.
pub fn crawl(
    start: &str,
    workers: usize,
    fetch: impl Fn(&str) -> Result<Page, String> + Send + Sync + 'static,
) -> BTreeMap<String, Result<String, String>> {
    let mut state = State::default();
    state.add(start.to_owned());
    let site = Arc::new(Site {
        fetch,
        state: Mutex::new(state),
        changed: Cond::new(),
    });
    for _ in 0..workers {
        let site = Arc::clone(&site);
        marmota::go(move || site.work());
    }
    let mut state = site.state.lock();
    site.changed.wait_while(&mut state, |s| s.open > 0);
    std::mem::take(&mut state.found)
}

struct Site<F> {
    fetch: F,
    state: Mutex<State>,
    /// There is something to fetch, or nothing is open any more.
    changed: Cond,
}

#[derive(Default)]
struct State {
    queue: VecDeque<String>,
    seen: BTreeSet<String>,
    /// In the queue, or being fetched.
    open: usize,
    found: BTreeMap<String, Result<String, String>>,
}

impl State {
    fn add(&mut self, address: String) {
        if self.seen.insert(address.clone()) {
            self.queue.push_back(address);
            self.open += 1;
        }
    }
}

impl<F: Fn(&str) -> Result<Page, String>> Site<F> {
    fn work(&self) {
        while let Some(address) = self.next() {
            let page = (self.fetch)(&address);
            self.put(address, page);
        }
    }

    /// An address to fetch; `None` when nothing is open any more.
    fn next(&self) -> Option<String> {
        let mut state = self.state.lock();
        self.changed
            .wait_while(&mut state, |s| s.queue.is_empty() && s.open > 0);
        let address = state.queue.pop_front();
        if address.is_some() {
            state.open -= 1;
            self.changed.broadcast();
        }
        address
    }

    fn put(&self, address: String, page: Result<Page, String>) {
        let mut state = self.state.lock();
        let title = page.map(|page| {
            page.links.into_iter().for_each(|link| state.add(link));
            page.title
        });
        state.found.insert(address, title);
        self.changed.broadcast();
    }
}
