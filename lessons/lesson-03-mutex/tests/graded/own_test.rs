//! `own`: the policy of an RWMutex, for the one that the learner writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use lesson_03_mutex::own::RwGate;
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::{sim, time};
use marmota_grader::{Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{HOUR, together};

const ASKS_AGAIN: &str =
    "it asks again and again whether it may go in, in place of parking: wait on a Cond";

/// Who is inside a gate, and whom those inside saw beside them.
#[derive(Default)]
struct Inside {
    readers: AtomicU64,
    writers: AtomicU64,
    /// Told at the end, not from inside: a panic would drop the learner's guard and
    /// run their code while it unwinds.
    seen: Log<String>,
}

impl Inside {
    fn read(&self) {
        self.readers.fetch_add(1, SeqCst);
        gosched();
        if self.writers.load(SeqCst) > 0 {
            self.seen.push("a writer beside a reader".to_owned());
        }
        self.readers.fetch_sub(1, SeqCst);
    }

    fn write(&self) {
        self.writers.fetch_add(1, SeqCst);
        gosched();
        if self.readers.load(SeqCst) > 0 {
            self.seen.push("a reader beside a writer".to_owned());
        }
        if self.writers.load(SeqCst) > 1 {
            self.seen.push("a writer beside a writer".to_owned());
        }
        self.writers.fetch_sub(1, SeqCst);
    }
}

/// Goroutines that each go in and out once: for each of `who`, a writer if true.
#[track_caller]
fn in_and_out<const N: usize>(who: [bool; N]) {
    let gate = Arc::new((RwGate::new(), Inside::default()));
    together(N as u64, &gate, move |(gate, inside), i| {
        if who[i as usize] {
            let _writing = gate.write();
            inside.write();
        } else {
            let _reading = gate.read();
            inside.read();
        }
    });
    let seen = gate.1.seen.all();
    expect_eq("who was seen inside together", &seen, &Vec::new());
}

const ALONE: &str = "to look whether one may go in and to go in are one step, under the lock; and whoever is woken \
                     looks again, in a loop: between the wake-up and the lock another may have gone in";

const FORGOTTEN: &str = "somebody waits though nobody is inside: who has to wake it, and when? Or does a number say \
                         that somebody is inside, or waits, who has long gone on?";

pub fn add_to(suite: &mut Suite) {
    who_is_inside(suite);
    who_is_woken(suite);
}

fn who_is_inside(suite: &mut Suite) {
    suite
        .test(
            "own::readers_meet",
            "three readers who wait for each other are inside together",
            || {
                let (gate, meeting) = (Arc::new(RwGate::new()), Meeting::of(3));
                together(3, &gate, move |gate, _| {
                    let _reading = gate.read();
                    meeting.arrive();
                });
            },
        )
        .on(
            Verdict::Deadlock,
            "a reader waits for one who cannot get in. While somebody is inside, the state's lock \
             must be free: it guards the numbers, not the room",
        );
    // Small, so that every order with few changes of turn is tried.
    suite
        .test(
            "own::two_writers_take_turns",
            "two writers come at the same time, and are never inside together",
            || in_and_out([true, true]),
        )
        .on(Verdict::WrongResult, ALONE)
        .on(Verdict::Deadlock, FORGOTTEN);
    suite
        .test(
            "own::a_writer_and_a_reader_take_turns",
            "a writer and a reader come at the same time, and are never inside together",
            || in_and_out([true, false]),
        )
        .on(Verdict::WrongResult, ALONE)
        .on(Verdict::Deadlock, FORGOTTEN);
    suite
        .test(
            "own::a_writer_is_alone",
            "two writers and a reader: beside a writer there is nobody",
            || in_and_out([false, true, true]),
        )
        .on(Verdict::WrongResult, ALONE)
        .on(Verdict::Deadlock, FORGOTTEN);
    suite
        .test(
            "own::a_writer_waits_for_all_readers",
            "two readers and a writer: the writer comes in when both readers have left",
            || in_and_out([false, false, true]),
        )
        .on(
            Verdict::WrongResult,
            "that one reader has left does not say that none is inside: how many are?",
        )
        .on(Verdict::Deadlock, FORGOTTEN);
    suite
        .test(
            "own::new_readers_wait_for_a_writer_that_waits",
            "a reader who comes while a writer waits comes in after it",
            || {
                let (gate, order) = (Arc::new(RwGate::new()), Log::new());
                let group = WaitGroup::new();
                let first = gate.read();
                let (theirs, log) = (Arc::clone(&gate), order.clone());
                group.go(move || {
                    let _writing = theirs.write();
                    log.push("writer");
                });
                sim::wait();
                let (theirs, log) = (Arc::clone(&gate), order.clone());
                group.go(move || {
                    let _reading = theirs.read();
                    log.push("reader");
                });
                sim::wait();
                let none = Vec::<&str>::new();
                expect_eq("who came in beside the first reader", &order.all(), &none);
                drop(first);
                group.wait();
                expect_eq("who came in then", &order.all(), &vec!["writer", "reader"]);
            },
        )
        .on(
            Verdict::WrongResult,
            "new readers have to know that a writer waits: count those, too",
        )
        .on(
            Verdict::Deadlock,
            "the last reader leaves and has to wake the writer; the writer, those it held back",
        )
        .on(Verdict::Livelock, ASKS_AGAIN);
}

fn who_is_woken(suite: &mut Suite) {
    suite
        .test(
            "own::all_come_in",
            "behind a writer wait two readers and two writers; all of them come in",
            || {
                let (gate, inside) = (Arc::new(RwGate::new()), Log::new());
                let group = WaitGroup::new();
                let first = gate.write();
                for i in 0..4 {
                    let (gate, inside) = (Arc::clone(&gate), inside.clone());
                    group.go(move || {
                        if i % 2 == 0 {
                            let _reading = gate.read();
                            inside.push(i);
                        } else {
                            let _writing = gate.write();
                            inside.push(i);
                        }
                    });
                }
                sim::wait();
                expect_eq("who is beside the writer", &inside.all(), &Vec::new());
                drop(first);
                group.wait();
                expect_eq("who came in, sorted", &inside.sorted(), &vec![0, 1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "a wake-up went to one who could not use it, and got lost: wake all, or know whom",
        );
    suite
        .test(
            "own::readers_who_wait_come_in_together",
            "two readers wait for a writer, then meet inside",
            || {
                let (gate, meeting) = (Arc::new(RwGate::new()), Meeting::of(2));
                let group = WaitGroup::new();
                let writing = gate.write();
                for _ in 0..2 {
                    let (gate, meeting) = (Arc::clone(&gate), meeting.clone());
                    group.go(move || {
                        let _reading = gate.read();
                        meeting.arrive();
                    });
                }
                sim::wait();
                drop(writing);
                group.wait();
            },
        )
        .on(
            Verdict::Deadlock,
            "one reader came in and the other was not woken: all who can go in have to be",
        );
    suite
        .test(
            "own::rests_while_it_waits",
            "a writer stays for an hour, and who waits is not busy meanwhile",
            || {
                let gate = Arc::new(RwGate::new());
                together(3, &gate, |gate, i| {
                    if i == 0 {
                        let _reading = gate.read();
                    } else {
                        let _writing = gate.write();
                        time::sleep(HOUR);
                    }
                });
            },
        )
        .on(Verdict::Livelock, ASKS_AGAIN)
        .on(
            Verdict::Deadlock,
            "who parks has to be woken by the one who leaves",
        );
}
