//! `background`: it returns at once, and the job runs all the same.

use lesson_01_goroutines::background::in_background;
use marmota_grader::{Gate, Log, Meeting, Suite, Ticket, Verdict, expect_eq};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "background::returns_before_the_job_ends",
            "a job waits for its caller: `in_background` has to return all the same",
            || {
                let (ticket, gone) = Ticket::new();
                let gate = Gate::new();
                let job_gate = gate.clone();
                in_background(move || {
                    let _ticket = ticket;
                    job_gate.pass();
                });
                gate.open();
                gone.pass();
            },
        )
        .on(
            Verdict::Deadlock,
            "main is inside in_background and the job waits for what main does next: the job must \
             run beside main, not within its call, and nobody may wait for it there",
        )
        .on(
            Verdict::Leak,
            "the job has ended, but a goroutine you started besides has not: how could it ever?",
        );
    suite
        .test(
            "background::runs_the_job_once",
            "a job that is started runs, exactly once",
            || {
                let (ticket, gone) = Ticket::new();
                let runs = Log::new();
                let job_runs = runs.clone();
                in_background(move || {
                    let _ticket = ticket;
                    job_runs.push(());
                });
                gone.pass();
                expect_eq("how often the job ran", &runs.len(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "the job is gone and never ran: starting it means handing it to a goroutine",
        );
    suite
        .test(
            "background::starts_many",
            "three jobs, started one after the other, meet",
            || {
                let meeting = Meeting::of(4);
                for _ in 0..3 {
                    let meeting = meeting.clone();
                    in_background(move || meeting.arrive());
                }
                meeting.arrive();
            },
        )
        .on(
            Verdict::Deadlock,
            "the jobs wait for each other: each needs a goroutine of its own",
        );
}
