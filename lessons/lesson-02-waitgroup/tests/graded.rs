//! What is graded in lesson 02.
//!
//! "All have ended" is looked at right after a function returns, in a thousand
//! schedules; "at the same time" is shown by jobs that wait for each other.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use lesson_02_waitgroup::Job;
use lesson_02_waitgroup::all::run_all;
use lesson_02_waitgroup::gather::gather;
use lesson_02_waitgroup::own::WaitGroup;
use lesson_02_waitgroup::phases::run_phases;
use lesson_02_waitgroup::usage::{Listing, disk_usage};
use marmota::runtime::gosched;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect, expect_eq};

const EARLY: &str = "it returned while jobs still ran. Who counts a job, and when? If the goroutine \
                     itself adds, the wait may be over before it has had its turn";

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    all(&mut suite);
    gather_(&mut suite);
    phases(&mut suite);
    usage(&mut suite);
    own(&mut suite);
    suite.run()
}

/// A job that gives way once, so that others may overtake it, and then says its name.
fn job<T: Clone + Send + 'static>(log: &Log<T>, name: T) -> Job {
    let log = log.clone();
    Box::new(move || {
        gosched();
        log.push(name);
    })
}

fn all(suite: &mut Suite) {
    suite
        .test(
            "all::returns_when_all_ended",
            "three jobs have ended when `run_all` returns",
            || {
                let ended = Log::new();
                run_all((1..=3).map(|n| job(&ended, n)).collect());
                expect_eq("the jobs that had ended", &ended.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(Verdict::WrongResult, EARLY)
        .on(
            Verdict::Deadlock,
            "main waits for a count that never comes back to zero: one done for each add",
        )
        .on(Verdict::Panicked, "one done for each add: no more");
    suite
        .test(
            "all::jobs_meet",
            "four jobs that wait for each other all end",
            || {
                let meeting = Meeting::of(4);
                let arrive = |_| {
                    let meeting = meeting.clone();
                    Box::new(move || meeting.arrive()) as Job
                };
                run_all((0..4).map(arrive).collect());
            },
        )
        .on(
            Verdict::Deadlock,
            "a job waits for one that has not begun: start all of them, and only then wait",
        );
    suite.test("all::no_jobs", "no jobs: it returns at once", || {
        run_all(Vec::new())
    });
}

fn gather_(suite: &mut Suite) {
    suite
        .test("gather::jobs_meet", "three jobs that wait for each other all give a result", || {
            let meeting = Meeting::of(3);
            let job = |n: u32| {
                let meeting = meeting.clone();
                Box::new(move || {
                    meeting.arrive();
                    n * n
                }) as Box<dyn FnOnce() -> u32 + Send>
            };
            let results = gather((1..=3).map(job).collect());
            expect_eq("the results", &results, &vec![1, 4, 9]);
        })
        .on(
            Verdict::Deadlock,
            "a job waits for one that cannot run. Is a lock held while a job runs? Then there is only \
             ever one",
        )
        .on(
            Verdict::Panicked,
            "a job came to put its result down when the results had been taken already: wait for all \
             jobs before you read",
        )
        .on(
            Verdict::WrongResult,
            "read the results after the wait, and put each where its job stood in the list",
        );
    suite
        .test(
            "gather::results_in_the_jobs_order",
            "the jobs end in reverse, the results stay in the jobs' order",
            || {
                let gates: Vec<Gate> = (0..4).map(|_| Gate::new()).collect();
                gates[3].open();
                let job = |i: usize| {
                    let (before, mine) = (gates[i + 1].clone(), gates[i].clone());
                    Box::new(move || {
                        before.pass();
                        mine.open();
                        i
                    }) as Box<dyn FnOnce() -> usize + Send>
                };
                let results = gather((0..3).map(job).collect());
                expect_eq("the results", &results, &vec![0, 1, 2]);
            },
        )
        .on(
            Verdict::WrongResult,
            "pushing gives the order in which they end; each job knows its place in the list",
        );
    suite.test("gather::no_jobs", "no jobs give no results", || {
        expect_eq("the results", &gather::<u8>(Vec::new()), &Vec::new());
    });
}

fn phases(suite: &mut Suite) {
    suite
        .test("phases::one_after_the_other", "no job runs before all of the phase before ended", || {
            let ended = Log::new();
            let phase = |p: u32| (0..2).map(|_| job(&ended, p)).collect::<Vec<Job>>();
            run_phases(vec![phase(1), phase(2), phase(3)]);
            expect_eq("the phases of the jobs, as they ended", &ended.all(), &vec![1, 1, 2, 2, 3, 3]);
        })
        .on(
            Verdict::WrongResult,
            "a job overtook one of an earlier phase, or was not waited for: what stands between two \
             phases, and after the last?",
        )
        .on(
            Verdict::Deadlock,
            "main waits for a count that never comes back to zero: whom does it count?",
        );
    suite
        .test(
            "phases::jobs_meet",
            "within a phase the jobs wait for each other and all end",
            || {
                let phase = |size: usize| -> Vec<Job> {
                    let meeting = Meeting::of(size);
                    let arrive = |_| {
                        let meeting = meeting.clone();
                        Box::new(move || meeting.arrive()) as Job
                    };
                    (0..size).map(arrive).collect()
                };
                run_phases(vec![phase(3), phase(2)]);
            },
        )
        .on(
            Verdict::Deadlock,
            "the jobs of a phase wait for each other: start all of them before waiting",
        );
    suite.test(
        "phases::some_are_empty",
        "an empty phase is over at once",
        || {
            let ended = Log::new();
            run_phases(vec![
                vec![],
                vec![job(&ended, 1)],
                vec![],
                vec![job(&ended, 2)],
            ]);
            expect_eq(
                "the phases of the jobs, as they ended",
                &ended.all(),
                &vec![1, 2],
            );
        },
    );
}

/// A file system for tests: `path bytes folders…`, a folder a line.
fn listing(tree: &'static str, path: &str) -> Listing {
    let line = tree
        .lines()
        .map(str::trim)
        .find(|l| l.split(' ').next() == Some(path));
    let mut words = line
        .unwrap_or_else(|| panic!("there is no folder {path}"))
        .split(' ')
        .skip(1);
    Listing {
        bytes: words.next().and_then(|w| w.parse().ok()).unwrap_or(0),
        folders: words.map(str::to_owned).collect(),
    }
}

const TREE: &str = "/ 1 /a /b
                    /a 10 /a/x /a/y
                    /b 100
                    /a/x 1000
                    /a/y 10000 /a/y/z
                    /a/y/z 100000";

fn usage(suite: &mut Suite) {
    suite
        .test(
            "usage::adds_up",
            "the sum over six folders, four levels deep",
            || {
                let listed = Log::new();
                let log = listed.clone();
                let bytes = disk_usage("/", move |path| {
                    gosched();
                    log.push(path.to_owned());
                    listing(TREE, path)
                });
                expect_eq("the bytes", &bytes, &111_111);
                let all = ["/", "/a", "/a/x", "/a/y", "/a/y/z", "/b"].map(String::from);
                expect_eq(
                    "the folders listed, sorted",
                    &listed.sorted(),
                    &all.to_vec(),
                );
            },
        )
        .on(Verdict::WrongResult, EARLY)
        .on(
            Verdict::Deadlock,
            "who waits, and for what? A goroutine that waits for a group it is counted in itself \
             waits for its own end",
        );
    suite
        .test(
            "usage::siblings_meet",
            "the listings of two folders side by side meet",
            || {
                let meeting = Meeting::of(2);
                let bytes = disk_usage("/", move |path| {
                    if path == "/a" || path == "/b" {
                        meeting.arrive();
                    }
                    listing("/ 1 /a /b\n/a 2\n/b 4", path)
                });
                expect_eq("the bytes", &bytes, &7);
            },
        )
        .on(
            Verdict::Deadlock,
            "one folder waits for its neighbour to be listed at the same time: a goroutine each",
        );
    suite
        .test(
            "usage::levels_do_not_wait",
            "a slow folder holds up nobody: its neighbour's folders are listed meanwhile",
            || {
                let deep = Gate::new();
                let bytes = disk_usage("/", move |path| {
                    match path {
                        "/slow" => deep.pass(),
                        "/a/deep" => deep.open(),
                        _ => {}
                    }
                    listing("/ 1 /slow /a\n/slow 2\n/a 4 /a/deep\n/a/deep 8", path)
                });
                expect_eq("the bytes", &bytes, &15);
            },
        )
        .on(
            Verdict::Deadlock,
            "a folder's folders are started as soon as it is listed, and not when its whole level is",
        );
}

fn own(suite: &mut Suite) {
    suite
        .test(
            "own::waits_for_all",
            "wait returns when all three have called done",
            || {
                let group = WaitGroup::new();
                let ended = Log::new();
                group.add(3);
                for n in 1..=3 {
                    let (group, ended) = (group.clone(), ended.clone());
                    marmota::go(move || {
                        gosched();
                        ended.push(n);
                        group.done();
                    });
                }
                group.wait();
                expect_eq("those that had ended", &ended.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "who waits is woken at zero, not at each done",
        )
        .on(
            Verdict::Deadlock,
            "is a lock held while it parks? Then nobody can count down. Or was the group at zero \
             just before it parked, with nobody left to wake it?",
        );
    suite
        .test(
            "own::wakes_everybody",
            "three who wait are all woken",
            || {
                let group = WaitGroup::new();
                group.add(1);
                let woken = Log::new();
                let waiters: Vec<_> = (1..=3)
                    .map(|n| {
                        let (group, woken) = (group.clone(), woken.clone());
                        marmota::spawn(move || {
                            group.wait();
                            woken.push(n);
                        })
                    })
                    .collect();
                gosched();
                group.done();
                waiters
                    .into_iter()
                    .for_each(|w| w.join().expect("wait does not panic"));
                expect_eq("those that were woken", &woken.sorted(), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "one value wakes one receiver; closing wakes all",
        );
    suite
        .test("own::rests_while_it_waits", "one takes an hour, and nobody is busy meanwhile", || {
            let group = WaitGroup::new();
            group.add(1);
            let slow = group.clone();
            marmota::go(move || {
                // An hour of virtual time: it passes at once, but only when all rest.
                marmota::time::sleep(Duration::from_secs(3600));
                slow.done();
            });
            group.wait();
        })
        .on(
            Verdict::Livelock,
            "wait asks again and again in place of parking: receive from something that is closed at \
             zero",
        )
        .on(Verdict::Deadlock, "at zero, somebody has to wake who waits");
    suite.test(
        "own::zero_does_not_wait",
        "at zero wait returns at once",
        || {
            let group = WaitGroup::new();
            group.wait();
            group.add(2);
            group.add(-2);
            group.wait();
        },
    );
    suite
        .test(
            "own::can_be_used_again",
            "the second round waits for the second goroutine",
            || {
                let group = WaitGroup::new();
                for round in 1..=2 {
                    let ended = Arc::new(std::sync::atomic::AtomicBool::new(false));
                    group.add(1);
                    let (inner, flag) = (group.clone(), Arc::clone(&ended));
                    marmota::go(move || {
                        gosched();
                        flag.store(true, std::sync::atomic::Ordering::SeqCst);
                        inner.done();
                    });
                    group.wait();
                    expect(
                        ended.load(std::sync::atomic::Ordering::SeqCst),
                        &format!("the wait of round {round}"),
                        "returns after done was called",
                        "returned before",
                    );
                }
            },
        )
        .on(
            Verdict::WrongResult,
            "a channel stays closed: the next round needs a new one",
        )
        .on(
            Verdict::Panicked,
            "closing a closed channel panics: each round needs its own",
        );
    suite
        .test(
            "own::counts_no_less_than_zero",
            "a done too many panics, as Go's does",
            || {
                let group = WaitGroup::new();
                group.add(1);
                group.done();
                let one_too_many = marmota::spawn(move || group.done()).join();
                let message = one_too_many.err().map(|thrown| {
                    let text = thrown.downcast_ref::<&str>().map(|s| (*s).to_owned());
                    text.or_else(|| thrown.downcast_ref::<String>().cloned())
                        .unwrap_or_default()
                });
                let right = message
                    .as_ref()
                    .is_some_and(|m| m.contains("negative WaitGroup counter"));
                expect(
                    right,
                    "a done without an add",
                    "a panic that says: negative WaitGroup counter",
                    message.map_or("no panic".to_owned(), |m| format!("a panic that says: {m}")),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "whoever calls done once too often counted wrong: say so where it happens, by a panic, before \
             the count goes below zero",
        );
}
