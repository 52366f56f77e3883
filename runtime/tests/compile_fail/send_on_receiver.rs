//! A receiving end cannot send.

fn main() {
    let (_tx, rx) = marmota::chan::<i32>(0);
    rx.send(1);
}
