//! `shutdown`: closed once, by the first of many, and whoever waits is told why.

use std::sync::Arc;

use lesson_04_once::shutdown::Shutdown;
use marmota::sync::WaitGroup;
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect_eq};

use crate::common::{HOUR, PARK, together};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "shutdown::everybody_is_told",
            "two wait for the reason and one receives; one stop is enough for all",
            || {
                let shutdown = Arc::new(Shutdown::new());
                let (told, group) = (Log::new(), WaitGroup::new());
                for _ in 0..2 {
                    let (shutdown, told) = (Arc::clone(&shutdown), told.clone());
                    group.go(move || told.push(shutdown.wait()));
                }
                let (stopped, log) = (shutdown.stopped(), told.clone());
                group.go(move || log.push(format!("received {:?}", stopped.recv())));
                expect_eq("the first stop", &shutdown.stop("the user"), &true);
                group.wait();
                let expected = ["received None", "the user", "the user"].map(str::to_owned);
                expect_eq("what they were told, sorted", &told.sorted(), &expected.to_vec());
            },
        )
        .on(
            Verdict::Deadlock,
            "somebody was not told: one value that is sent reaches one receiver, a close reaches all, \
             now and later. And who sends waits until somebody receives",
        )
        .on(
            Verdict::WrongResult,
            "the channel was closed before the reason was written down: whoever waited for the one \
             looked for the other at once",
        );
    suite
        .test(
            "shutdown::closed_once",
            "two stop at the same moment: one is the first, and its reason counts",
            || {
                let shutdown = Arc::new(Shutdown::new());
                let first = Log::new();
                let log = first.clone();
                together(2, &shutdown, move |shutdown, i| {
                    let reason = ["an error", "a timeout"][i as usize];
                    if shutdown.stop(reason) {
                        log.push(reason.to_owned());
                    }
                });
                expect_eq("how many were the first", &first.len(), &1);
                let reason = vec![shutdown.wait()];
                expect_eq("the reason", &reason, &first.all());
            },
        )
        .on(
            Verdict::Panicked,
            "both found it open, and both closed it: to look and to close have to be one step",
        )
        .on(
            Verdict::WrongResult,
            "who is the first, and whose reason is written down, is decided in one step: once, for \
             both together",
        );
    suite
        .test(
            "shutdown::nobody_has_to_listen",
            "stop returns though nobody waits; who comes later is told all the same",
            || {
                let shutdown = Shutdown::new();
                let answers = ["first", "second", "third"].map(|reason| shutdown.stop(reason));
                expect_eq("who was the first", &answers, &[true, false, false]);
                let reasons = [shutdown.wait(), shutdown.wait()];
                expect_eq(
                    "the reason, twice",
                    &reasons,
                    &["first", "first"].map(String::from),
                );
                let received = shutdown.stopped().recv();
                expect_eq("what is received later", &received, &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "to send waits for a receiver, and there may be none; to close waits for nobody. And a \
             channel that is handed out later must be closed, too",
        )
        .on(
            Verdict::Panicked,
            "a channel can be closed once: remember that it was",
        )
        .on(
            Verdict::WrongResult,
            "a stop that is not the first returns false and changes nothing",
        );
    suite
        .test(
            "shutdown::rests_while_it_waits",
            "nobody stops for an hour, and who waits is not busy meanwhile",
            || {
                let shutdown = Arc::new(Shutdown::new());
                together(2, &shutdown, |shutdown, i| {
                    if i == 0 {
                        shutdown.wait();
                    } else {
                        time::sleep(HOUR);
                        shutdown.stop("the hour is over");
                    }
                });
            },
        )
        .on(Verdict::Livelock, PARK);
}
