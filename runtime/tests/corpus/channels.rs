//! Channels: nobody on the other side, nobody who closes, one close too many.

use crate::{Case, Ends};
use marmota::sync::WaitGroup;
use marmota::{Chan, Receiver, chan, go, spawn};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "an unbuffered send without a receiver",
        ends: Ends::Deadlock,
        bug: || {
            let (tx, rx) = chan(0);
            tx.send(1);
            assert_eq!(rx.recv(), Some(1));
        },
        twin: || {
            let (tx, rx) = chan(1);
            tx.send(1);
            assert_eq!(rx.recv(), Some(1));
        },
    },
    Case {
        name: "a receive that nobody sends for",
        ends: Ends::Deadlock,
        bug: || {
            let (tx, rx) = chan::<i32>(0);
            rx.recv();
            drop(tx);
        },
        twin: || {
            let (tx, rx) = chan::<i32>(0);
            go(move || tx.send(1));
            rx.recv();
        },
    },
    Case {
        name: "a loop over a channel that nobody closes",
        ends: Ends::Deadlock,
        bug: || {
            let (tx, rx) = chan(0);
            go(move || (0..3).for_each(|i| tx.send(i)));
            assert_eq!(rx.iter().count(), 3);
        },
        twin: || {
            let (tx, rx) = chan(0);
            go(move || {
                (0..3).for_each(|i| tx.send(i));
                tx.close();
            });
            assert_eq!(rx.iter().count(), 3);
        },
    },
    Case {
        name: "two producers that both close",
        ends: Ends::Panic("close of closed channel"),
        bug: || {
            let (tx, rx) = chan(2);
            for i in 0..2 {
                let tx = tx.clone();
                go(move || {
                    let _ = tx.try_send(i);
                    tx.close();
                });
            }
            rx.iter().count();
        },
        twin: || {
            let (tx, rx) = chan(2);
            let group = WaitGroup::new();
            for i in 0..2 {
                let tx = tx.clone();
                group.go(move || tx.send(i));
            }
            go(move || {
                group.wait();
                tx.close();
            });
            assert_eq!(rx.iter().count(), 2);
        },
    },
    Case {
        name: "the consumer closes under the producer",
        ends: Ends::Panic("send on closed channel"),
        bug: || {
            let (tx, rx) = chan(1);
            let producer = tx.clone();
            go(move || (0..3).for_each(|i| producer.send(i)));
            rx.recv();
            tx.close();
        },
        twin: || {
            let (tx, rx) = chan(1);
            go(move || {
                (0..3).for_each(|i| tx.send(i));
                tx.close();
            });
            rx.recv();
            rx.iter().count();
        },
    },
    Case {
        name: "a fan-in that the first producer closes",
        ends: Ends::Panic("send on closed channel"),
        bug: || {
            let (tx, rx) = chan(0);
            for last in [1, 3] {
                let tx = tx.clone();
                go(move || {
                    (0..last).for_each(|i| tx.send(i));
                    if last == 1 {
                        tx.close();
                    }
                });
            }
            rx.iter().count();
        },
        twin: || {
            let (tx, rx) = chan(0);
            let group = WaitGroup::new();
            for last in [1, 3] {
                let tx = tx.clone();
                group.go(move || (0..last).for_each(|i| tx.send(i)));
            }
            go(move || {
                group.wait();
                tx.close();
            });
            assert_eq!(rx.iter().count(), 4);
        },
    },
    Case {
        name: "only the first answer is taken",
        ends: Ends::Leak,
        bug: || {
            let (tx, rx) = chan(0);
            for i in 0..3 {
                let tx = tx.clone();
                go(move || tx.send(i));
            }
            rx.recv();
        },
        twin: || {
            let (tx, rx) = chan(3);
            for i in 0..3 {
                let tx = tx.clone();
                go(move || tx.send(i));
            }
            rx.recv();
        },
    },
    Case {
        name: "workers whose jobs never end",
        ends: Ends::Leak,
        bug: || {
            let (jobs_in, jobs) = chan(0);
            for _ in 0..2 {
                let jobs: Receiver<i32> = jobs.clone();
                go(move || jobs.iter().for_each(drop));
            }
            (0..3).for_each(|job| jobs_in.send(job));
        },
        twin: || {
            let (jobs_in, jobs) = chan(0);
            for _ in 0..2 {
                let jobs: Receiver<i32> = jobs.clone();
                go(move || jobs.iter().for_each(drop));
            }
            (0..3).for_each(|job| jobs_in.send(job));
            jobs_in.close();
        },
    },
    Case {
        name: "one sentinel for two workers",
        ends: Ends::Leak,
        bug: || {
            let (jobs_in, jobs) = chan(4);
            for _ in 0..2 {
                let jobs: Receiver<Option<i32>> = jobs.clone();
                go(move || while let Some(Some(_)) = jobs.recv() {});
            }
            jobs_in.send(Some(1));
            jobs_in.send(None);
        },
        twin: || {
            let (jobs_in, jobs) = chan(4);
            for _ in 0..2 {
                let jobs: Receiver<Option<i32>> = jobs.clone();
                go(move || while let Some(Some(_)) = jobs.recv() {});
            }
            jobs_in.send(Some(1));
            jobs_in.send(None);
            jobs_in.send(None);
        },
    },
    Case {
        name: "one value to tell two goroutines",
        ends: Ends::Leak,
        bug: || {
            let (start_in, start) = chan(0);
            for _ in 0..2 {
                let start: Receiver<()> = start.clone();
                go(move || {
                    let _ = start.recv();
                });
            }
            start_in.send(());
        },
        twin: || {
            let (start_in, start) = chan(0);
            for _ in 0..2 {
                let start: Receiver<()> = start.clone();
                go(move || {
                    let _ = start.recv();
                });
            }
            start_in.close();
        },
    },
    Case {
        name: "a generator that is abandoned",
        ends: Ends::Leak,
        bug: || {
            let (tx, rx) = chan(0);
            go(move || {
                (0..4).for_each(|i| tx.send(i));
                tx.close();
            });
            assert_eq!(rx.iter().find(|&n| n == 1), Some(1));
        },
        twin: || {
            let (tx, rx) = chan(0);
            go(move || {
                (0..4).for_each(|i| tx.send(i));
                tx.close();
            });
            assert_eq!(rx.iter().find(|&n| n == 1), Some(1));
            rx.iter().for_each(drop);
        },
    },
    Case {
        name: "a stage that stops and leaves its source",
        ends: Ends::Leak,
        bug: || {
            let (numbers_in, numbers) = chan(0);
            let (squares_in, squares) = chan(0);
            go(move || {
                (1..=3).for_each(|n| numbers_in.send(n));
                numbers_in.close();
            });
            go(move || {
                for n in numbers.iter().take(2) {
                    squares_in.send(n * n);
                }
                squares_in.close();
            });
            assert_eq!(squares.iter().sum::<i32>(), 5);
        },
        twin: || {
            let (numbers_in, numbers) = chan(0);
            let (squares_in, squares) = chan(0);
            go(move || {
                (1..=3).for_each(|n| numbers_in.send(n));
                numbers_in.close();
            });
            go(move || {
                for n in numbers.iter().take(2) {
                    squares_in.send(n * n);
                }
                squares_in.close();
                numbers.iter().for_each(drop);
            });
            assert_eq!(squares.iter().sum::<i32>(), 5);
        },
    },
    Case {
        name: "a channel that was never made",
        ends: Ends::Leak,
        bug: || {
            let updates = Chan::<i32>::nil();
            go(move || {
                let _ = updates.recv();
            });
        },
        twin: || {
            let updates = Chan::<i32>::new(1);
            let theirs = updates.clone();
            go(move || {
                let _ = theirs.recv();
            });
            updates.send(1);
        },
    },
    Case {
        name: "a nil channel is closed",
        ends: Ends::Panic("close of nil channel"),
        bug: || Chan::<i32>::nil().close(),
        twin: || Chan::<i32>::new(0).close(),
    },
    Case {
        name: "a closed channel's end taken for a value",
        ends: Ends::Panic("None"),
        bug: || {
            let (tx, rx) = chan(0);
            go(move || {
                tx.send(1);
                tx.close();
            });
            assert_eq!(rx.recv().unwrap() + rx.recv().unwrap(), 1);
        },
        twin: || {
            let (tx, rx) = chan(0);
            go(move || {
                tx.send(1);
                tx.close();
            });
            assert_eq!(rx.recv().unwrap() + rx.recv().unwrap_or(0), 1);
        },
    },
    Case {
        name: "a buffer one short of what is sent before the first receive",
        ends: Ends::Deadlock,
        bug: || {
            let (tx, rx) = chan(2);
            let producer = spawn(move || (0..3).for_each(|i| tx.send(i)));
            producer.join().unwrap();
            (0..3).for_each(|i| assert_eq!(rx.recv(), Some(i)));
        },
        twin: || {
            let (tx, rx) = chan(3);
            let producer = spawn(move || (0..3).for_each(|i| tx.send(i)));
            producer.join().unwrap();
            (0..3).for_each(|i| assert_eq!(rx.recv(), Some(i)));
        },
    },
    Case {
        name: "waiting for workers before taking their results",
        ends: Ends::Deadlock,
        bug: || {
            let (tx, rx) = chan(0);
            let group = WaitGroup::new();
            for i in 0..2 {
                let tx = tx.clone();
                group.go(move || tx.send(i));
            }
            group.wait();
            tx.close();
            rx.iter().count();
        },
        twin: || {
            let (tx, rx) = chan(0);
            let group = WaitGroup::new();
            for i in 0..2 {
                let tx = tx.clone();
                group.go(move || tx.send(i));
            }
            go(move || {
                group.wait();
                tx.close();
            });
            assert_eq!(rx.iter().count(), 2);
        },
    },
];
