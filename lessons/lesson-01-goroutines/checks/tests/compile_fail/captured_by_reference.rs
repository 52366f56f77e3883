//! Seed program 004-1 as Go has it: the goroutine shares the variable with main.

#[marmota::main]
fn main() {
    let mut message = String::from("hello");
    marmota::go(|| println!("{message}"));
    message.replace_range(.., "goodbye");
}
