//! Seed program 001-1 as Go has it: goroutines write to one number, with no lock. Go
//! compiles it and loses updates; Rust wants to know who may write, and when.

#[marmota::main]
fn main() {
    let mut counter = 0;
    marmota::scope(|s| {
        for _ in 0..100 {
            s.go(|| counter += 1);
        }
    });
    println!("{counter}");
}
