//! Both drivers for the tests of primitives.

#![allow(dead_code, reason = "each test crate uses some of it")]

use marmota::sim::{Explorer, Report};

/// Runs `f` at 1, 2 and 8 Ps, each in a runtime of its own.
pub fn at_every_width(f: fn()) {
    for procs in [1, 2, 8] {
        let rt = marmota::Runtime::builder()
            .procs(procs)
            .panic_in_caller()
            .build()
            .unwrap();
        // SAFETY: the tests hold no thread-local's borrow across a blocking call.
        unsafe { rt.run(f) };
    }
}

/// A runtime in which sysmon stops every goroutine that it finds, each 100 µs.
pub fn storm(procs: usize) -> marmota::Runtime {
    marmota::Runtime::builder()
        .procs(procs)
        .storm_micros(100)
        .panic_in_caller()
        .build()
        .unwrap()
}

/// Explores `f`, which must pass, and says what went wrong if not.
#[track_caller]
pub fn explore(f: fn()) {
    let report = under_schedules(f);
    assert!(report.passed(), "{report}");
}

pub fn under_schedules(f: fn()) -> Report {
    Explorer::new().schedules(300).run(f)
}

/// Both drivers.
#[track_caller]
pub fn everywhere(f: fn()) {
    at_every_width(f);
    explore(f);
}

/// The message a call panics with.
#[track_caller]
pub fn panic_message(f: impl FnOnce()) -> String {
    let payload =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).expect_err("it was to panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().expect("a text").to_string(),
    }
}
