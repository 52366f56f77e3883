//! Verdict: wrong result. A goroutine for each page: as many fetches at a time as there are
//! links.

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
    let _ = workers;
    let site = Arc::new(Site {
        fetch,
        seen: Mutex::new(BTreeSet::from([start.to_owned()])),
        found: Mutex::default(),
        group: WaitGroup::new(),
    });
    site.visit(start.to_owned());
    site.group.wait();
    let found = std::mem::take(&mut *site.found.lock());
    found
}

struct Site<F> {
    fetch: F,
    seen: Mutex<BTreeSet<String>>,
    found: Mutex<BTreeMap<String, Result<String, String>>>,
    group: WaitGroup,
}

impl<F: Fn(&str) -> Result<Page, String> + Send + Sync + 'static> Site<F> {
    fn visit(self: &Arc<Self>, address: String) {
        let site = Arc::clone(self);
        self.group.go(move || {
            let title = (site.fetch)(&address).map(|page| {
                for link in page.links {
                    let new = site.seen.lock().insert(link.clone());
                    if new {
                        site.visit(link);
                    }
                }
                page.title
            });
            site.found.lock().insert(address, title);
        });
    }
}
