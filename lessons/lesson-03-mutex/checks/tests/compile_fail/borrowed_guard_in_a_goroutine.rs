//! A goroutine may outlive the mutex that its guard borrows (seed program 004-4 with
//! the wrong guard): `lock_owned` is the one that may go.

use marmota::sync::Mutex;

#[marmota::main]
fn main() {
    let counter = Mutex::new(0);
    let mut guard = counter.lock();
    marmota::go(move || *guard += 1);
}
