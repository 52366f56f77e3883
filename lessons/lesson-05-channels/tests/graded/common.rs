//! How a channel is read to its end, and what several say.

use std::time::Duration;

use marmota::chan::Receiver;

pub const HOUR: Duration = Duration::from_secs(3600);

pub const POLLS: &str = "it asks again and again in place of waiting: recv parks until a value comes or \
                         the channel is closed";

/// Everything that comes until the channel is closed. A report names the line that
/// called this, and not one in here.
#[track_caller]
pub fn until_closed<T>(values: &Receiver<T>) -> Vec<T> {
    let mut came = Vec::new();
    while let Some(value) = values.recv() {
        came.push(value);
    }
    came
}
