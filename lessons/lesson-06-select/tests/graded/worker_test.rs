//! `worker`: jobs in a loop, until somebody says stop.

use lesson_06_select::worker::{Why, work};
use marmota::chan::{Receiver, Sender};
use marmota::time;
use marmota_grader::{Suite, Verdict, expect_eq};

use crate::common::{HOUR, POLLS};

/// A channel that holds `jobs` and stays open.
fn jobs(jobs: impl IntoIterator<Item = u32>) -> (Sender<u32>, Receiver<u32>) {
    let (tx, rx) = marmota::chan(10);
    jobs.into_iter().for_each(|job| tx.send(job));
    (tx, rx)
}

pub fn add_to(suite: &mut Suite) {
    works(suite);
    stops(suite);
}

fn works(suite: &mut Suite) {
    suite
        .test(
            "worker::no_more_jobs",
            "three jobs, and the channel is closed: all are done, then it ends",
            || {
                let ((tx, jobs), (_quit, quitting)) = (jobs(1..=3), marmota::chan(0));
                tx.close();
                let mut handled = Vec::new();
                let end = work(&jobs, &quitting, |job| handled.push(job));
                expect_eq("the jobs it handled", &handled, &vec![1, 2, 3]);
                expect_eq("how many, and why it stopped", &end, &(3, Why::NoMoreJobs));
            },
        )
        .on(
            Verdict::Livelock,
            "the jobs are closed, and it still asks for them: None is the end",
        )
        .on(
            Verdict::Deadlock,
            "the jobs are closed, and it waits all the same: for what?",
        );
    suite
        .test(
            "worker::idle_worker_stops",
            "there is no job, and after an hour quit is closed",
            || {
                let ((_tx, jobs), (quit, quitting)) = (jobs([]), marmota::chan(0));
                marmota::go(move || {
                    time::sleep(HOUR);
                    quit.close();
                });
                let end = work(&jobs, &quitting, |_: u32| {});
                expect_eq("how many, and why it stopped", &end, &(0, Why::Quit));
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits for a job and hears nothing else: wait for both, in one select",
        )
        .on(Verdict::Livelock, POLLS);
}

fn stops(suite: &mut Suite) {
    suite
        .test(
            "worker::a_job_an_hour",
            "three jobs come an hour apart, then quit is closed",
            || {
                let ((tx, jobs), (quit, quitting)) = (marmota::chan(0), marmota::chan(0));
                marmota::go(move || {
                    for job in 1..=3 {
                        time::sleep(HOUR);
                        tx.send(job);
                    }
                    time::sleep(HOUR);
                    quit.close();
                });
                let mut handled = Vec::new();
                let end = work(&jobs, &quitting, |job| handled.push(job));
                expect_eq("the jobs it handled", &handled, &vec![1, 2, 3]);
                expect_eq("how many, and why it stopped", &end, &(3, Why::Quit));
            },
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Deadlock,
            "it waits for one of the two and does not hear the other",
        );
    suite
        .test(
            "worker::begins_nothing_after_quit",
            "five jobs are there; quit is closed during the second",
            || {
                let ((_tx, jobs), (quit, quitting)) = (jobs(1..=5), marmota::chan(0));
                let mut handled = Vec::new();
                let end = work(&jobs, &quitting, |job| {
                    handled.push(job);
                    if job == 2 {
                        quit.close();
                    }
                });
                expect_eq("the jobs it handled", &handled, &vec![1, 2]);
                expect_eq("how many, and why it stopped", &end, &(2, Why::Quit));
                expect_eq("how many jobs are left", &jobs.len(), &3);
            },
        )
        .on(
            Verdict::WrongResult,
            "a job and the quit are both there, and a select takes either. Look for the quit alone \
             first, without waiting, before each job: one that was taken has to be done",
        );
}
