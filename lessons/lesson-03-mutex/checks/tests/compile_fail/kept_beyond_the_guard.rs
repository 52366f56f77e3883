//! In Go a pointer to what a mutex protects can be kept after Unlock. Here what a
//! guard lends ends with the guard.

use marmota::sync::Mutex;

#[marmota::main]
fn main() {
    let names = Mutex::new(vec!["a"]);
    let guard = names.lock();
    let first = &guard[0];
    drop(guard);
    println!("{first}");
}
