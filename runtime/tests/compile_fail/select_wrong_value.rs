//! The value must be of the channel's type.

fn main() {
    let (tx, _rx) = marmota::chan::<i32>(0);
    marmota::select! {
        tx <- "text" => {}
    }
}
