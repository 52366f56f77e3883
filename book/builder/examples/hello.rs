//! The smallest program with a goroutine and a channel.

#[marmota::main]
fn main() {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || tx.send("hello from a goroutine"));
    println!("{}", rx.recv().unwrap());
}
