//! The printer only gets the end that receives: it cannot send.

use marmota::chan::Receiver;

fn printer(values: &Receiver<i32>) {
    values.send(6);
}

fn main() {
    let (_out, values) = marmota::chan(1);
    printer(&values);
}
