//! The sum only gets the end that sends: it cannot take back what it sent.

use marmota::chan::Sender;

fn sum(numbers: &[i32], out: &Sender<i32>) {
    out.send(numbers.iter().sum());
    out.recv();
}

fn main() {
    let (out, _values) = marmota::chan(1);
    sum(&[1, 2, 3], &out);
}
