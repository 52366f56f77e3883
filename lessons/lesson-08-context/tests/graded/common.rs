//! Seconds and ends of contexts, as several tests use them.

use std::time::Duration;

use marmota::context::{self, Context};
use marmota::time;
use marmota_grader::expect_eq;

pub const SECOND: Duration = Duration::from_secs(1);
pub const HOUR: Duration = Duration::from_secs(3600);

/// A child of `parent` that somebody cancels after `seconds`.
pub fn cancelled_after(seconds: u32, parent: &Context) -> Context {
    let (ctx, cancel) = context::with_cancel(parent);
    marmota::go(move || {
        time::sleep(seconds * SECOND);
        cancel.cancel();
    });
    ctx
}

#[track_caller]
pub fn expect_seconds(since: time::Instant, seconds: u32) {
    expect_eq("virtual time passed", &since.elapsed(), &(seconds * SECOND));
}
