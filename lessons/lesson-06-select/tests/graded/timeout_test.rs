//! `timeout`: an answer in time or none, and nobody left behind.

use std::time::Duration;

use lesson_06_select::timeout::with_timeout;
use marmota::time;
use marmota_grader::{Log, Suite, Ticket, Verdict, expect, expect_eq};

use crate::common::{HOUR, POLLS, SECOND};

pub fn add_to(suite: &mut Suite) {
    in_time(suite);
    late(suite);
}

fn in_time(suite: &mut Suite) {
    suite
        .test(
            "timeout::in_time",
            "work of one second under a limit of two",
            || {
                let before = time::now();
                let result = with_timeout(2 * SECOND, || {
                    time::sleep(SECOND);
                    "done"
                });
                expect_eq("the result", &result, &Some("done"));
                expect_eq("virtual time passed", &before.elapsed(), &SECOND);
                time::sleep(HOUR);
            },
        )
        .on(
            Verdict::WrongResult,
            "the result is returned as soon as it is there, and not when the limit is over",
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Leak,
            "an hour later a goroutine is left, and waits: for what? If it is for the timeout, time::after \
             needs none",
        );
    suite
        .test(
            "timeout::too_late",
            "work of three seconds under a limit of two",
            || {
                let (before, ended) = (time::now(), Log::new());
                let log = ended.clone();
                let result = with_timeout(2 * SECOND, move || {
                    time::sleep(3 * SECOND);
                    log.push(time::now());
                    "done"
                });
                expect_eq("the result", &result, &None);
                expect_eq("virtual time passed", &before.elapsed(), &(2 * SECOND));
                time::sleep(HOUR);
                let after: Vec<Duration> = ended.all().iter().map(|e| e.duration_since(before)).collect();
                expect_eq("when the work ended", &after, &vec![3 * SECOND]);
            },
        )
        .on(
            Verdict::Leak,
            "the work has come to its end, and its goroutine waits for somebody to take the result: for \
             ever, since you have gone. Where could it put it down?",
        )
        .on(
            Verdict::WrongResult,
            "when the limit is over, return; the work goes on beside you, and you do not wait for it",
        )
        .on(
            Verdict::Panicked,
            "the work sends on a channel that you closed: let it send",
        )
        .on(Verdict::Livelock, POLLS);
}

fn late(suite: &mut Suite) {
    suite
        .test(
            "timeout::late_result_is_thrown_away",
            "a result that comes too late is dropped with all it holds",
            || {
                let (ticket, gone) = Ticket::new();
                let result = with_timeout(SECOND, move || {
                    time::sleep(2 * SECOND);
                    ticket
                });
                expect(result.is_none(), "the result", "None", "Some");
                gone.pass();
            },
        )
        .on(
            Verdict::Deadlock,
            "main waits for the result to be dropped, and somebody still holds it: who?",
        );
    suite
        .test(
            "timeout::many_at_once",
            "five of them side by side, each with its own limit",
            || {
                let before = time::now();
                let started: Vec<_> = (1..=5_u32)
                    .map(|n| {
                        marmota::spawn(move || {
                            with_timeout(3 * SECOND + SECOND / 2, move || {
                                time::sleep(n * SECOND);
                                n
                            })
                        })
                    })
                    .collect();
                let results: Vec<_> = started
                    .into_iter()
                    .map(|s| s.join().unwrap_or_default())
                    .collect();
                let expected = vec![Some(1), Some(2), Some(3), None, None];
                expect_eq("the results", &results, &expected);
                let passed = 3 * SECOND + SECOND / 2;
                expect_eq("virtual time passed", &before.elapsed(), &passed);
                time::sleep(HOUR);
            },
        )
        .on(
            Verdict::WrongResult,
            "each has its own limit, which begins when it begins",
        );
}
