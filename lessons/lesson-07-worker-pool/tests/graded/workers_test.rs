//! `workers`: so many workers, each job once, and none left when it returns.

use std::sync::{Arc, Mutex};

use lesson_07_worker_pool::Job;
use lesson_07_worker_pool::workers::run_pool;
use marmota::runtime::{gosched, num_goroutine};
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect, expect_eq};

use crate::common::{Gauge, HOUR};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "workers::each_job_once",
            "three workers, seven jobs: each has run once when `run_pool` returns",
            || {
                let ended = Log::new();
                let job = |n: u32| {
                    let ended = ended.clone();
                    Box::new(move || {
                        gosched();
                        ended.push(n);
                    }) as Job
                };
                run_pool(3, (1..=7).map(job).collect());
                expect_eq(
                    "the jobs that had ended",
                    &ended.sorted(),
                    &(1..=7).collect(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "an empty channel does not mean that the jobs have ended: wait for the workers, not for \
             the last send",
        )
        .on(
            Verdict::Deadlock,
            "a worker whose loop never ends waits for another job, and you for the worker: how does \
             it learn that there is no more?",
        )
        .on(
            Verdict::Leak,
            "a worker still waits for a job: close the channel when there is no more",
        );
    suite
        .test(
            "workers::jobs_meet",
            "three workers: three jobs that wait for each other all end",
            || {
                let meeting = Meeting::of(3);
                let arrive = |_| {
                    let meeting = meeting.clone();
                    Box::new(move || meeting.arrive()) as Job
                };
                run_pool(3, (0..3).map(arrive).collect());
            },
        )
        .on(
            Verdict::Deadlock,
            "fewer than three jobs were under way: start all workers before you feed them, each on a \
             goroutine of its own",
        );
    suite
        .test(
            "workers::no_more_than_workers",
            "two workers, twelve jobs: never more than two at a time",
            || {
                let (gauge, goroutines) = (Gauge::default(), Log::new());
                let job = |_| {
                    let (gauge, goroutines) = (gauge.clone(), goroutines.clone());
                    Box::new(move || {
                        goroutines.push(num_goroutine());
                        gauge.visit();
                    }) as Job
                };
                run_pool(2, (0..12).map(job).collect());
                gauge.expect_at_most(2, "jobs at the same time");
                let most = goroutines.sorted().pop().unwrap_or(0);
                expect(
                    most <= 5,
                    "goroutines in all, with main and two helpers",
                    "at most 5",
                    most.to_string(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "the workers are the goroutines: start two, in all, and let each do many jobs",
        );
    suite
        .test(
            "workers::a_slow_job_holds_up_nobody",
            "two workers, one of them busy: the other does all the rest",
            || {
                let rest_done = Gate::new();
                let left = Arc::new(Mutex::new(4));
                let mut jobs: Vec<Job> = Vec::new();
                let gate = rest_done.clone();
                jobs.push(Box::new(move || gate.pass()));
                for _ in 0..4 {
                    let (gate, left) = (rest_done.clone(), Arc::clone(&left));
                    jobs.push(Box::new(move || {
                        let last = {
                            let mut left = left.lock().expect("nobody panics in here");
                            *left -= 1;
                            *left == 0
                        };
                        if last {
                            gate.open();
                        }
                    }));
                }
                run_pool(2, jobs);
            },
        )
        .on(
            Verdict::Deadlock,
            "a job was dealt to a busy worker while the other had nothing to do: let both take from \
             the same channel",
        );
    suite
        .test(
            "workers::more_workers_than_jobs",
            "four workers and one job, or none: it returns, and no worker is left",
            || {
                let ended = Log::new();
                let log = ended.clone();
                run_pool(4, vec![Box::new(move || log.push(1))]);
                run_pool(4, Vec::new());
                expect_eq("the jobs that had ended", &ended.all(), &vec![1]);
            },
        )
        .on(
            Verdict::Leak,
            "a worker without a job waits for ever: close the channel",
        )
        .on(
            Verdict::Panicked,
            "there may be fewer jobs than workers, and none at all: is one taken without a look?",
        );
    suite
        .test(
            "workers::rests_while_it_waits",
            "three jobs take an hour, and nobody is busy meanwhile",
            || {
                let hour = |_| Box::new(|| time::sleep(HOUR)) as Job;
                run_pool(2, (0..3).map(hour).collect());
            },
        )
        .on(
            Verdict::Livelock,
            "somebody asks again and again whether the jobs are done: wait for the workers with a \
             WaitGroup",
        );
}
