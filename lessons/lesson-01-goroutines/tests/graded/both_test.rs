//! `both`: two jobs at the same time, and the results of both.

use std::time::Duration;

use lesson_01_goroutines::both::run_both;
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

pub fn add_to(suite: &mut Suite) {
    results(suite);
    rests(suite);
}

fn results(suite: &mut Suite) {
    suite
        .test(
            "both::jobs_meet",
            "two jobs that wait for each other both end",
            || {
                let a = Meeting::of(2);
                let b = a.clone();
                run_both(move || a.arrive(), move || b.arrive());
            },
        )
        .on(
            Verdict::Deadlock,
            "the first job waits for the second, which has not begun: what do you wait for before \
             both have been started?",
        );
    suite.test(
        "both::results_in_their_places",
        "what the jobs return comes back, whichever ends first",
        || {
            let gate = Gate::new();
            let opener = gate.clone();
            let results = run_both(
                move || {
                    gate.pass();
                    "slow"
                },
                move || {
                    opener.open();
                    7
                },
            );
            expect_eq("the two results", &results, &("slow", 7));
        },
    );
    suite
        .test(
            "both::returns_when_both_ended",
            "nothing runs on after `run_both` has returned",
            || {
                let ended = Log::new();
                let (a, b) = (ended.clone(), ended.clone());
                run_both(
                    move || {
                        marmota::runtime::gosched();
                        a.push("a");
                    },
                    move || {
                        marmota::runtime::gosched();
                        b.push("b");
                    },
                );
                expect_eq("which jobs had ended", &ended.sorted(), &vec!["a", "b"]);
            },
        )
        .on(
            Verdict::WrongResult,
            "a result is there only when its job has ended: join both",
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
