//! `phases`: a phase begins when the one before it has ended, and not sooner.

use lesson_02_waitgroup::Job;
use lesson_02_waitgroup::phases::run_phases;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::job;

pub fn add_to(suite: &mut Suite) {
    suite
        .test("phases::one_after_the_other", "no job runs before all of the phase before ended", || {
            let ended = Log::new();
            let phase = |p: u32| (0..2).map(|_| job(&ended, p)).collect::<Vec<Job>>();
            run_phases(vec![phase(1), phase(2), phase(3)]);
            expect_eq("the phases of the jobs, as they ended", &ended.all(), &vec![1, 1, 2, 2, 3, 3]);
        })
        .on(
            Verdict::WrongResult,
            "a job overtook one of an earlier phase, or was not waited for: what stands between two \
             phases, and after the last?",
        )
        .on(
            Verdict::Deadlock,
            "main waits for a count that never comes back to zero: whom does it count?",
        );
    suite
        .test(
            "phases::jobs_meet",
            "within a phase the jobs wait for each other and all end",
            || {
                let phase = |size: usize| -> Vec<Job> {
                    let meeting = Meeting::of(size);
                    let arrive = |_| {
                        let meeting = meeting.clone();
                        Box::new(move || meeting.arrive()) as Job
                    };
                    (0..size).map(arrive).collect()
                };
                run_phases(vec![phase(3), phase(2)]);
            },
        )
        .on(
            Verdict::Deadlock,
            "the jobs of a phase wait for each other: start all of them before waiting",
        );
    suite
        .test(
            "phases::some_are_empty",
            "an empty phase is over at once",
            || {
                let ended = Log::new();
                run_phases(vec![
                    vec![],
                    vec![job(&ended, 1)],
                    vec![],
                    vec![job(&ended, 2)],
                ]);
                expect_eq(
                    "the phases of the jobs, as they ended",
                    &ended.all(),
                    &vec![1, 2],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a phase without jobs is over at once, and the next one begins",
        );
}
