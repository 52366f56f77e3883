//! A function that can only send, and one that can only receive.
//!
//! What they may do with the channel stands in their signatures, and the compiler
//! holds them to it: see `checks/tests/compile_fail`.

use marmota::chan::{Receiver, Sender};

fn sum(numbers: &[i32], out: &Sender<i32>) {
    out.send(numbers.iter().sum());
}

fn printer(values: &Receiver<i32>) {
    if let Some(value) = values.recv() {
        println!("the sum is {value}");
    }
}

#[marmota::main]
fn main() {
    let (out, values) = marmota::chan(0);
    marmota::go(move || sum(&[1, 2, 3, 4, 5], &out));
    printer(&values);
}
