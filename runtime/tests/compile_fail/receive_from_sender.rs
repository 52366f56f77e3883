//! A sending end cannot receive.

fn main() {
    let (tx, _rx) = marmota::chan::<i32>(0);
    let _ = tx.recv();
}
