//! In Go a Once may write to any variable. That only one of the functions will ever
//! run is something that the compiler does not know: each of them wants to write.

use marmota::sync::Once;

#[marmota::main]
fn main() {
    let once = Once::new();
    let mut config = String::new();
    marmota::scope(|s| {
        for _ in 0..2 {
            s.go(|| once.call_once(|| config.push_str("debug")));
        }
    });
    println!("{config}");
}
