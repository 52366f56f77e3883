//! `counters`: what each counts, in its order, and all of them side by side.

use std::time::Duration;

use lesson_01_goroutines::counters::{self, count_together};
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect_eq};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "counters::take_as_long_as_one",
            "four counters to 5 take 5 pauses together, as one does alone",
            || {
                let before = time::now();
                count_together(&["a", "b", "c", "d"], 5, |_, _| {});
                expect_eq(
                    "virtual time passed",
                    &before.elapsed(),
                    &(5 * counters::PAUSE),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "counters that rest at the same time share their pauses, one after the other they add them \
             up; and a counter has a number, and a pause, for each of 0 to `end` - 1",
        )
        .on(
            Verdict::Livelock,
            "asking the clock again and again keeps the runtime busy, and virtual time moves only \
             when everybody rests: time::sleep is how a goroutine rests",
        );
    suite
        .test(
            "counters::report_in_order",
            "each counter reports 0, 1, 2, each number once, whatever the others do",
            || {
                let reports = Log::new();
                count_together(&["a", "b", "c"], 3, |name, number| {
                    reports.push((name.to_owned(), number));
                });
                for name in ["a", "b", "c"] {
                    let mut of_name = reports.all();
                    of_name.retain(|(n, _)| n == name);
                    let numbers: Vec<u32> = of_name.iter().map(|(_, number)| *number).collect();
                    expect_eq(&format!("the numbers of {name}"), &numbers, &vec![0, 1, 2]);
                }
            },
        )
        .on(
            Verdict::WrongResult,
            "`end` is how many numbers there are, and the first is 0. Was all reported before the \
             function returned? A scope waits for its goroutines",
        );
    suite
        .test(
            "counters::rest_after_each",
            "the numbers of a counter are one pause apart",
            || {
                let start = time::now();
                let reports = Log::new();
                count_together(&["a", "b"], 2, |_, number| {
                    reports.push((number, start.elapsed().as_secs()));
                });
                let expected = vec![(0, 0), (0, 0), (1, 1), (1, 1)];
                expect_eq("(number, second)", &reports.sorted(), &expected);
            },
        )
        .on(Verdict::WrongResult, "report, then rest, for each number");
    suite
        .test(
            "counters::none",
            "no names: nothing is reported and no time passes",
            || {
                let before = time::now();
                count_together(&[], 5, |_, _| {});
                expect_eq("virtual time passed", &before.elapsed(), &Duration::ZERO);
            },
        )
        .on(
            Verdict::WrongResult,
            "who waits for the counters waits for nobody here: a scope does, a sleep does not know",
        );
}
