//! A job for the tests, and a reason that several give.

use lesson_02_waitgroup::Job;
use marmota::runtime::gosched;
use marmota_grader::Log;

pub const EARLY: &str = "it returned while jobs still ran. Who counts a job, and when? If the goroutine \
                         itself adds, the wait may be over before it has had its turn";

/// A job that gives way once, so that others may overtake it, and then says its name.
pub fn job<T: Clone + Send + 'static>(log: &Log<T>, name: T) -> Job {
    let log = log.clone();
    Box::new(move || {
        gosched();
        log.push(name);
    })
}
