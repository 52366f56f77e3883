//! Follows one goroutine from `go` to its end, and draws on which thread it was when:
//! a column for each thread (M), a line for each step. Made for the chapter "How the
//! runtime works".
//!
//! `GOMAXPROCS=1 cargo run --release -p marmota --example life_of_a_goroutine`

use marmota::{chan, debug, go, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// Something a goroutine did.
struct Step {
    at: Duration,
    thread: String,
    what: String,
}

/// What one goroutine did, noted without calling the runtime.
struct Diary {
    who: &'static str,
    start: Instant,
    steps: Vec<Step>,
}

impl Diary {
    fn new(who: &'static str, start: Instant) -> Diary {
        Diary {
            who,
            start,
            steps: Vec::new(),
        }
    }

    // Not inlined: the thread is asked for anew each time, since it may have changed.
    #[inline(never)]
    fn note(&mut self, what: &str) {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("?");
        self.steps.push(Step {
            at: self.start.elapsed(),
            thread: name.trim_start_matches("marmota-").to_uppercase(),
            what: format!("{}: {what}", self.who),
        });
    }
}

#[marmota::main]
fn main() {
    let start = Instant::now();
    let mut main = Diary::new("main", start);
    // ANCHOR: life
    let (tx, rx) = chan(0);
    let (diaries, ended) = chan(1);
    let over = Arc::new(AtomicBool::new(false));
    let theirs = over.clone();
    main.note("go");
    go(move || {
        let mut diary = Diary::new("G", start);
        diary.note("starts");
        let value: i32 = rx.recv().expect("main sends first");
        diary.note(&format!("has received {value}"));
        time::sleep(Duration::from_millis(2));
        diary.note("has slept 2 ms");
        std::thread::sleep(Duration::from_millis(30));
        diary.note("has blocked 30 ms");
        compute(Duration::from_millis(45), &mut diary);
        theirs.store(true, SeqCst);
        diary.note("ends");
        diaries.send(diary);
    });
    main.note("sends");
    tx.send(7);
    main.note("has sent");
    while !over.load(SeqCst) {
        let before = Instant::now();
        time::sleep(Duration::from_millis(5));
        main.note(&format!("woke after {} ms", before.elapsed().as_millis()));
    }
    // ANCHOR_END: life
    let stats = debug::read_sched_stats();
    let goroutine = ended.recv().expect("it sent its diary");
    draw(main.steps.into_iter().chain(goroutine.steps).collect());
    println!(
        "\npreemptions: {}, processors retaken: {}, threads: {}",
        stats.preempted, stats.retaken, stats.threads
    );
}

// ANCHOR: compute
/// Computes for so long, calling nothing, and notes when it was kept from it.
fn compute(time: Duration, diary: &mut Diary) {
    diary.note("computes");
    let begin = Instant::now();
    let mut last = begin;
    while begin.elapsed() < time {
        let now = Instant::now();
        let gap = now - last;
        if gap > Duration::from_micros(500) {
            diary.note(&format!("stood still {:.1} ms", gap.as_secs_f64() * 1e3));
        }
        last = Instant::now();
    }
    diary.note("has computed");
}
// ANCHOR_END: compute

/// A column for each thread.
fn draw(mut steps: Vec<Step>) {
    const WIDTH: usize = 23;
    steps.sort_by_key(|step| step.at);
    let mut threads: Vec<&str> = Vec::new();
    for step in &steps {
        if !threads.contains(&step.thread.as_str()) {
            threads.push(&step.thread);
        }
    }
    let line = |time: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|c| format!(" │ {c:<WIDTH$}")).collect();
        println!("{}", format!("{time:>8}{cells}").trim_end());
    };
    line(
        "ms",
        &threads.iter().map(|t| (*t).into()).collect::<Vec<_>>(),
    );
    println!(
        "{}",
        "─".repeat(9) + &format!("┼{}", "─".repeat(WIDTH + 2)).repeat(threads.len())
    );
    for step in &steps {
        let cells: Vec<String> = threads
            .iter()
            .map(|of| {
                if *of == step.thread {
                    step.what.clone()
                } else {
                    String::new()
                }
            })
            .collect();
        line(&format!("{:.2}", step.at.as_secs_f64() * 1e3), &cells);
    }
}
