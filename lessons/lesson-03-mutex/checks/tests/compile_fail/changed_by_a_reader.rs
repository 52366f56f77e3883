//! Readers share, so none of them may change anything. Go's RLock does not know.

use marmota::sync::RwMutex;

#[marmota::main]
fn main() {
    let hits = RwMutex::new(0);
    *hits.read() += 1;
}
