//! `gather`: each result once, and the lock held only to put it down.

use lesson_02_waitgroup::gather::gather;
use marmota_grader::{Gate, Meeting, Suite, Verdict, expect_eq};

pub fn add_to(suite: &mut Suite) {
    suite
        .test("gather::jobs_meet", "three jobs that wait for each other all give a result", || {
            let meeting = Meeting::of(3);
            let job = |n: u32| {
                let meeting = meeting.clone();
                Box::new(move || {
                    meeting.arrive();
                    n * n
                }) as Box<dyn FnOnce() -> u32 + Send>
            };
            let mut results = gather((1..=3).map(job).collect());
            results.sort_unstable();
            expect_eq("the results, sorted", &results, &vec![1, 4, 9]);
        })
        .on(
            Verdict::Deadlock,
            "a job waits for one that cannot run. Is a lock held while a job runs? Then there is only \
             ever one",
        )
        .on(
            Verdict::Panicked,
            "a job came to put its result down when the results had been taken already: wait for all \
             jobs before you read",
        )
        .on(
            Verdict::WrongResult,
            "read the results after the wait: then all of them are there",
        );
    suite
        .test(
            "gather::results_in_the_jobs_order",
            "the jobs end in reverse, the results stay in the jobs' order",
            || {
                let gates: Vec<Gate> = (0..4).map(|_| Gate::new()).collect();
                gates[3].open();
                let job = |i: usize| {
                    let (before, mine) = (gates[i + 1].clone(), gates[i].clone());
                    Box::new(move || {
                        before.pass();
                        mine.open();
                        i
                    }) as Box<dyn FnOnce() -> usize + Send>
                };
                let results = gather((0..3).map(job).collect());
                expect_eq("the results", &results, &vec![0, 1, 2]);
            },
        )
        .on(
            Verdict::WrongResult,
            "pushing gives the order in which they end; each job knows its place in the list",
        );
    suite
        .test("gather::no_jobs", "no jobs give no results", || {
            expect_eq("the results", &gather::<u8>(Vec::new()), &Vec::new());
        })
        .on(
            Verdict::Deadlock,
            "main waits for something that a job would do, and there is none: a group that counts \
             zero does not wait",
        );
}
