//! Verdict: deadlock. The lock is held while fetching: one page at a time, whatever the number
//! of workers.

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
}

impl State {
    fn add(&mut self, address: String) {
        if self.seen.insert(address.clone()) {
            self.queue.push_back(address);
            self.open += 1;
        }
    }

    fn put(&mut self, address: String, page: Result<Page, String>) {
        let title = page.map(|page| {
            page.links.into_iter().for_each(|link| self.add(link));
            page.title
        });
        self.found.insert(address, title);
        self.open -= 1;
    }
}

impl<F: Fn(&str) -> Result<Page, String>> Site<F> {
    fn work(&self) {
        while let Some(address) = self.next() {
            let mut state = self.state.lock();
            let page = (self.fetch)(&address);
            state.put(address, page);
            self.changed.broadcast();
        }
    }

    /// An address to fetch; `None` when nothing is open any more.
    fn next(&self) -> Option<String> {
        let mut state = self.state.lock();
        self.changed
            .wait_while(&mut state, |s| s.queue.is_empty() && s.open > 0);
        state.queue.pop_front()
    }
}
