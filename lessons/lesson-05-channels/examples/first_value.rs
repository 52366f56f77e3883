//! A goroutine sends one value, main receives it.
//!
//! Main waits for the value, and so for the goroutine that sends it: no sleep, no
//! WaitGroup. The capacity is 0, so the two meet.

#[marmota::main]
fn main() {
    let (hello, inbox) = marmota::chan(0);
    marmota::go(move || hello.send("hello world"));
    if let Some(message) = inbox.recv() {
        println!("{message}");
    }
}
