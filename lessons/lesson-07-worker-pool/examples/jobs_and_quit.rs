//! A worker that selects over jobs and quit.
//!
//! Main sends three jobs, waits long enough for them, and says quit: the worker returns,
//! and nothing is left over. With `--virtual` it runs on the deterministic runtime, which
//! would report a goroutine that never ends, and no second is really waited for.

use std::process::ExitCode;
use std::time::Duration;

use marmota::{Receiver, select, time};

fn worker(jobs: &Receiver<u32>, quit: &Receiver<()>) {
    loop {
        select! {
            job = <-jobs => {
                let Some(job) = job else { return };
                println!("worker: job {job} begins");
                time::sleep(Duration::from_secs(1));
                println!("worker: job {job} is done");
            }
            <-quit => {
                println!("worker: told to quit");
                return;
            }
        }
    }
}

fn program() {
    let (jobs, queue) = marmota::chan(5);
    let (quit, quitting) = marmota::chan(0);
    let worker = marmota::spawn(move || worker(&queue, &quitting));
    for job in 1..=3 {
        jobs.send(job);
    }
    println!("main: three jobs are in the queue");
    time::sleep(Duration::from_secs(4));
    println!("main: says quit");
    quit.send(());
    worker.join().expect("the worker does not panic");
    println!("main: the worker has ended");
}

fn main() -> ExitCode {
    marmota_grader::play(program)
}
