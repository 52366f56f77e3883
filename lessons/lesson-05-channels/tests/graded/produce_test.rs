//! `produce`: one sends and closes, one receives until the end.

use lesson_05_channels::produce::{consume, produce};
use marmota::time;
use marmota_grader::{Suite, Verdict, expect_eq};

use crate::common::{HOUR, POLLS};

pub fn add_to(suite: &mut Suite) {
    sends(suite);
    receives(suite);
}

fn sends(suite: &mut Suite) {
    suite
        .test(
            "produce::sends_all_and_closes",
            "three values are received, and then the channel is closed",
            || {
                let (tx, rx) = marmota::chan(0);
                marmota::go(move || produce(vec![10, 0, 30], &tx));
                let came: Vec<Option<u32>> = (0..4).map(|_| rx.recv()).collect();
                expect_eq(
                    "what four receives gave",
                    &came,
                    &vec![Some(10), Some(0), Some(30), None],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "the values leave in the order in which they stand in the list, the first one first",
        )
        .on(
            Verdict::Deadlock,
            "all values have been received and main waits for the end: nobody has said that the last \
             one was the last",
        )
        .on(
            Verdict::Panicked,
            "the close comes last, and once: after it nothing can be sent",
        );
    suite
        .test(
            "produce::no_values",
            "without values the channel is just closed",
            || {
                let (tx, rx) = marmota::chan::<u32>(0);
                marmota::go(move || produce(Vec::new(), &tx));
                expect_eq("what a receive gave", &rx.recv(), &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "also who has nothing to send has to say that nothing will come",
        );
}

fn receives(suite: &mut Suite) {
    suite
        .test(
            "produce::consumes_what_is_buffered",
            "the channel is closed already, and three values are still in it",
            || {
                let (tx, rx) = marmota::chan(3);
                (1..=3).for_each(|n| tx.send(n));
                tx.close();
                expect_eq("what came", &consume(&rx), &vec![1, 2, 3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "closed is not empty: what was sent before the close is received first",
        );
    suite
        .test(
            "produce::waits_for_what_comes_late",
            "values come an hour apart, one of them 0",
            || {
                let (tx, rx) = marmota::chan(1);
                marmota::go(move || {
                    for n in [7, 0, 9] {
                        time::sleep(HOUR);
                        tx.send(n);
                    }
                    time::sleep(HOUR);
                    tx.close();
                });
                expect_eq("what came", &consume(&rx), &vec![7, 0, 9]);
            },
        )
        .on(
            Verdict::WrongResult,
            "empty is not closed: that nothing is there now does not say that nothing will come",
        )
        .on(Verdict::Livelock, POLLS)
        .on(
            Verdict::Deadlock,
            "the channel is closed: recv gives None at once, for ever. Who still waits, and for what?",
        );
}
