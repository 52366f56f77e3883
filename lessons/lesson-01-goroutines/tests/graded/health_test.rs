//! `health`: services are watched side by side, and one that crashes is told as such.

use lesson_01_goroutines::health::{self, Health, Status, check_all};
use marmota::time;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect_eq};

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

pub fn add_to(suite: &mut Suite) {
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
