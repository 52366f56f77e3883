//! Channels: how goroutines hand values to each other.
//!
//! ```text
//! chan(0)    a meeting point: send waits for a receiver, receive for a sender
//! chan(n)    a buffer of n: send waits when it is full, receive when it is empty
//! close      no more values: receivers get what is buffered, then None, for ever
//! ```
//!
//! [`Sender`] and [`Receiver`] are Go's `chan<-` and `<-chan`; [`Chan`] is both in
//! one. All are handles on one channel and cloned freely. As in Go, dropping
//! handles closes nothing: closing is a message, and whoever sends says it.
//!
//! Source of all rules: the Go specification, "Channel types", "Send statements",
//! "Receive operator" and "Close", and Go's `runtime/chan.go`.

mod core;
mod dynamic;
mod ends;
mod handles;
mod port;
mod quiet;
pub(crate) mod select;
mod shared;
pub(crate) mod timed;

pub use dynamic::{Select, Selected};
pub use handles::{Chan, IntoIter, Iter, Receiver, Sender, TryRecvError, TrySendError, chan};
pub use select::{RecvSide, SendSide};

#[cfg(test)]
mod tests;
