//! Verdict: deadlock. The workers send what they find on the channel that they themselves take
//! from: when all of them send, nobody takes.

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
    let (add, queue) = marmota::chan::<String>(workers);
    let found = Arc::new(Mutex::new(BTreeMap::new()));
    let seen = Arc::new(Mutex::new(BTreeSet::from([start.to_owned()])));
    let open = WaitGroup::new();
    open.add(1);
    add.send(start.to_owned());
    for _ in 0..workers {
        let (fetch, add, queue) = (Arc::clone(&fetch), add.clone(), queue.clone());
        let (found, seen, open) = (Arc::clone(&found), Arc::clone(&seen), open.clone());
        marmota::go(move || {
            for address in queue {
                let title = fetch(&address).map(|page| {
                    for link in page.links {
                        let new = seen.lock().insert(link.clone());
                        if new {
                            open.add(1);
                            add.send(link);
                        }
                    }
                    page.title
                });
                found.lock().insert(address, title);
                open.done();
            }
        });
    }
    open.wait();
    add.close();
    let found = std::mem::take(&mut *found.lock());
    found
}
