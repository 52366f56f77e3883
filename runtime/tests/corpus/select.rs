//! Select, tickers and timers: cases that are missing, that stay ready, that are
//! assumed to come in an order, and clocks that are started anew.

use crate::{Case, Ends};
use marmota::sync::{Mutex, WaitGroup};
use marmota::time::{Ticker, after, after_func, now, sleep};
use marmota::{Chan, Receiver, chan, go, select, spawn};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "a select that has no case for the end",
        ends: Ends::Leak,
        bug: || {
            let (jobs_in, jobs) = chan(0);
            let ticker = Ticker::new(SECOND);
            let ticks = ticker.channel();
            go(move || {
                loop {
                    select! {
                        job = <-jobs => assert!(job.is_some(), "nobody closes"),
                        <-ticks => {}
                    }
                }
            });
            jobs_in.send(1);
        },
        twin: || {
            let (jobs_in, jobs) = chan(0);
            let ticker = Ticker::new(SECOND);
            let ticks = ticker.channel();
            go(move || {
                loop {
                    select! {
                        job = <-jobs => if job.is_none() {
                            return;
                        },
                        <-ticks => {}
                    }
                }
            });
            jobs_in.send(1);
            jobs_in.close();
        },
    },
    Case {
        name: "a closed channel that is chosen again and again",
        ends: Ends::Panic("values are lost"),
        bug: || {
            assert_eq!(merged(false), 4, "values are lost");
        },
        twin: || {
            assert_eq!(merged(true), 4, "values are lost");
        },
    },
    Case {
        name: "an end that is expected to come before the work",
        ends: Ends::Panic("worked after the end"),
        bug: || {
            let (ended, jobs) = ended_with_work_left();
            select! {
                <-ended => {}
                _ = <-jobs => panic!("worked after the end"),
            }
        },
        twin: || {
            let (ended, jobs) = ended_with_work_left();
            select! {
                <-ended => return,
                default => {}
            }
            select! {
                <-ended => {}
                _ = <-jobs => panic!("worked after the end"),
            }
        },
    },
    Case {
        name: "an end that nobody happens to look for",
        ends: Ends::Leak,
        bug: || {
            let (quit, quitting) = chan(0);
            go(move || {
                sleep(SECOND);
                quitting.recv();
            });
            select! {
                quit <- () => {}
                default => {}
            }
            sleep(2 * SECOND);
        },
        twin: || {
            let (quit, quitting) = chan::<()>(0);
            go(move || {
                sleep(SECOND);
                quitting.recv();
            });
            quit.close();
            sleep(2 * SECOND);
        },
    },
    Case {
        name: "a number that is drawn for a case that is not taken",
        ends: Ends::Panic("a number is missing"),
        bug: || numbered(true),
        twin: || numbered(false),
    },
    Case {
        name: "a result that the end may overtake",
        ends: Ends::Deadlock,
        bug: || {
            let ((results_in, results), (quit, quitting)) = (chan(0), chan::<()>(0));
            go(move || {
                select! {
                    results_in <- 42 => {}
                    <-quitting => {}
                }
            });
            quit.close();
            results.recv();
        },
        twin: || {
            let ((results_in, results), (quit, quitting)) = (chan(0), chan::<()>(0));
            go(move || {
                select! {
                    results_in <- 42 => {}
                    <-quitting => results_in.close(),
                }
            });
            quit.close();
            results.recv();
        },
    },
    Case {
        name: "a timeout that begins again with every message",
        ends: Ends::Panic("took too long"),
        bug: || {
            let messages = nine_messages();
            let begun = now();
            loop {
                select! {
                    message = <-messages => if message.is_none() {
                        break;
                    },
                    <-after(2 * SECOND) => break,
                }
            }
            assert!(begun.elapsed() <= 2 * SECOND, "took too long");
            for _ in &messages {}
        },
        twin: || {
            let messages = nine_messages();
            let (begun, timeout) = (now(), after(2 * SECOND));
            loop {
                select! {
                    message = <-messages => if message.is_none() {
                        break;
                    },
                    <-timeout => break,
                }
            }
            assert!(begun.elapsed() <= 2 * SECOND, "took too long");
            for _ in &messages {}
        },
    },
    Case {
        name: "ranging over a ticker that is stopped",
        ends: Ends::Leak,
        bug: || {
            let ticker = Ticker::new(SECOND);
            let ticks = ticker.channel();
            go(move || for _ in ticks {});
            sleep(2 * SECOND);
            ticker.stop();
        },
        twin: || {
            let ticker = Ticker::new(SECOND);
            let (ticks, (quit, quitting)) = (ticker.channel(), chan::<()>(0));
            go(move || {
                loop {
                    select! {
                        <-ticks => {}
                        <-quitting => return,
                    }
                }
            });
            sleep(2 * SECOND);
            ticker.stop();
            quit.close();
        },
    },
    Case {
        name: "counting ticks to tell the time",
        ends: Ends::Panic("seconds are lost"),
        bug: || {
            let ticker = Ticker::new(SECOND);
            let (ticks, begun) = (ticker.channel(), now());
            let mut seconds = 0;
            while seconds < 3 {
                ticks.recv();
                seconds += 1;
                // A tick that comes while the last one waits is dropped.
                sleep(SECOND * 5 / 2);
            }
            assert!(begun.elapsed() < 4 * SECOND, "seconds are lost");
        },
        twin: || {
            let ticker = Ticker::new(SECOND);
            let (ticks, begun) = (ticker.channel(), now());
            let mut seconds = 0;
            while seconds < 3 {
                let tick = ticks.recv().expect("it is not closed");
                seconds = tick.duration_since(begun).as_secs();
                sleep(SECOND / 2);
            }
            assert!(begun.elapsed() < 4 * SECOND, "seconds are lost");
        },
    },
    Case {
        name: "a watchdog that is not called off",
        ends: Ends::Panic("barked"),
        bug: || {
            let calm = Arc::new(Mutex::new(true));
            let theirs = calm.clone();
            let _watchdog = after_func(3 * SECOND, move || *theirs.lock() = false);
            sleep(SECOND);
            // The work is done in time; some more follows.
            sleep(5 * SECOND);
            assert!(*calm.lock(), "barked");
        },
        twin: || {
            let calm = Arc::new(Mutex::new(true));
            let theirs = calm.clone();
            let watchdog = after_func(3 * SECOND, move || *theirs.lock() = false);
            sleep(SECOND);
            watchdog.stop();
            sleep(5 * SECOND);
            assert!(*calm.lock(), "barked");
        },
    },
    Case {
        name: "the slower of two answers",
        ends: Ends::Leak,
        bug: || assert!(fastest(0).is_some()),
        twin: || assert!(fastest(2).is_some()),
    },
    Case {
        name: "a batch that only a timeout sends off",
        ends: Ends::Panic("something is left"),
        bug: || batches(false),
        twin: || batches(true),
    },
];

