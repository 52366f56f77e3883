//! Verdict: wrong result. The caller is the last of the people, which spares a
//! goroutine: where nobody comes, it comes all the same.

use std::sync::Arc;
use std::time::Duration;

use marmota::sync::{Mutex, WaitGroup};
use marmota::time;

/// How long a person stays.
pub const STAY: Duration = Duration::from_secs(2);

/// What a person does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// Has come to the door.
    Waits,
    /// Is inside, alone.
    Enters,
    /// Is about to unlock the door.
    Leaves,
}

/// Persons 1 to `people` all come at once; one at a time is inside.
pub fn use_bathroom(people: u32, report: impl Fn(u32, Event) + Send + Sync + 'static) {
    let bar = Arc::new((Mutex::new(()), report));
    let group = WaitGroup::new();
    for person in 1..people {
        let bar = Arc::clone(&bar);
        group.go(move || comes(person, &bar.0, &bar.1));
    }
    comes(people, &bar.0, &bar.1);
    group.wait();
}

fn comes(person: u32, door: &Mutex<()>, report: &impl Fn(u32, Event)) {
    report(person, Event::Waits);
    let _inside = door.lock();
    report(person, Event::Enters);
    time::sleep(STAY);
    report(person, Event::Leaves);
}
