//! Main returns, and the program is over (seed program 000-1).
//!
//! Main counts, starts a goroutine that counts too, says hello twice and returns.
//! On one processor (`GOMAXPROCS=1`) the goroutine never gets its turn. On more,
//! another one may be quick enough to show a line or two: a race against the end.

fn count(who: &str) {
    for number in 0..5 {
        println!("{who} {number}");
    }
}

#[marmota::main]
fn main() {
    count("main");
    marmota::go(|| count("goroutine"));
    println!("Hello 1");
    println!("Hello 2");
}
