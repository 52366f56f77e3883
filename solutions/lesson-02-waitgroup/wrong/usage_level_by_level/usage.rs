//! Verdict: deadlock. The folders of a level are listed side by side, but all of them must
//! be done before the next level begins: one slow folder holds up the rest.

use std::sync::Arc;

use marmota::sync::{Mutex, WaitGroup};

/// What a folder holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The sum of its files' sizes.
    pub bytes: u64,
    /// The paths of the folders in it.
    pub folders: Vec<String>,
}

/// The bytes in the folder `root` and in all folders below it, at any depth.
pub fn disk_usage(root: &str, list: impl Fn(&str) -> Listing + Send + Sync + 'static) -> u64 {
    let list = Arc::new(list);
    let mut level = vec![root.to_owned()];
    let mut sum = 0;
    while !level.is_empty() {
        let found = Arc::new(Mutex::new(Vec::new()));
        let group = WaitGroup::new();
        for path in level {
            let (list, found) = (Arc::clone(&list), Arc::clone(&found));
            group.go(move || {
                let listing = list(&path);
                found.lock().push(listing);
            });
        }
        group.wait();
        let listings = std::mem::take(&mut *found.lock());
        sum += listings.iter().map(|l| l.bytes).sum::<u64>();
        level = listings.into_iter().flat_map(|l| l.folders).collect();
    }
    sum
}
