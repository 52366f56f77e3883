//! A worker that waits for jobs and for the quit.
//!
//! Main closes `quit` when the jobs are done, and waits until the worker has ended:
//! not by sleeping, but by joining it.

use std::process::ExitCode;
use std::time::Duration;

use marmota::chan::{Receiver, Sender};
use marmota::{select, time};

fn worker(jobs: &Receiver<u32>, quit: &Receiver<()>, done: &Sender<u32>) {
    loop {
        select! {
            job = <-jobs => {
                let Some(job) = job else { return };
                println!("worker: begins job {job}");
                time::sleep(Duration::from_secs(1));
                println!("worker: has done job {job}");
                done.send(job);
            }
            <-quit => {
                println!("worker: was told to stop");
                return;
            }
        }
    }
}

fn three_jobs() {
    let (jobs, to_do) = marmota::chan(5);
    let (quit, quitting) = marmota::chan(0);
    let (done, has_done) = marmota::chan(5);
    let worker = marmota::spawn(move || worker(&to_do, &quitting, &done));
    (1..=3).for_each(|job| jobs.send(job));
    for _ in 1..=3 {
        has_done.recv();
    }
    quit.close();
    worker.join().expect("println does not panic");
    println!("main: the worker has ended");
}

fn main() -> ExitCode {
    marmota_grader::play(three_jobs)
}
