//! A receiving end cannot close.

fn main() {
    let (_tx, rx) = marmota::chan::<i32>(0);
    rx.close();
}
