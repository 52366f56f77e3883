//! A panic counts as done: what `Once` and `once_value` make of one.

use std::sync::Arc;

use marmota::sync::{Once, once_value};

#[marmota::main]
fn main() {
    let once = Arc::new(Once::new());
    let theirs = Arc::clone(&once);
    let first = marmota::spawn(move || theirs.call_once(|| panic!("no configuration")));
    println!("the first: {}", what(first.join()));
    once.call_once(|| println!("never printed"));
    println!("the second: returns, and its function did not run");

    let config = Arc::new(once_value(|| -> u32 { panic!("no configuration") }));
    for who in ["first", "second"] {
        let config = Arc::clone(&config);
        let asks = marmota::spawn(move || {
            config();
        });
        println!("once_value, the {who}: {}", what(asks.join()));
    }
}

fn what(joined: std::thread::Result<()>) -> String {
    match joined {
        Ok(()) => "returns".to_owned(),
        Err(thrown) => match thrown.downcast_ref::<&str>() {
            Some(text) => format!("panics with `{text}`"),
            None => "panics".to_owned(),
        },
    }
}
