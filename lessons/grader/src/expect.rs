//! Expectations of a graded test: a panic with a value attached.
//!
//! A test that sees something wrong has to stop its own schedule and to hand two
//! values to the report. Panicking does the first; the values travel beside it,
//! in a slot of the process. The slot rather than the panic decides: learner's
//! code may catch the panic (joining a goroutine does), but the verdict stays.
//!
//! The slot's lock is never held across a scheduling point, so a plain `std`
//! mutex serves.

use std::fmt::Debug;
use std::panic::Location;
use std::sync::Mutex;

use marmota_verdict::Place;

/// What was expected and what was seen instead.
#[derive(Clone, Debug)]
pub(crate) struct Mismatch {
    pub what: String,
    pub expected: String,
    pub seen: String,
    pub at: Place,
}

static FIRST: Mutex<Option<Mismatch>> = Mutex::new(None);

/// Ends the schedule with "wrong result" unless `seen` equals `expected`.
/// `what` says what was looked at, as in `the results, in the order of the jobs`.
///
/// # Panics
///
/// When they differ: this is how the schedule ends.
#[track_caller]
pub fn expect_eq<T: PartialEq + Debug + ?Sized>(what: &str, seen: &T, expected: &T) {
    if seen != expected {
        fail(what, format!("{expected:?}"), format!("{seen:?}"));
    }
}

/// Ends the schedule with "wrong result" unless `holds`. `expected` and `seen`
/// say in words what should have been and what was.
///
/// # Panics
///
/// When it does not hold: this is how the schedule ends.
#[track_caller]
pub fn expect(holds: bool, what: &str, expected: &str, seen: impl Into<String>) {
    if !holds {
        fail(what, expected.to_owned(), seen.into());
    }
}

#[track_caller]
fn fail(what: &str, expected: String, seen: String) -> ! {
    let here = Location::caller();
    slot().get_or_insert(Mismatch {
        what: what.to_owned(),
        expected,
        seen,
        at: Place::new(here.file(), here.line()),
    });
    panic!("expectation not met: {what}");
}

/// Forgets what an earlier schedule saw.
pub(crate) fn clear() {
    *slot() = None;
}

/// The first expectation that was not met since [`clear`].
pub(crate) fn first() -> Option<Mismatch> {
    slot().clone()
}

fn slot() -> std::sync::MutexGuard<'static, Option<Mismatch>> {
    // A panic while formatting a learner's value may have poisoned it; the
    // option inside is whole all the same.
    FIRST
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
