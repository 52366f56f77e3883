//! `all`: no job is missing and all have ended when it returns.

use lesson_02_waitgroup::Job;
use lesson_02_waitgroup::all::run_all;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{EARLY, job};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "all::returns_when_all_ended",
            "three jobs have ended when `run_all` returns",
            || {
                let ended = Log::new();
                run_all((1..=3).map(|n| job(&ended, n)).collect());
                expect_eq("the jobs that had ended", &ended.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(Verdict::WrongResult, EARLY)
        .on(
            Verdict::Deadlock,
            "main waits for a count that never comes back to zero: one done for each add",
        )
        .on(Verdict::Panicked, "one done for each add: no more");
    suite
        .test(
            "all::jobs_meet",
            "four jobs that wait for each other all end",
            || {
                let meeting = Meeting::of(4);
                let arrive = |_| {
                    let meeting = meeting.clone();
                    Box::new(move || meeting.arrive()) as Job
                };
                run_all((0..4).map(arrive).collect());
            },
        )
        .on(
            Verdict::Deadlock,
            "a job waits for one that has not begun: start all of them, and only then wait",
        );
    suite
        .test("all::no_jobs", "no jobs: it returns at once", || {
            run_all(Vec::new())
        })
        .on(
            Verdict::Panicked,
            "an empty list has no first job and no last: is one taken without a look?",
        );
}
