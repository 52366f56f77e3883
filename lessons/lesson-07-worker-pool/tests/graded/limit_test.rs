//! `limit`: a semaphore lets so many in, and wakes whoever waits.

use lesson_07_worker_pool::limit::Semaphore;
use marmota::sync::WaitGroup;
use marmota::time;
use marmota_grader::{Meeting, Suite, Verdict, expect};

use crate::common::{Gauge, HOUR};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "limit::no_more_than_size",
            "five goroutines, two permits: never more than two have one",
            || {
                let (permits, gauge, group) =
                    (Semaphore::new(2), Gauge::default(), WaitGroup::new());
                for _ in 0..5 {
                    let (permits, gauge) = (permits.clone(), gauge.clone());
                    group.go(move || {
                        let _permit = permits.acquire();
                        gauge.visit();
                    });
                }
                group.wait();
                gauge.expect_at_most(2, "permits out at the same time");
            },
        )
        .on(
            Verdict::WrongResult,
            "count again: how many sends fit before one waits? And if you look first and take then, \
             somebody comes in between: make it one step",
        )
        .on(
            Verdict::Deadlock,
            "permits came back and somebody still waits: each that comes back must wake one who \
             waits, also when it is not the first to come back",
        );
    suite
        .test(
            "limit::size_many_at_once",
            "three permits: three goroutines that wait for each other all have one",
            || {
                let (permits, meeting, group) =
                    (Semaphore::new(3), Meeting::of(3), WaitGroup::new());
                for _ in 0..3 {
                    let (permits, meeting) = (permits.clone(), meeting.clone());
                    group.go(move || {
                        let _permit = permits.acquire();
                        meeting.arrive();
                    });
                }
                group.wait();
            },
        )
        .on(
            Verdict::Deadlock,
            "the third waits for a permit that should be there: a semaphore of three has three",
        );
    suite
        .test(
            "limit::a_panic_gives_it_back",
            "whoever panics with a permit gives it back",
            || {
                let permits = Semaphore::new(1);
                let theirs = permits.clone();
                let ended = marmota::spawn(move || {
                    let _permit = theirs.acquire();
                    panic!("with a permit in hand");
                })
                .join();
                expect(ended.is_err(), "the goroutine", "panics", "did not");
                let _permit = permits.acquire();
            },
        )
        .on(
            Verdict::Deadlock,
            "the permit is lost: Drop runs when a panic unwinds, whatever else does not",
        );
    suite
        .test(
            "limit::try_does_not_wait",
            "one permit: a second try gives None, and one after it came back a permit",
            || {
                let permits = Semaphore::new(1);
                let first = permits.try_acquire();
                expect(first.is_some(), "the first try", "a permit", "None");
                for _ in 0..2 {
                    let second = permits.try_acquire();
                    expect(
                        second.is_none(),
                        "a try while it is out",
                        "None",
                        "a permit",
                    );
                }
                drop(first);
                let again = permits.try_acquire();
                expect(
                    again.is_some(),
                    "a try after it came back",
                    "a permit",
                    "None",
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits: try_acquire looks whether it would have to, and gives None",
        )
        .on(
            Verdict::WrongResult,
            "a try that fails must leave everything as it was",
        );
    suite
        .test(
            "limit::rests_while_it_waits",
            "a permit is out for an hour, and who waits for it keeps nobody busy",
            || {
                let permits = Semaphore::new(1);
                let permit = permits.acquire();
                let (theirs, group) = (permits.clone(), WaitGroup::new());
                group.go(move || drop(theirs.acquire()));
                time::sleep(HOUR);
                drop(permit);
                group.wait();
            },
        )
        .on(
            Verdict::Livelock,
            "acquire asks again and again in place of parking: a channel parks for you",
        );
}
