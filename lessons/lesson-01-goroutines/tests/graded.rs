//! What is graded in lesson 01.
//!
//! Whether jobs ran at the same time is never measured: they meet, or one opens
//! what another waits for, so that a program in sequence cannot end. Time is the
//! virtual time of the deterministic runtime.

use std::process::ExitCode;
use std::time::Duration;

use lesson_01_goroutines::background::in_background;
use lesson_01_goroutines::both::run_both;
use lesson_01_goroutines::counters::{self, count_together};
use lesson_01_goroutines::health::{self, Health, Status, check_all};
use lesson_01_goroutines::map::map;
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Ticket, Verdict, expect_eq};

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    background(&mut suite);
    both(&mut suite);
    both_rests(&mut suite);
    counters(&mut suite);
    map_(&mut suite);
    health(&mut suite);
    suite.run()
}

fn background(suite: &mut Suite) {
    suite
        .test(
            "background::returns_before_the_job_ends",
            "a job waits for its caller: `in_background` has to return all the same",
            || {
                let (ticket, gone) = Ticket::new();
                let gate = Gate::new();
                let job_gate = gate.clone();
                in_background(move || {
                    let _ticket = ticket;
                    job_gate.pass();
                });
                gate.open();
                gone.pass();
            },
        )
        .on(
            Verdict::Deadlock,
            "main is inside in_background and the job waits for what main does next: the job must \
             run beside main, not within its call, and nobody may wait for it there",
        )
        .on(
            Verdict::Leak,
            "the job has ended, but a goroutine you started besides has not: how could it ever?",
        );
    suite
        .test(
            "background::runs_the_job_once",
            "a job that is started runs, exactly once",
            || {
                let (ticket, gone) = Ticket::new();
                let runs = Log::new();
                let job_runs = runs.clone();
                in_background(move || {
                    let _ticket = ticket;
                    job_runs.push(());
                });
                gone.pass();
                expect_eq("how often the job ran", &runs.len(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "the job is gone and never ran: starting it means handing it to a goroutine",
        );
    suite
        .test(
            "background::starts_many",
            "three jobs, started one after the other, meet",
            || {
                let meeting = Meeting::of(4);
                for _ in 0..3 {
                    let meeting = meeting.clone();
                    in_background(move || meeting.arrive());
                }
                meeting.arrive();
            },
        )
        .on(
            Verdict::Deadlock,
            "the jobs wait for each other: each needs a goroutine of its own",
        );
}

fn both(suite: &mut Suite) {
    suite
        .test(
            "both::jobs_meet",
            "two jobs that wait for each other both end",
            || {
                let a = Meeting::of(2);
                let b = a.clone();
                run_both(move || a.arrive(), move || b.arrive());
            },
        )
        .on(
            Verdict::Deadlock,
            "the first job waits for the second, which has not begun: what do you wait for before \
             both have been started?",
        );
    suite.test(
        "both::results_in_their_places",
        "what the jobs return comes back, whichever ends first",
        || {
            let gate = Gate::new();
            let opener = gate.clone();
            let results = run_both(
                move || {
                    gate.pass();
                    "slow"
                },
                move || {
                    opener.open();
                    7
                },
            );
            expect_eq("the two results", &results, &("slow", 7));
        },
    );
    suite
        .test(
            "both::returns_when_both_ended",
            "nothing runs on after `run_both` has returned",
            || {
                let ended = Log::new();
                let (a, b) = (ended.clone(), ended.clone());
                run_both(
                    move || {
                        marmota::runtime::gosched();
                        a.push("a");
                    },
                    move || {
                        marmota::runtime::gosched();
                        b.push("b");
                    },
                );
                expect_eq("which jobs had ended", &ended.sorted(), &vec!["a", "b"]);
            },
        )
        .on(
            Verdict::WrongResult,
            "a result is there only when its job has ended: join both",
        );
}

fn both_rests(suite: &mut Suite) {
    suite
        .test(
            "both::rests_while_it_waits",
            "one job takes an hour, and nobody is busy meanwhile",
            || {
                // An hour of virtual time: it passes at once, but only when all rest.
                let results = run_both(|| time::sleep(Duration::from_secs(3600)), || ());
                expect_eq("the two results", &results, &((), ()));
            },
        )
        .on(
            Verdict::Livelock,
            "asking again and again keeps the runtime busy; join parks until the job has ended",
        );
}

fn counters(suite: &mut Suite) {
    suite
        .test(
            "counters::take_as_long_as_one",
            "four counters to 5 take 5 pauses together, as one does alone",
            || {
                let before = time::now();
                count_together(&["a", "b", "c", "d"], 5, |_, _| {});
                expect_eq(
                    "virtual time passed",
                    &before.elapsed(),
                    &(5 * counters::PAUSE),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "counters that rest at the same time share their pauses; counters that run one after \
             the other add them up",
        )
        .on(
            Verdict::Livelock,
            "asking the clock again and again keeps the runtime busy, and virtual time moves only \
             when everybody rests: time::sleep is how a goroutine rests",
        );
    suite
        .test(
            "counters::report_in_order",
            "each counter reports 0, 1, 2, each number once, whatever the others do",
            || {
                let reports = Log::new();
                count_together(&["a", "b", "c"], 3, |name, number| {
                    reports.push((name.to_owned(), number));
                });
                for name in ["a", "b", "c"] {
                    let mut of_name = reports.all();
                    of_name.retain(|(n, _)| n == name);
                    let numbers: Vec<u32> = of_name.iter().map(|(_, number)| *number).collect();
                    expect_eq(&format!("the numbers of {name}"), &numbers, &vec![0, 1, 2]);
                }
            },
        )
        .on(
            Verdict::WrongResult,
            "was all reported before the function returned? A scope waits for its goroutines",
        );
    suite
        .test(
            "counters::rest_after_each",
            "the numbers of a counter are one pause apart",
            || {
                let start = time::now();
                let reports = Log::new();
                count_together(&["a", "b"], 2, |_, number| {
                    reports.push((number, start.elapsed().as_secs()));
                });
                let expected = vec![(0, 0), (0, 0), (1, 1), (1, 1)];
                expect_eq("(number, second)", &reports.sorted(), &expected);
            },
        )
        .on(Verdict::WrongResult, "report, then rest, for each number");
    suite.test(
        "counters::none",
        "no names: nothing is reported and no time passes",
        || {
            let before = time::now();
            count_together(&[], 5, |_, _| {});
            expect_eq("virtual time passed", &before.elapsed(), &Duration::ZERO);
        },
    );
}

fn map_(suite: &mut Suite) {
    suite
        .test(
            "map::each_item_once",
            "each item is worked on exactly once",
            || {
                let seen = Log::new();
                let items: Vec<u32> = (0..7).collect();
                map(&items, |&item| seen.push(item));
                expect_eq("the items worked on, sorted", &seen.sorted(), &items);
            },
        )
        .on(
            Verdict::WrongResult,
            "which items are missing, or there twice?",
        );
    suite
        .test("map::calls_meet", "five calls that wait for each other all end", || {
            let meeting = Meeting::of(5);
            map(&[1, 2, 3, 4, 5], |_| meeting.arrive());
        })
        .on(
            Verdict::Deadlock,
            "a call waits for one that has not begun. Iterators are lazy: in items.map(spawn).map(join) \
             each goroutine is joined before the next is started",
        );
    suite
        .test(
            "map::results_in_the_items_order",
            "the calls end in reverse, the results stay in the items' order",
            || {
                // Call i ends only after call i + 1 has; the last may end at once.
                let gates: Vec<Gate> = (0..5).map(|_| Gate::new()).collect();
                gates[4].open();
                let results = map(&[0_usize, 1, 2, 3], |&i| {
                    gates[i + 1].pass();
                    gates[i].open();
                    10 * i
                });
                expect_eq("the results", &results, &vec![0, 10, 20, 30]);
            },
        )
        .on(
            Verdict::WrongResult,
            "the goroutines end in any order; their handles stay in the order you started them in",
        )
        .on(
            Verdict::Deadlock,
            "a call waits for a later one: all have to be started before any is waited for",
        );
    suite.test("map::no_items", "no items give no results", || {
        let results = map(&[0_u8; 0], |&item| item);
        expect_eq("the results", &results, &Vec::new());
    });
}

/// A service whose name says how it behaves: `up2` is up at the second probe,
/// `down` never is, `crash1` panics at the first.
fn probe(log: &Log<String>, service: &str) -> bool {
    log.push(service.to_owned());
    let nth = log.all().iter().filter(|s| *s == service).count();
    let at = service.chars().filter_map(|c| c.to_digit(10)).next();
    let now = at.is_some_and(|at| u64::from(at) == nth as u64);
    assert!(
        !(service.starts_with("crash") && now),
        "{service} is on fire"
    );
    service.starts_with("up") && now
}

fn status(service: &str, health: Health, attempts: u32) -> Status {
    Status {
        service: service.to_owned(),
        health,
        attempts,
    }
}

fn health(suite: &mut Suite) {
    suite
        .test(
            "health::probes_meet",
            "three probes that wait for each other all end",
            || {
                let meeting = Meeting::of(3);
                let statuses = check_all(&["a", "b", "c"], |_| {
                    meeting.arrive();
                    true
                });
                let expected = ["a", "b", "c"].map(|s| status(s, Health::Up, 1)).to_vec();
                expect_eq("the statuses", &statuses, &expected);
            },
        )
        .on(
            Verdict::Deadlock,
            "a probe waits for one that has not begun: a goroutine for each service, all started \
             before any is joined",
        );
    suite
        .test(
            "health::asks_again",
            "a service that says no is asked again, three times in all",
            || {
                let log = Log::new();
                let services = ["up1", "up2", "up3", "up4", "down"];
                let statuses = check_all(&services, |s| probe(&log, s));
                let expected = vec![
                    status("up1", Health::Up, 1),
                    status("up2", Health::Up, 2),
                    status("up3", Health::Up, 3),
                    status("up4", Health::Down, 3),
                    status("down", Health::Down, 3),
                ];
                expect_eq("the statuses", &statuses, &expected);
                expect_eq("probes in all", &log.len(), &12);
            },
        )
        .on(
            Verdict::WrongResult,
            "count the attempts of one service: 1, 2, 3, and no more",
        );
    suite
        .test(
            "health::pauses_are_shared",
            "four services that are down take two pauses, as one does",
            || {
                let before = time::now();
                check_all(&["a", "b", "c", "d"], |_| false);
                expect_eq(
                    "virtual time passed",
                    &before.elapsed(),
                    &(2 * health::PAUSE),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "three attempts have two pauses between them, and services that pause at the same time \
             share them",
        );
    suite
        .test(
            "health::a_crash_harms_no_other",
            "a probe that panics is reported; the other services are as they are",
            || {
                let log = Log::new();
                let statuses = check_all(&["up1", "crash2", "up2"], |s| probe(&log, s));
                let crashed = Health::Crashed("crash2 is on fire".to_owned());
                let expected = vec![
                    status("up1", Health::Up, 1),
                    status("crash2", crashed, 2),
                    status("up2", Health::Up, 2),
                ];
                expect_eq("the statuses", &statuses, &expected);
            },
        )
        .on(
            Verdict::Panicked,
            "the probe's panic got out: join gives it as an Err, and unwrap throws it again",
        )
        .on(
            Verdict::WrongResult,
            "a crash ends the attempts, and the attempt that crashed counts",
        );
    suite
        .test(
            "health::short_message",
            "a panic's message may be a &'static str",
            || {
                let statuses = check_all(&["a"], |_| panic!("out of paper"));
                let crashed = Health::Crashed("out of paper".to_owned());
                expect_eq("the statuses", &statuses, &vec![status("a", crashed, 1)]);
            },
        )
        .on(
            Verdict::WrongResult,
            "what was thrown is an `Any`: try downcast_ref::<&str>() and ::<String>()",
        );
}
