//! A worker that works until its context ends.
//!
//! Main cancels after three and a half seconds. The worker hears of it in the middle of its
//! pause, says why, and returns; main waits for that. With `--virtual` no second is really
//! waited for.

use std::process::ExitCode;
use std::time::Duration;

use marmota::context::{self, Context};
use marmota::{select, time};

fn worker(ctx: &Context) {
    let done = ctx.done();
    loop {
        println!("worker: at work");
        select! {
            <-time::after(Duration::from_secs(1)) => {}
            <-done => {
                println!("worker: stops, {}", ctx.err().expect("it is done"));
                return;
            }
        }
    }
}

fn program() {
    let start = time::now();
    let (ctx, cancel) = context::with_cancel(&context::background());
    let worker = marmota::spawn(move || worker(&ctx));
    time::sleep(Duration::from_millis(3500));
    println!("main: cancels");
    cancel.cancel();
    worker.join().expect("the worker does not panic");
    println!("main: {:.1} s", start.elapsed().as_secs_f32());
}

fn main() -> ExitCode {
    marmota_grader::play(program)
}
