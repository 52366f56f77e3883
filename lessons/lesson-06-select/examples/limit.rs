//! Work under a limit: the result, or the news that it is late.

use std::time::Duration;

use marmota::{chan, go, select, time};

#[marmota::main]
fn main() {
    let (done, result) = chan(1);
    go(move || {
        time::sleep(Duration::from_millis(10));
        done.send("in time");
    });
    select! {
        result = <-result => println!("{}", result.unwrap_or("closed")),
        <-time::after(Duration::from_secs(2)) => println!("late"),
    }
}
