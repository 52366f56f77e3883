//! `lazy`: made once, when it is first asked for, and shared by all.

use std::sync::Arc;

use lesson_04_once::lazy::Lazy;
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect_eq};

use crate::common::{Count, HOUR, PARK, outcome, together};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "lazy::loads_when_it_is_asked_for",
            "nothing is loaded before the first `get`, and once after two",
            || {
                let loads = Count::default();
                let counted = loads.clone();
                let lazy = Lazy::new(move || counted.up());
                expect_eq("the loads before any get", &loads.get(), &0);
                let values = [*lazy.get(), *lazy.get()];
                expect_eq("the values", &values, &[1, 1]);
                expect_eq("the loads after two gets", &loads.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "`new` keeps the function, the first `get` calls it, and later ones find the value",
        );
    suite
        .test(
            "lazy::all_share_one_value",
            "two goroutines ask at the same moment: one load, and both get that value",
            || {
                let loads = Count::default();
                let counted = loads.clone();
                let lazy = Arc::new(Lazy::new(move || {
                    gosched();
                    counted.up()
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(2, &lazy, move |lazy, _| log.push(lazy.get()));
                expect_eq("the loads", &loads.get(), &1);
                let values = seen.all();
                let same = Arc::ptr_eq(&values[0], &values[1]);
                expect_eq("both have the same value, in one place", &same, &true);
            },
        )
        .on(
            Verdict::WrongResult,
            "both looked before either had loaded: whoever looks and loads must keep the others \
             out until the value is there",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "lazy::a_panic_is_remembered",
            "the load panics: so does every get, with the same text, and it is not called again",
            || {
                let loads = Count::default();
                let counted = loads.clone();
                let lazy: Arc<Lazy<u32>> = Arc::new(Lazy::new(move || {
                    counted.up();
                    gosched();
                    panic!("the disk is gone");
                }));
                let texts = Log::new();
                let log = texts.clone();
                together(2, &lazy, {
                    let lazy = Arc::clone(&lazy);
                    move |_, _| {
                        let lazy = Arc::clone(&lazy);
                        log.push(outcome(move || *lazy.get()));
                    }
                });
                let later = outcome(move || *lazy.get());
                texts.push(later);
                let gone: Result<u32, String> = Err("the disk is gone".to_owned());
                expect_eq("what came of three gets", &texts.all(), &vec![gone; 3]);
                expect_eq("the loads", &loads.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "that the load panicked is something to remember, with its text. once_value does; over \
             a Mutex, catch_unwind does",
        )
        .on(
            Verdict::Deadlock,
            "the load panicked, and those who wait for it were not told",
        );
    suite
        .test(
            "lazy::rests_while_it_loads",
            "the load takes an hour, and who waits for it is not busy meanwhile",
            || {
                let lazy = Arc::new(Lazy::new(|| time::sleep(HOUR)));
                together(3, &lazy, |lazy, _| drop(lazy.get()));
            },
        )
        .on(Verdict::Livelock, PARK);
}
