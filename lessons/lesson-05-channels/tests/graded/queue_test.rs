//! `queue`: the rules of a bounded channel, for the one that the learner writes.

use lesson_05_channels::queue::Queue;
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect, expect_eq};

use crate::common::HOUR;

pub fn add_to(suite: &mut Suite) {
    full_and_empty(suite);
    closed(suite);
    many(suite);
}

fn full_and_empty(suite: &mut Suite) {
    suite
        .test(
            "queue::first_in_first_out",
            "three values that there is room for come out in order",
            || {
                let queue = Queue::new(3);
                (1..=3).for_each(|n| queue.send(n));
                expect_eq("its length", &queue.len(), &3);
                let came: Vec<Option<u32>> = (0..3).map(|_| queue.recv()).collect();
                expect_eq("what came out", &came, &vec![Some(1), Some(2), Some(3)]);
                expect_eq("its length at the end", &queue.len(), &0);
            },
        )
        .on(Verdict::WrongResult, "put at the back, take from the front")
        .on(
            Verdict::Deadlock,
            "there is room for three: a send waits only when the queue is full. Is a lock taken twice?",
        );
    suite
        .test(
            "queue::holds_its_capacity",
            "room for two, four are sent: the third waits until one is taken",
            || {
                let queue = Queue::new(2);
                let (out, sent) = (queue.clone(), Log::new());
                let log = sent.clone();
                marmota::go(move || {
                    for n in 1..=4 {
                        out.send(n);
                        log.push(n);
                    }
                });
                let mut seen = Vec::new();
                for _ in 0..4 {
                    time::sleep(HOUR);
                    seen.push((sent.len(), queue.len()));
                    let _ = queue.recv();
                }
                expect_eq(
                    "(sent, length) before each receive",
                    &seen,
                    &vec![(2, 2), (3, 2), (4, 2), (4, 1)],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a send waits while the queue holds as many as its capacity, and goes on when one was taken",
        )
        .on(
            Verdict::Deadlock,
            "main has taken a value, and the sender still waits: who tells it that there is room?",
        )
        .on(
            Verdict::Leak,
            "main has taken a value, and the sender still waits: who tells it that there is room?",
        )
        .on(
            Verdict::Livelock,
            "a send on a full queue parks: cond.wait, in a loop that looks at the state",
        );
    suite
        .test(
            "queue::waits_for_a_value",
            "a receiver waits for an hour, and nobody is busy meanwhile",
            || {
                let queue = Queue::new(1);
                let out = queue.clone();
                marmota::go(move || {
                    time::sleep(HOUR);
                    out.send("late");
                });
                expect_eq("what came out", &queue.recv(), &Some("late"));
            },
        )
        .on(
            Verdict::Livelock,
            "a receive on an empty queue parks: cond.wait, in a loop that looks at the state",
        )
        .on(
            Verdict::Deadlock,
            "the value is in the queue, and the receiver still waits: who tells it? And is the lock \
             given back while it waits?",
        );
}

/// Carries the panic of a goroutine on, so that the report tells it.
fn rethrow<T>(ended: std::thread::Result<T>) -> T {
    ended.unwrap_or_else(|thrown| std::panic::resume_unwind(thrown))
}

/// What a goroutine that may have panicked said.
fn message<T>(ended: std::thread::Result<T>) -> String {
    match ended {
        Ok(_) => "no panic".to_owned(),
        Err(thrown) => {
            let text = thrown.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| thrown.downcast_ref::<String>().cloned());
            text.unwrap_or_default()
        }
    }
}

fn closed(suite: &mut Suite) {
    suite
        .test(
            "queue::close_wakes_all_receivers",
            "three wait for a value; the close ends the wait of each",
            || {
                let queue = Queue::<u32>::new(1);
                let receivers: Vec<_> = (0..3)
                    .map(|_| {
                        let queue = queue.clone();
                        marmota::spawn(move || queue.recv())
                    })
                    .collect();
                gosched();
                queue.close();
                let came: Vec<_> = receivers.into_iter().map(|r| rethrow(r.join())).collect();
                expect_eq("what the three were given", &came, &vec![None, None, None]);
            },
        )
        .on(
            Verdict::Deadlock,
            "signal wakes one, broadcast wakes all: whom does a close concern? And does who was woken \
             look whether it is closed?",
        );
    suite
        .test(
            "queue::close_keeps_what_is_in_it",
            "two values are in the queue when it is closed: they come out, then None, again and again",
            || {
                let queue = Queue::new(2);
                queue.send("a");
                queue.send("b");
                queue.close();
                let came: Vec<_> = (0..4).map(|_| queue.recv()).collect();
                expect_eq("what came out", &came, &vec![Some("a"), Some("b"), None, None]);
            },
        )
        .on(
            Verdict::WrongResult,
            "a close says that no more will be sent; it takes nothing back",
        )
        .on(Verdict::Deadlock, "empty and closed: there is nothing to wait for");
    suite
        .test(
            "queue::send_on_closed",
            "a send panics when the queue is closed, and also when it is closed meanwhile",
            || {
                let queue = Queue::new(1);
                queue.send(1);
                let (waiting, late) = (queue.clone(), queue.clone());
                let waiting = marmota::spawn(move || waiting.send(2));
                time::sleep(HOUR);
                queue.close();
                let of_waiting = message(waiting.join());
                let of_late = message(marmota::spawn(move || late.send(3)).join());
                for (who, seen) in [("waits already", of_waiting), ("comes after", of_late)] {
                    expect(
                        seen.contains("closed"),
                        &format!("the send that {who} when the queue is closed"),
                        "a panic that says: send on closed queue",
                        seen,
                    );
                }
                expect_eq("what is still in the queue", &queue.recv(), &Some(1));
                expect_eq("and then", &queue.recv(), &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "a sender waits for room in a queue that is closed: a close concerns it too",
        )
        .on(
            Verdict::WrongResult,
            "a send looks whether the queue is closed: before it waits, and after",
        );
    suite
        .test(
            "queue::second_close",
            "closing it again panics, as for a channel",
            || {
                let queue = Queue::<u32>::new(1);
                queue.close();
                let again = queue.clone();
                let seen = message(marmota::spawn(move || again.close()).join());
                expect(
                    seen.contains("closed"),
                    "the second close",
                    "a panic that says: close of closed queue",
                    seen,
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "whoever closes a second time has counted wrong: say so where it happens, by a panic",
        );
}

fn many(suite: &mut Suite) {
    suite
        .test(
            "queue::each_value_wakes_one",
            "two wait for a value and two come in a row; then two wait for room, and two are taken",
            || {
                let queue = Queue::new(2);
                let pair = |f: fn(&Queue<u32>)| {
                    let start = |_| {
                        let queue = queue.clone();
                        marmota::spawn(move || f(&queue))
                    };
                    let started: Vec<_> = (0..2).map(start).collect();
                    time::sleep(HOUR);
                    started
                };
                let receivers = pair(|queue| {
                    let _ = queue.recv();
                });
                (1..=2).for_each(|n| queue.send(n));
                receivers.into_iter().for_each(|r| rethrow(r.join()));
                (3..=4).for_each(|n| queue.send(n));
                let senders = pair(|queue| queue.send(5));
                let came: Vec<_> = (0..2).map(|_| queue.recv()).collect();
                senders.into_iter().for_each(|s| rethrow(s.join()));
                expect_eq("what came out", &came, &vec![Some(3), Some(4)]);
                expect_eq("its length at the end", &queue.len(), &2);
            },
        )
        .on(
            Verdict::Deadlock,
            "two could go on and one of them sleeps: each value that is put wakes a receiver, each that \
             is taken wakes a sender, whatever the length was before",
        );
    suite
        .test(
            "queue::many_send_and_receive",
            "three send two values each, three receive, room for one: none lost, none twice",
            || {
                let (queue, came, longest) = (Queue::new(1), Log::new(), Log::new());
                let senders: Vec<_> = (0..3)
                    .map(|s| {
                        let (queue, longest) = (queue.clone(), longest.clone());
                        marmota::spawn(move || {
                            for n in 0..2 {
                                queue.send(10 * s + n);
                                longest.push(queue.len());
                            }
                        })
                    })
                    .collect();
                let receivers: Vec<_> = (0..3)
                    .map(|_| {
                        let (queue, came) = (queue.clone(), came.clone());
                        marmota::spawn(move || {
                            while let Some(value) = queue.recv() {
                                came.push(value);
                            }
                        })
                    })
                    .collect();
                for sender in senders {
                    rethrow(sender.join());
                }
                queue.close();
                for receiver in receivers {
                    rethrow(receiver.join());
                }
                let all = vec![0, 1, 10, 11, 20, 21];
                expect_eq("what came out, sorted", &came.sorted(), &all);
                let longest = longest.sorted().pop().unwrap_or(0);
                expect(
                    longest <= 1,
                    "the most it held",
                    "1, its capacity",
                    longest.to_string(),
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "there is something to do, and all sleep: a signal woke one who could not use it, or nobody \
             was signalled. Do senders and receivers wait at the same Cond?",
        )
        .on(
            Verdict::WrongResult,
            "between the signal and the lock somebody else may come. Who was woken has to look again: \
             while, not if",
        )
        .on(
            Verdict::Panicked,
            "between the signal and the lock somebody else may come and take the value. Who was woken \
             has to look again: while, not if",
        );
}
