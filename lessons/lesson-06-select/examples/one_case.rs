//! A select with a single case: it waits for it, as a plain receive would.

use marmota::select;

#[marmota::main]
fn main() {
    let (hello, inbox) = marmota::chan(0);
    marmota::go(move || hello.send("hello world"));
    select! {
        message = <-inbox => println!("{}", message.unwrap_or("closed")),
    }
}
