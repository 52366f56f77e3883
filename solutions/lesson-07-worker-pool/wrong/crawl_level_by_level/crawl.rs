//! Verdict: deadlock. All pages of a level are fetched before the next level begins: a slow page
//! holds up workers that have nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use marmota::sync::{Mutex, WaitGroup};

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
    let fetch = Arc::new(fetch);
    let mut found = BTreeMap::new();
    let mut seen = BTreeSet::from([start.to_owned()]);
    let mut level = vec![start.to_owned()];
    while !level.is_empty() {
        let (feed, queue) = marmota::chan::<String>(0);
        let pages: Arc<Mutex<Vec<(String, Result<Page, String>)>>> = Arc::default();
        let group = WaitGroup::new();
        for _ in 0..workers {
            let (fetch, queue) = (Arc::clone(&fetch), queue.clone());
            let pages = Arc::clone(&pages);
            group.go(move || {
                for address in queue {
                    let page = fetch(&address);
                    pages.lock().push((address, page));
                }
            });
        }
        level.into_iter().for_each(|address| feed.send(address));
        feed.close();
        group.wait();
        level = Vec::new();
        for (address, page) in std::mem::take(&mut *pages.lock()) {
            let title = page.map(|page| {
                let new = page
                    .links
                    .into_iter()
                    .filter(|link| seen.insert(link.clone()));
                level.extend(new);
                page.title
            });
            found.insert(address, title);
        }
    }
    found
}
