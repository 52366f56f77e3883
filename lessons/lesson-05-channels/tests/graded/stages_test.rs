//! `stages`: what a pipeline makes of its values, and that they flow one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lesson_05_channels::stages::{Stage, pipeline};
use marmota::chan::Receiver;
use marmota::time;
use marmota_grader::{Meeting, Suite, Verdict, expect, expect_eq};

use crate::common::{HOUR, POLLS, until_closed};

fn adds(n: u64) -> Stage {
    Box::new(move |value| Some(value + n))
}

fn times(n: u64) -> Stage {
    Box::new(move |value| Some(value * n))
}

fn only_even() -> Stage {
    Box::new(|value| value.is_multiple_of(2).then_some(value))
}

/// A closed channel that holds `values`.
fn source(values: impl IntoIterator<Item = u64>) -> Receiver<u64> {
    let values: Vec<u64> = values.into_iter().collect();
    let (tx, rx) = marmota::chan(values.len());
    values.into_iter().for_each(|v| tx.send(v));
    tx.close();
    rx
}

pub fn add_to(suite: &mut Suite) {
    results(suite);
    flow(suite);
}

fn results(suite: &mut Suite) {
    suite
        .test(
            "stages::values_in_order",
            "1 to 6: add 1, keep the even ones, times 10",
            || {
                let end = pipeline(source(1..=6), vec![adds(1), only_even(), times(10)]);
                let came = until_closed(&end);
                expect_eq("what came out", &came, &vec![20, 40, 60]);
            },
        )
        .on(
            Verdict::WrongResult,
            "each stage applies its function to each value, in order, and goes on after a dropped one",
        )
        .on(
            Verdict::Deadlock,
            "the source is closed; who tells the stage behind, and who tells the reader?",
        )
        .on(
            Verdict::Panicked,
            "who closes a stage's channel, and does anybody still send on it?",
        );
    suite
        .test(
            "stages::all_values_dropped",
            "a stage that drops everything: nothing comes out, and the end is closed",
            || {
                let drops: Stage = Box::new(|_| None);
                let came = until_closed(&pipeline(source(1..=4), vec![drops, adds(1)]));
                expect_eq("what came out", &came, &Vec::new());
            },
        )
        .on(
            Verdict::Deadlock,
            "a stage that has nothing to pass on still has to say that nothing will come",
        )
        .on(
            Verdict::Leak,
            "a goroutine is left: a stage that stops receiving leaves the one before it waiting for \
             ever",
        );
    suite
        .test(
            "stages::no_stages",
            "without stages the values come as they are",
            || {
                let came = until_closed(&pipeline(source(1..=3), Vec::new()));
                expect_eq("what came out", &came, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "with no stage, the source itself is the end",
        );
    suite
        .test(
            "stages::work_at_the_same_time",
            "three stages meet: the first at value 3, the second at 2, the third at 1",
            || {
                let meeting = Meeting::of(3);
                let stage = |at: u64| {
                    let meeting = meeting.clone();
                    Box::new(move |value| {
                        if value == at {
                            meeting.arrive();
                        }
                        Some(value)
                    }) as Stage
                };
                let came = until_closed(&pipeline(source(1..=3), vec![stage(3), stage(2), stage(1)]));
                expect_eq("what came out", &came, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "a stage waits for another that works on an earlier value: each stage needs a goroutine of \
             its own",
        );
}

fn flow(suite: &mut Suite) {
    suite
        .test(
            "stages::a_value_comes_out_when_it_is_through",
            "the next value is sent only after the last has come out",
            || {
                let (tx, rx) = marmota::chan(0);
                let end = pipeline(rx, vec![adds(1), times(10)]);
                for n in 0..3 {
                    tx.send(n);
                    expect_eq("what came out", &end.recv(), &Some((n + 1) * 10));
                }
                tx.close();
                expect_eq("what came out after the close", &end.recv(), &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "a value is in and does not come out: does a stage wait for the next one, or for all, \
             before it passes this one on? And who passes on the close?",
        )
        .on(Verdict::Livelock, POLLS);
    suite
        .test(
            "stages::a_slow_reader_slows_the_source",
            "nobody reads for an hour: the two stages take at most four values",
            || {
                let (tx, rx) = marmota::chan(0);
                let taken = Arc::new(AtomicUsize::new(0));
                let count = Arc::clone(&taken);
                marmota::go(move || {
                    for n in 0..20 {
                        tx.send(n);
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                    tx.close();
                });
                let end = pipeline(rx, vec![adds(1), adds(1)]);
                time::sleep(HOUR);
                let seen = taken.load(Ordering::SeqCst);
                expect(
                    seen <= 4,
                    "how many of 20 values were taken from the source",
                    "4 or fewer: one in each stage, one in each channel",
                    seen.to_string(),
                );
                let came = until_closed(&end);
                expect_eq("what came out", &came, &(2..22).collect());
            },
        )
        .on(
            Verdict::WrongResult,
            "a channel with much room, or a goroutine a value, takes in everything at once: then memory \
             is the limit, and not the reader",
        );
}
