//! A channel of references does not outlive what they borrow.

fn main() {
    let (tx, rx) = marmota::chan::<&String>(1);
    {
        let text = String::from("short-lived");
        marmota::select! { tx <- &text => {} }
    }
    println!("{:?}", rx.recv());
}
