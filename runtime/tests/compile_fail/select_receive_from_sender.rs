//! In a select too, a sending end cannot receive.

fn main() {
    let (tx, _rx) = marmota::chan::<i32>(0);
    marmota::select! {
        <-tx => {}
        default => {}
    }
}
