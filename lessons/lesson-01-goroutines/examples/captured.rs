//! What a goroutine captures (seed program 004-1).
//!
//! In Go the goroutine shares the variable and may print either word: a race. In
//! Rust the closure takes what it uses by value, and so prints the old one, always.
//! Sharing it by reference does not compile: see `captured_by_reference.rs` in
//! `checks/tests/compile_fail`.

#[marmota::main]
fn main() {
    let mut message = String::from("hello");
    let captured = message.clone();
    let goroutine = marmota::spawn(move || println!("goroutine: {captured}"));
    message.replace_range(.., "goodbye");
    goroutine.join().expect("println does not panic");
    println!("main: {message}");
}
