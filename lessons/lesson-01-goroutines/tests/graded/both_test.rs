//! `both`: two jobs at the same time, and the results of both.

use std::time::Duration;

use lesson_01_goroutines::both::run_both;
use marmota::time;
use marmota_grader::{Meeting, Suite, Verdict, expect_eq};

pub fn add_to(suite: &mut Suite) {
    results(suite);
    rests(suite);
}

fn results(suite: &mut Suite) {
    suite
        .test(
            "both::jobs_meet",
            "two jobs that wait for each other both end, and what they return comes back",
            || {
                let a = Meeting::of(2);
                let b = a.clone();
                let first = move || {
                    a.arrive();
                    "first"
                };
                let second = move || {
                    b.arrive();
                    2
                };
                let results = run_both(first, second);
                expect_eq("the two results", &results, &("first", 2));
            },
        )
        .on(
            Verdict::Deadlock,
            "the first job waits for the second, which has not begun: what do you wait for before \
             both have been started?",
        );
}

fn rests(suite: &mut Suite) {
    suite
        .test(
            "both::rests_while_it_waits",
            "one job takes an hour, and nobody is busy meanwhile",
            || {
                // An hour of virtual time: it passes at once, but only when all rest.
                let results = run_both(|| time::sleep(Duration::from_secs(3600)), || ());
                expect_eq("the two results", &results, &((), ()));
            },
        )
        .on(
            Verdict::Livelock,
            "asking again and again keeps the runtime busy; join parks until the job has ended",
        );
}
