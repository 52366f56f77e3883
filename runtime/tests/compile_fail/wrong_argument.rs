//! Seed of the notes: a sum that takes a send-only channel, a printer that takes a
//! receive-only one.

fn sum(numbers: &[i32], result: marmota::Sender<i32>) {
    result.send(numbers.iter().sum());
}

fn main() {
    let (_tx, rx) = marmota::chan(0);
    sum(&[1, 2], rx);
}
