//! Main waits for a value, and no goroutine is left that could send one.
//!
//! Nothing can ever end this wait, and the runtime knows it: it says so, says who
//! waits where, and ends the program with status 2. Channels have deadlocks too.

#[marmota::main]
fn main() {
    let (_nobody_sends, for_ever) = marmota::chan::<()>(0);
    println!("main waits for ever");
    for_ever.recv();
}
