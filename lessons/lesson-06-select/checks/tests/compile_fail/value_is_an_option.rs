//! A receive may find the channel closed, also in a select: the value is an `Option`.

use marmota::chan::Receiver;
use marmota::select;

fn next(numbers: &Receiver<u32>) -> u32 {
    select! {
        number = <-numbers => number,
        default => 0,
    }
}

fn main() {
    let (_out, numbers) = marmota::chan(1);
    println!("{}", next(&numbers));
}
