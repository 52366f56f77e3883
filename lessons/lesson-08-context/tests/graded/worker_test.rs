//! `worker`: jobs until they are all done or somebody says stop.

use lesson_08_context::worker::{End, work};
use marmota::context::{self, ContextError};
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect, expect_eq};

use crate::common::{SECOND, cancelled_after};

/// `count` jobs in a channel that has room for them, closed if `all` there are.
fn jobs(count: u32, all: bool) -> (marmota::Sender<u32>, marmota::Receiver<u32>) {
    let (tx, rx) = marmota::chan(16);
    (1..=count).for_each(|job| tx.send(job));
    if all {
        tx.close();
    }
    (tx, rx)
}

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "worker::until_there_are_no_more",
            "three jobs and a closed channel: all handled, then cleaned up",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(3, true);
                let end = work(
                    &context::background(),
                    &jobs,
                    |job| log.push(job.to_string()),
                    || log.push("clean".to_owned()),
                );
                expect_eq("the end", &end, &End::NoMoreJobs);
                expect_eq(
                    "what it did",
                    &log.all(),
                    &["1", "2", "3", "clean"].map(String::from).to_vec(),
                );
            },
        )
        .on(
            Verdict::Livelock,
            "a closed channel is always ready: a select gives None from it for ever. That is the end",
        )
        .on(
            Verdict::WrongResult,
            "clean up on every way out: when there are no more jobs, too",
        );
    suite
        .test(
            "worker::hears_of_the_end_while_it_waits",
            "nothing to do for an hour, then cancelled: it cleans up and ends",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(1, false);
                let ctx = cancelled_after(3600, &context::background());
                let end = work(
                    &ctx,
                    &jobs,
                    |job| log.push(job.to_string()),
                    || log.push("clean".to_owned()),
                );
                expect_eq("the end", &end, &End::Told(ContextError::Canceled));
                expect_eq(
                    "what it did",
                    &log.all(),
                    &["1", "clean"].map(String::from).to_vec(),
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits for a job, and hears of nothing else: wait for both with a select",
        )
        .on(
            Verdict::Livelock,
            "it asks again and again whether there is a job: a select without default parks",
        );
    suite
        .test(
            "worker::takes_no_more_once_told",
            "its second job cancels the context: the eight that wait are left alone",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(10, false);
                let (ctx, cancel) = context::with_cancel(&context::background());
                let end = work(
                    &ctx,
                    &jobs,
                    |job| {
                        log.push(job);
                        if job == 2 {
                            cancel.cancel();
                        }
                    },
                    || {},
                );
                expect_eq("the end", &end, &End::Told(ContextError::Canceled));
                expect_eq("the jobs handled", &log.all(), &vec![1, 2]);
            },
        )
        .on(
            Verdict::WrongResult,
            "if both are ready a select takes either: look at ctx.err() before it, in each turn",
        );
    suite
        .test(
            "worker::finishes_the_job_at_hand",
            "a deadline in the middle of a job: it is finished, then cleaned up",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(5, false);
                let (ctx, cancel) = context::with_timeout(&context::background(), 5 * SECOND);
                let end = work(
                    &ctx,
                    &jobs,
                    |job| {
                        log.push(format!("{job} begins"));
                        time::sleep(3 * SECOND);
                        log.push(format!("{job} ends"));
                    },
                    || log.push("clean".to_owned()),
                );
                cancel.cancel();
                expect_eq("the end", &end, &End::Told(ContextError::DeadlineExceeded));
                let all = ["1 begins", "1 ends", "2 begins", "2 ends", "clean"];
                expect_eq("what it did", &log.all(), &all.map(String::from).to_vec());
            },
        )
        .on(
            Verdict::WrongResult,
            "ctx.err() says which end it was; cleaning up comes last",
        );
    suite
        .test(
            "worker::cleans_up_after_a_panic",
            "a job panics: it is cleaned up, once, and the panic goes on",
            || {
                let log = Log::new();
                let theirs = log.clone();
                let ended = marmota::spawn(move || {
                    let (_tx, jobs) = jobs(3, true);
                    work(
                        &context::background(),
                        &jobs,
                        |job| {
                            if job == 2 {
                                panic!("job 2 is not to be done");
                            }
                        },
                        || theirs.push("clean"),
                    )
                })
                .join();
                expect(ended.is_err(), "work", "lets the panic through", "returned");
                expect_eq("what it did at the end", &log.all(), &vec!["clean"]);
            },
        )
        .on(
            Verdict::WrongResult,
            "a panic skips what stands after the loop, but it drops what stands on the stack: a value \
             whose Drop cleans up",
        );
}
