//! Verdict: leak. A goroutine shows the progress from a channel that nobody ever closes:
//! it outlives the walk.

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
    let (progress, steps) = marmota::chan(16);
    marmota::go(move || {
        let mut _shown = 0;
        for bytes in steps {
            _shown += bytes;
        }
    });
    let walk = Arc::new(Walk {
        list,
        sum: Mutex::new(0),
        group: WaitGroup::new(),
        progress,
    });
    Walk::start(&walk, root.to_owned());
    walk.group.wait();
    let sum = *walk.sum.lock();
    sum
}

/// What all goroutines of one walk share.
struct Walk<F> {
    list: F,
    sum: Mutex<u64>,
    group: WaitGroup,
    progress: marmota::chan::Sender<u64>,
}

impl<F: Fn(&str) -> Listing + Send + Sync + 'static> Walk<F> {
    fn start(walk: &Arc<Self>, path: String) {
        let this = Arc::clone(walk);
        walk.group.go(move || {
            let listing = (this.list)(&path);
            for folder in listing.folders {
                Self::start(&this, folder);
            }
            this.progress.send(listing.bytes);
            *this.sum.lock() += listing.bytes;
        });
    }
}
