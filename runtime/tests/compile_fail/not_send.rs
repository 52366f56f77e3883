//! Values that must stay on their thread cannot go to another goroutine.

fn main() {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || tx.send(std::rc::Rc::new(1)));
    println!("{:?}", rx.recv());
}
