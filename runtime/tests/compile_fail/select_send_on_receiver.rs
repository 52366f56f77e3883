//! In a select too, a receiving end cannot send.

fn main() {
    let (_tx, rx) = marmota::chan::<i32>(0);
    marmota::select! { rx <- 1 => {} }
}
