//! What people write who come from Go, or from other select macros, and what the
//! error tells them.

use marmota::{chan, select};

fn main() {
    let (tx, rx) = chan::<i32>(0);
    select! { case v = <-rx => println!("{v:?}") }
    select! { case v := <-rx: println!("{v:?}") }
    select! { v := <-rx => println!("{v:?}") }
    select! { v, ok := <-rx => println!("{v:?} {ok}") }
    select! { v, ok = <-rx => println!("{v:?} {ok}") }
    select! { let v = <-rx => println!("{v:?}") }
    select! { Some(v) = <-rx => println!("{v}") }
    select! { None = <-rx => {} }
    select! { v = rx.recv() => println!("{v:?}") }
    select! { v = < -rx => println!("{v:?}") }
    select! { v = <- => println!("{v:?}") }
    select! { tx <- => {} }
    select! { rx => {} }
    select! { _ => {} }
    select! { <-rx => {}, default: {} }
    select! { <-rx => {}, default => {}, default => {} }
    select! { <-rx => 1 <-rx => 2 }
    select! { <-rx => , default => {} }
    select! { <-rx }
    select! { => {} }
    select! { v = <-rx if tx.is_empty() => println!("{v:?}") }
    select! { tx <- 1, 2 => {} }
    select! { v w = <-rx => {} }
}
