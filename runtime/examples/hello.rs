//! The smallest program: a goroutine, a channel.

#[marmota::main]
fn main() {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || tx.send("hello from a goroutine"));
    println!("{}", rx.recv().unwrap_or("nothing"));
}
