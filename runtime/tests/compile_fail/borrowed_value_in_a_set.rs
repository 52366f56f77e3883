//! A set of cases drops the values that it did not send: what they borrow outlives it.

use marmota::chan::{Chan, Select};

struct Tell<'a>(&'a String);

impl Drop for Tell<'_> {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

fn main() {
    let mut select = Select::new();
    let text = String::from("dropped before the set");
    let ch = Chan::new(0);
    select.send(&ch, Tell(&text));
}
