//! What can be done with a closed channel: receive, and nothing else.
//!
//! What was sent before the close is still there. Then every receive gives `None`,
//! at once and for ever (Go: the zero value, and `false`). A send panics, and so does
//! a second close.

#[marmota::main]
fn main() {
    let (out, inbox) = marmota::chan(2);
    out.send("first");
    out.send("second");
    out.close();
    for _ in 0..4 {
        println!("receive: {:?}", inbox.recv());
    }
    for message in &inbox {
        println!("never printed: {message}");
    }
    println!("the loop is over");

    let closed = out.clone();
    let send = marmota::spawn(move || closed.send("third")).join();
    println!("send: {}", how_it_ended(send));
    let close = marmota::spawn(move || out.close()).join();
    println!("close: {}", how_it_ended(close));
}

fn how_it_ended(ended: std::thread::Result<()>) -> String {
    match ended {
        Ok(()) => "went well".to_owned(),
        Err(thrown) => match (
            thrown.downcast_ref::<&str>(),
            thrown.downcast_ref::<String>(),
        ) {
            (Some(message), _) => format!("panicked: {message}"),
            (_, Some(message)) => format!("panicked: {message}"),
            _ => "panicked".to_owned(),
        },
    }
}
