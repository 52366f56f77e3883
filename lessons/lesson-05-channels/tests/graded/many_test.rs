//! `many`: many send into one channel, and somebody closes it when all are done.

use lesson_05_channels::many::{Producer, start_all};
use marmota::chan::Sender;
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Meeting, Suite, Verdict, expect_eq};

use crate::common::{HOUR, until_closed};

/// A producer that sends `values`, giving way before each.
fn sending(values: &[u32]) -> Producer<u32> {
    let values = values.to_vec();
    Box::new(move |out| {
        for value in values {
            gosched();
            out.send(value);
        }
    })
}

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "many::all_arrive",
            "three producers send six values; all arrive, then the channel is closed",
            || {
                let values = start_all(vec![
                    sending(&[1, 2]),
                    sending(&[11, 12, 13]),
                    sending(&[21]),
                ]);
                let came = until_closed(&values);
                let of = |ten: u32| came.iter().copied().filter(|v| v / 10 == ten).collect::<Vec<_>>();
                let each = (of(0), of(1), of(2));
                expect_eq(
                    "what came from each producer",
                    &each,
                    &(vec![1, 2], vec![11, 12, 13], vec![21]),
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "does a producer wait for a receiver, and the receiver for you to return? Or main for a \
             close that nobody calls?",
        )
        .on(
            Verdict::Panicked,
            "somebody closed while others still had to send, or closed again. Which one can know that \
             all are through?",
        )
        .on(
            Verdict::WrongResult,
            "the channel was closed while producers still had to send: close after the last, not after \
             the start",
        );
    suite
        .test(
            "many::producers_meet",
            "three producers that wait for each other all send",
            || {
                let meeting = Meeting::of(3);
                let producer = |n: u32| {
                    let meeting = meeting.clone();
                    Box::new(move |out: &Sender<u32>| {
                        meeting.arrive();
                        out.send(n);
                    }) as Producer<u32>
                };
                let mut came = until_closed(&start_all((1..=3).map(producer).collect()));
                came.sort_unstable();
                expect_eq("what came, sorted", &came, &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "a producer waits for one that has not begun: a goroutine for each, all started before \
             anything is waited for",
        );
    suite
        .test(
            "many::open_until_the_last",
            "one producer has long returned when the other begins to send",
            || {
                let quick: Producer<&str> = Box::new(|out| out.send("quick"));
                let slow: Producer<&str> = Box::new(|out| {
                    time::sleep(HOUR);
                    out.send("slow");
                    time::sleep(HOUR);
                });
                let came = until_closed(&start_all(vec![quick, slow]));
                expect_eq("what came", &came, &vec!["quick", "slow"]);
            },
        )
        .on(
            Verdict::Livelock,
            "who waits for the producers asks again and again: a WaitGroup's wait parks",
        )
        .on(
            Verdict::Panicked,
            "one producer has ended, the other has not: each is only one of those who send",
        );
    suite
        .test(
            "many::no_producers",
            "without producers the channel is just closed",
            || {
                let came = until_closed(&start_all::<u32>(Vec::new()));
                expect_eq("what came", &came, &Vec::new());
            },
        )
        .on(
            Verdict::Deadlock,
            "if closing is left to whoever ends last, who does it when there is nobody?",
        );
}
