//! `offer`: to send or receive now or never.

use lesson_06_select::offer::{drain, offer};
use marmota::time;
use marmota_grader::{Suite, Verdict, expect, expect_eq};

use crate::common::HOUR;

const WAITS: &str =
    "nobody is there, and it waits all the same: a select with a default never does";

pub fn add_to(suite: &mut Suite) {
    offers(suite);
    drains(suite);
}

fn offers(suite: &mut Suite) {
    suite
        .test(
            "offer::room_for_one",
            "a buffer of one: the first is sent, the second is not",
            || {
                let (tx, rx) = marmota::chan(1);
                let answers = (offer(&tx, "first"), offer(&tx, "second"));
                expect_eq("the two answers", &answers, &(true, false));
                expect_eq("what is in the channel", &rx.try_recv(), &Ok("first"));
                expect(
                    rx.try_recv().is_err(),
                    "what is in it besides",
                    "nothing",
                    "another value",
                );
            },
        )
        .on(Verdict::Deadlock, WAITS)
        .on(
            Verdict::WrongResult,
            "yes means that it was sent, no means that it was not",
        );
    suite
        .test(
            "offer::nobody_receives",
            "a meeting point where nobody waits",
            || {
                let (tx, _rx) = marmota::chan(0);
                expect_eq("the answer", &offer(&tx, 1), &false);
            },
        )
        .on(Verdict::Deadlock, WAITS);
    suite
        .test(
            "offer::somebody_waits",
            "a meeting point where somebody has waited for an hour",
            || {
                let (tx, rx) = marmota::chan(0);
                let receiver = marmota::spawn(move || rx.recv());
                time::sleep(HOUR);
                expect_eq("the answer", &offer(&tx, 1), &true);
                let received = receiver.join().unwrap_or_default();
                expect_eq("what was received", &received, &Some(1));
            },
        )
        .on(
            Verdict::WrongResult,
            "a channel of capacity 0 never has room, and can be sent on all the same when somebody \
             waits. Do not ask for the length: try it",
        );
}

fn drains(suite: &mut Suite) {
    suite
        .test(
            "offer::drains_a_buffer",
            "three values are buffered, then nothing",
            || {
                let (tx, rx) = marmota::chan(5);
                (1..=3).for_each(|n| tx.send(n));
                expect_eq("what was there", &drain(&rx), &vec![1, 2, 3]);
                expect_eq("what was there after that", &drain(&rx), &vec![]);
            },
        )
        .on(Verdict::Deadlock, WAITS)
        .on(
            Verdict::WrongResult,
            "again and again, until the default is taken",
        );
    suite
        .test(
            "offer::drains_those_who_wait",
            "three goroutines have waited for an hour to send",
            || {
                let (tx, rx) = marmota::chan(0);
                for n in 1..=3 {
                    let tx = tx.clone();
                    marmota::go(move || tx.send(n));
                }
                time::sleep(HOUR);
                let mut there = drain(&rx);
                there.sort_unstable();
                expect_eq("what was there, sorted", &there, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "the length counts what is buffered; who waits to send is not in it",
        )
        .on(
            Verdict::Leak,
            "a goroutine still waits to send, although it could have been received from",
        );
    suite
        .test("offer::drains_a_closed_channel", "two values, and the channel is closed", || {
            let (tx, rx) = marmota::chan(2);
            (1..=2).for_each(|n| tx.send(n));
            tx.close();
            expect_eq("what was there", &drain(&rx), &vec![1, 2]);
        })
        .on(
            Verdict::Livelock,
            "a closed channel is always ready: it gives None again and again, so the default is never \
             taken. None is an end, too",
        );
}
