//! All arms give a value of one type.

fn main() {
    let (_tx, rx) = marmota::chan::<i32>(0);
    let _value: i32 = marmota::select! {
        v = <-rx => v.unwrap(),
        default => "none",
    };
}
