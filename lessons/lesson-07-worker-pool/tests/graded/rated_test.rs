//! `rated`: a pool with a pace, and an orderly stop.

use std::time::Duration;

use lesson_07_worker_pool::Job;
use lesson_07_worker_pool::rated::Pool;
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect, expect_eq};

use crate::common::HOUR;

const EVERY: Duration = Duration::from_secs(10);

/// When each job of a pool started, in seconds since the first did.
fn since_the_first(starts: &Log<time::Instant>) -> Vec<u64> {
    let starts = starts.sorted();
    starts.iter().map(|&s| (s - starts[0]).as_secs()).collect()
}

/// A job that says when it starts and then takes as long as it is told.
fn timed(starts: &Log<time::Instant>, takes: Duration) -> Job {
    let starts = starts.clone();
    Box::new(move || {
        starts.push(time::now());
        time::sleep(takes);
    })
}

fn expect_taken(pool: &Pool, job: Job) {
    expect_eq("submit, before any stop", &pool.submit(job), &true);
}

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "rated::finishes_what_it_took",
            "five jobs are taken, then it is stopped: all have run when stop returns",
            || {
                let pool = Pool::new(2, EVERY);
                let ended = Log::new();
                for n in 1..=5 {
                    let ended = ended.clone();
                    expect_taken(
                        &pool,
                        Box::new(move || {
                            time::sleep(EVERY);
                            ended.push(n);
                        }),
                    );
                }
                pool.stop();
                expect_eq(
                    "the jobs that had ended",
                    &ended.sorted(),
                    &(1..=5).collect(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a job for which submit said true had not run: stop waits for the workers, and they \
             first empty whatever jobs wait in",
        )
        .on(
            Verdict::Deadlock,
            "stop waits for workers that were not all told: close a channel, and everybody who \
             receives from it learns",
        )
        .on(
            Verdict::Leak,
            "something of the pool lives on: who else receives or sends, and who tells it?",
        );
    suite
        .test(
            "rated::rests_without_work",
            "a pool without work rests, for an hour",
            || {
                let (pool, starts) = (Pool::new(2, EVERY), Log::new());
                time::sleep(HOUR);
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                pool.stop();
                expect_eq("jobs that ran", &starts.len(), &1);
            },
        )
        .on(
            Verdict::Livelock,
            "a worker without a job asks again and again: receive parks, and a select waits for \
             several things",
        );
    suite
        .test(
            "rated::keeps_the_pace",
            "three workers, five quick jobs: one start every ten seconds",
            || {
                let (pool, starts) = (Pool::new(3, EVERY), Log::new());
                for _ in 0..5 {
                    expect_taken(&pool, timed(&starts, Duration::ZERO));
                }
                pool.stop();
                expect_eq(
                    "the starts, in seconds since the first",
                    &since_the_first(&starts),
                    &vec![0, 10, 20, 30, 40],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "the pace is the pool's, not each worker's: they must share what says when the next may \
             start",
        );
    suite
        .test(
            "rated::slow_jobs_overlap",
            "three workers, jobs of 25 seconds: still one start every ten seconds",
            || {
                let (pool, starts) = (Pool::new(3, EVERY), Log::new());
                for _ in 0..5 {
                    expect_taken(&pool, timed(&starts, Duration::from_secs(25)));
                }
                pool.stop();
                expect_eq(
                    "the starts, in seconds since the first",
                    &since_the_first(&starts),
                    &vec![0, 10, 20, 30, 40],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a job waited though a worker was free: is a lock held while a job runs, or does a pause \
             follow its end in place of its start?",
        );
    suite
        .test(
            "rated::a_rest_saves_nothing_up",
            "after a rest of 35 seconds two jobs are still ten seconds apart",
            || {
                let (pool, starts) = (Pool::new(2, EVERY), Log::new());
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                time::sleep(Duration::from_secs(35));
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                pool.stop();
                let starts = since_the_first(&starts);
                let gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
                let right = gaps.len() == 2 && gaps.iter().all(|&gap| gap >= 10);
                expect(
                    right,
                    "seconds between three starts",
                    "two numbers, neither below 10",
                    format!("{gaps:?}"),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a ticker keeps a tick for whoever comes late, and the next follows soon after: count \
             from the last start",
        );
    suite
        .test(
            "rated::stop_refuses_the_rest",
            "after a stop submit gives false, and the job never runs",
            || {
                let pool = Pool::new(2, EVERY);
                pool.stop();
                let ran = Log::new();
                let log = ran.clone();
                expect_eq(
                    "submit after stop",
                    &pool.submit(Box::new(move || log.push(1))),
                    &false,
                );
                time::sleep(HOUR);
                expect_eq("jobs that ran", &ran.len(), &0);
            },
        )
        .on(
            Verdict::Panicked,
            "to send on a closed channel panics: who submits cannot know that somebody stops",
        )
        .on(
            Verdict::Deadlock,
            "submit waits for a worker, and there is none any more: it must hear of the stop as well",
        );
    suite
        .test(
            "rated::stop_while_some_submit",
            "four submit while it is stopped: what was taken has run, and nothing else",
            || {
                let pool = Pool::new(2, Duration::from_secs(1));
                let (taken, ran) = (Log::new(), Log::new());
                let submitters = WaitGroup::new();
                for n in 1..=4 {
                    let (pool, taken, ran) = (pool.clone(), taken.clone(), ran.clone());
                    submitters.go(move || {
                        gosched();
                        if pool.submit(Box::new(move || ran.push(n))) {
                            taken.push(n);
                        }
                    });
                }
                gosched();
                pool.stop();
                submitters.wait();
                expect_eq(
                    "the jobs that ran: those taken",
                    &ran.sorted(),
                    &taken.sorted(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "true is a promise, and so is false. To look whether it stops and to hand the job over \
             must be one step; and who waits in `submit` when the stop comes gets an answer",
        )
        .on(
            Verdict::Panicked,
            "to send on a closed channel panics, and to look first whether it is closed does not \
             help: the stop may come in between",
        )
        .on(
            Verdict::Deadlock,
            "somebody waits in submit for a worker that has ended: a select hears of both",
        );
    suite
        .test(
            "rated::stop_by_several",
            "three stop it: each returns when the job has run",
            || {
                let (pool, ended) = (Pool::new(2, EVERY), Log::new());
                let log = ended.clone();
                expect_taken(
                    &pool,
                    Box::new(move || {
                        time::sleep(EVERY);
                        log.push(1);
                    }),
                );
                let stoppers = WaitGroup::new();
                for _ in 0..2 {
                    let (pool, ended) = (pool.clone(), ended.clone());
                    stoppers.go(move || {
                        pool.stop();
                        expect_eq("jobs that had run after a stop", &ended.len(), &1);
                    });
                }
                pool.stop();
                stoppers.wait();
                pool.stop();
                expect_eq("jobs that had run after a stop", &ended.len(), &1);
            },
        )
        .on(
            Verdict::Panicked,
            "a channel is closed once: the second who stops must know of the first, without a gap \
             between look and close",
        )
        .on(
            Verdict::WrongResult,
            "the second who stops also waits for the workers",
        );
}
