//! What processes and threads cost on this machine: the time to start one, the time to hand
//! work to one, the memory it takes. Best of several rounds, since other programs run too.

use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

fn main() {
    let process = best(5, || {
        for _ in 0..50 {
            run_a_process();
        }
    });
    say("start a process, wait for its end", process / 50);

    let thread = best(5, || {
        for _ in 0..1_000 {
            thread::spawn(|| ()).join().unwrap();
        }
    });
    say("start a thread, wait for its end", thread / 1_000);

    say("ask another thread, get its answer", round_trip());

    let (reserved, in_use) = memory_of(500);
    println!("a waiting thread: {reserved:.0} KB reserved, {in_use:.1} KB in use");
}

fn say(what: &str, time: Duration) {
    println!("{what:36} {:6.1} µs", time.as_secs_f64() * 1e6);
}

fn run_a_process() {
    let mut command = Command::new("true");
    let status = command.stdout(Stdio::null()).status();
    status.expect("`true` is on every Unix");
}

/// The time of the fastest of `rounds` calls.
fn best(rounds: usize, work: impl Fn()) -> Duration {
    let time = || {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..rounds)
        .map(|_| time())
        .min()
        .expect("at least one round")
}

/// A message to another thread and one back. Each end sleeps until the other wakes it.
fn round_trip() -> Duration {
    const TRIPS: u32 = 2_000;
    let (ask, questions) = channel();
    let (answer, answers) = channel();
    let other = thread::spawn(move || {
        for question in questions {
            answer.send(question).unwrap();
        }
    });
    let time = best(5, || {
        for i in 0..TRIPS {
            ask.send(i).unwrap();
            answers.recv().unwrap();
        }
    });
    drop(ask);
    other.join().unwrap();
    time / TRIPS
}

/// What one of `count` waiting threads adds to this process, in KB: address space and pages.
fn memory_of(count: usize) -> (f64, f64) {
    // The C library gives the first threads heaps of their own; later ones share those.
    let mut threads = waiting(64);
    let (reserved, resident) = process_memory();
    threads.extend(waiting(count));
    let (reserved_now, resident_now) = process_memory();
    for thread in threads {
        thread.thread().unpark();
        thread.join().unwrap();
    }
    let each = |now: f64, before: f64| (now - before) / count as f64;
    (each(reserved_now, reserved), each(resident_now, resident))
}

/// `count` threads that have started and wait to be unparked.
fn waiting(count: usize) -> Vec<JoinHandle<()>> {
    let all_here = Arc::new(Barrier::new(count + 1));
    let thread = |_| {
        let here = Arc::clone(&all_here);
        thread::spawn(move || {
            here.wait();
            thread::park();
        })
    };
    let threads = (0..count).map(thread).collect();
    all_here.wait();
    threads
}

/// Address space and resident memory of this process, in KB, as Linux counts them.
fn process_memory() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("this program needs Linux");
    let value = |name: &str| {
        let line = status
            .lines()
            .find(|line| line.starts_with(name))
            .expect("Linux lists it");
        line.split_whitespace()
            .nth(1)
            .and_then(|n| n.parse().ok())
            .expect("a number of KB")
    };
    (value("VmSize:"), value("VmRSS:"))
}
