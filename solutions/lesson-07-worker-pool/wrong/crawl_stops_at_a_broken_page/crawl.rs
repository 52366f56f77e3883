//! Verdict: wrong result. A page that cannot be fetched ends the whole crawl.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use marmota::sync::{Cond, Mutex, WaitGroup};

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
    let group = WaitGroup::new();
    for _ in 0..workers {
        let site = Arc::clone(&site);
        group.go(move || site.work());
    }
    group.wait();
    std::mem::take(&mut site.state.lock().found)
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
    failed: bool,
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
        self.changed.wait_while(&mut state, |s| {
            s.queue.is_empty() && s.open > 0 && !s.failed
        });
        if state.failed {
            return None;
        }
        state.queue.pop_front()
    }

    fn put(&self, address: String, page: Result<Page, String>) {
        let mut state = self.state.lock();
        let title = page.map(|page| {
            page.links.into_iter().for_each(|link| state.add(link));
            page.title
        });
        state.failed |= title.is_err();
        state.found.insert(address, title);
        state.open -= 1;
        self.changed.broadcast();
    }
}
