//! A select works on channels.

fn main() {
    let lock = marmota::sync::Mutex::new(1);
    marmota::select! { value = <-lock.lock() => println!("{value:?}") }
}
