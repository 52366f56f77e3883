//! Who receives cannot know that nobody will send any more, and so cannot close.

use marmota::chan::Receiver;

fn printer(values: &Receiver<i32>) {
    println!("{:?}", values.recv());
    values.close();
}

fn main() {
    let (_out, values) = marmota::chan(1);
    printer(&values);
}
