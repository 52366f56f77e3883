//! Two threads of one process share memory: what one writes, the other reads.

use std::sync::Mutex;
use std::thread;

fn main() {
    let a = Mutex::new(10);

    thread::scope(|scope| {
        scope.spawn(|| {
            *a.lock().unwrap() += 10;
            println!("thread: I set a to {}", a.lock().unwrap());
        });
    });

    println!("main:   my a is {}", a.lock().unwrap());
}
