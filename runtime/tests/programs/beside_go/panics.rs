//! Panics: what is printed of one that nobody catches, and of one that comes on top
//! of another. Go's deferred calls are destructors here.

use super::Body;
use marmota::sync::{Once, once_func};
use marmota::{chan, go, runtime, time};
use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

pub const PROGRAMS: &[Body] = &[
    ("main_panics", || panic!("main is lost")),
    ("a_goroutine_panics", || {
        go(|| panic!("the goroutine is lost"));
        time::sleep(HOUR);
    }),
    ("lines_of_a_panic", || panic!("first line\nsecond line")),
    ("an_error", || panic_any(error("an error"))),
    ("an_error_of_our_own", || {
        panic_any(error(&format!("{} is broken", "this")))
    }),
    ("a_number", || panic_any(42)),
    ("a_negative_number", || panic_any(-7i8)),
    ("an_unsigned_number", || panic_any(u64::MAX)),
    ("a_float", || panic_any(1234.5)),
    ("a_small_float", || panic_any(-0.001f32)),
    ("a_truth", || panic_any(true)),
    ("a_value", || panic_any((1, 2))),
    ("a_panic_while_panicking", || {
        let _deferred = Deferred(|| panic!("second"));
        panic!("first");
    }),
    ("three_panics", || {
        let _deferred = Deferred(|| {
            let _deferred = Deferred(|| panic!("third"));
            panic!("second");
        });
        panic!("first");
    }),
    ("panics_while_panicking_in_a_goroutine", || {
        go(|| {
            let _deferred = Deferred(|| panic!("first line\nsecond line"));
            panic!("first");
        });
        time::sleep(HOUR);
    }),
    ("a_panic_caught_while_panicking", || {
        let _deferred = Deferred(|| println!("caught: {}", text(caught(|| panic!("second")))));
        panic!("first");
    }),
    ("a_panic_after_one_caught_while_panicking", || {
        let _deferred = Deferred(|| {
            println!("caught: {}", text(caught(|| panic!("second"))));
            panic!("third");
        });
        panic!("first");
    }),
    ("a_panic_after_a_caught_one", || {
        println!("{}", text(caught(|| panic!("first"))));
        panic!("second");
    }),
    ("a_panic_passed_on", || {
        if let Some(payload) = caught(|| panic!("once")) {
            resume_unwind(payload);
        }
    }),
    ("caught_panics", || {
        println!("{}", text(caught(|| panic!("a text"))));
        println!("{}", text(caught(|| panic_any(42))));
        println!("{}", text(caught(|| panic_any(error("it is broken")))));
        let (tx, rx) = chan(0);
        go(move || tx.send(text(caught(|| panic!("in a goroutine")))));
        println!("{}", rx.recv().unwrap());
        println!("{}", text(caught(|| {})));
    }),
    ("deferred_calls_run_in_turn", || {
        let _0 = Deferred(|| println!("deferred 0"));
        let _1 = Deferred(|| println!("deferred 1"));
        let _2 = Deferred(|| println!("deferred 2"));
        panic!("after three");
    }),
    ("a_panic_ends_all", || {
        let (_tx, rx) = chan::<i32>(0);
        for _ in 0..3 {
            let rx = rx.clone();
            go(move || _ = rx.recv());
        }
        runtime::gosched();
        panic!("{}", "lost ".repeat(2));
    }),
    ("once_panics", || {
        let once = Once::new();
        let first = caught(|| once.call_once(|| panic!("the only time")));
        println!("{}", text(first));
        once.call_once(|| println!("never printed"));
        let f = once_func(|| panic!("each time"));
        println!("{}", text(caught(&f)));
        println!("{}", text(caught(&f)));
        f();
    }),
];

/// Go's `defer`.
struct Deferred<F: Fn()>(F);

impl<F: Fn()> Drop for Deferred<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn error(text: &str) -> Box<dyn Error + Send + Sync> {
    text.into()
}

/// Go's `recover`: the value that `f` panics with.
pub fn caught(f: impl FnOnce()) -> Option<Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(f)).err()
}

/// How Go prints it.
pub fn text(value: Option<Box<dyn Any + Send>>) -> String {
    let Some(value) = value else {
        return "<nil>".into();
    };
    if let Some(text) = value.downcast_ref::<&str>() {
        (*text).into()
    } else if let Some(text) = value.downcast_ref::<String>() {
        text.clone()
    } else if let Some(error) = value.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        error.to_string()
    } else {
        value.downcast_ref::<i32>().expect("a number").to_string()
    }
}