/// What comes out of two channels, until both are closed.
fn merged(switch_off: bool) -> usize {
    let source = || {
        let (tx, rx) = Chan::new(0).split();
        go(move || {
            tx.send(1);
            tx.send(2);
            tx.close();
        });
        rx
    };
    let (mut a, mut b): (Receiver<i32>, Receiver<i32>) = (source(), source());
    let rest = [a.clone(), b.clone()];
    let (mut values, mut closed) = (0, 0);
    while closed < 2 {
        select! {
            value = <-a => match value {
                Some(_) => values += 1,
                None => {
                    closed += 1;
                    if switch_off {
                        a = Chan::nil().into();
                    }
                }
            },
            value = <-b => match value {
                Some(_) => values += 1,
                None => {
                    closed += 1;
                    if switch_off {
                        b = Chan::nil().into();
                    }
                }
            },
        }
    }
    // So that the sources end, whatever was left of them.
    for rest in rest {
        for _ in rest {}
    }
    values
}

fn ended_with_work_left() -> (Receiver<()>, Receiver<i32>) {
    let ((end, ended), (jobs_in, jobs)) = (chan(0), chan(1));
    jobs_in.send(1);
    end.close();
    (ended, jobs)
}

/// Numbers are handed out, and pauses asked for in between.
fn numbered(drawn_early: bool) {
    let ((numbers_in, numbers), (pause, pauses)) = (chan(0), chan(0));
    let group = WaitGroup::new();
    group.go(move || {
        let mut last = 0;
        while last < 3 {
            if drawn_early {
                select! {
                    numbers_in <- {
                        last += 1;
                        last
                    } => {}
                    <-pauses => {}
                }
            } else {
                select! {
                    numbers_in <- last + 1 => last += 1,
                    <-pauses => {}
                }
            }
        }
        numbers_in.close();
    });
    group.go(move || {
        let _ = pause.try_send(());
    });
    let seen: Vec<i32> = numbers.iter().collect();
    group.wait();
    assert!(seen == [1, 2, 3], "a number is missing: {seen:?}");
}

/// One every second.
fn nine_messages() -> Receiver<i32> {
    let (tx, rx) = chan(0);
    go(move || {
        for i in 0..9 {
            sleep(SECOND);
            tx.send(i);
        }
        tx.close();
    });
    rx
}

/// Two are asked, and the first answer is taken.
fn fastest(room: usize) -> Option<i32> {
    let (answers_in, answers) = chan(room);
    for i in 1..=2 {
        let answers_in = answers_in.clone();
        go(move || {
            sleep(SECOND * i);
            answers_in.send(i as i32);
        });
    }
    let answer = select! {
        answer = <-answers => answer,
        <-after(10 * SECOND) => None,
    };
    sleep(5 * SECOND);
    answer
}

/// Values are collected and sent off by twos, or when none came for a while.
fn batches(the_rest_too: bool) {
    let (tx, rx) = chan(0);
    let collector = spawn(move || {
        let (mut batch, mut sent) = (Vec::new(), 0);
        loop {
            select! {
                value = <-rx => match value {
                    Some(value) => {
                        batch.push(value);
                        if batch.len() == 2 {
                            sent += batch.drain(..).len();
                        }
                    }
                    None => {
                        if the_rest_too {
                            sent += batch.len();
                        }
                        return sent;
                    }
                },
                <-after(SECOND) => sent += batch.drain(..).len(),
            }
        }
    });
    for value in 0..3 {
        tx.send(value);
    }
    tx.close();
    assert_eq!(collector.join().unwrap(), 3, "something is left");
}
