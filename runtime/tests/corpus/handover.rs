//! Handing over: orders that are assumed, signals that are lost, slots that are
//! not given back.

use crate::{Case, Ends};
use marmota::runtime::gosched;
use marmota::{Receiver, Sender, chan, go, spawn};

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "two channels used in opposite orders",
        ends: Ends::Deadlock,
        bug: || {
            let ((a, from_a), (b, from_b)) = (chan(0), chan(0));
            go(move || {
                a.send(1);
                b.send(2);
            });
            from_b.recv();
            from_a.recv();
        },
        twin: || {
            let ((a, from_a), (b, from_b)) = (chan(0), chan(0));
            go(move || {
                a.send(1);
                b.send(2);
            });
            from_a.recv();
            from_b.recv();
        },
    },
    Case {
        name: "a ping-pong in which both wait for the ball",
        ends: Ends::Deadlock,
        bug: || {
            let ((ping, from_ping), (pong, from_pong)) = (chan(0), chan(0));
            go(move || {
                from_ping.recv();
                pong.send(());
            });
            from_pong.recv();
            ping.send(());
        },
        twin: || {
            let ((ping, from_ping), (pong, from_pong)) = (chan(0), chan(0));
            go(move || {
                from_ping.recv();
                pong.send(());
            });
            ping.send(());
            from_pong.recv();
        },
    },
    Case {
        name: "both offer before they take",
        ends: Ends::Deadlock,
        bug: || {
            let ((left, from_left), (right, from_right)) = (chan(0), chan(0));
            go(move || {
                left.send(1);
                from_right.recv();
            });
            right.send(2);
            from_left.recv();
        },
        twin: || {
            let ((left, from_left), (right, from_right)) = (chan(1), chan(1));
            go(move || {
                left.send(1);
                from_right.recv();
            });
            right.send(2);
            from_left.recv();
        },
    },
    Case {
        name: "a goroutine that sends to itself",
        ends: Ends::Deadlock,
        bug: || {
            let (tx, rx) = chan(0);
            let relay = spawn(move || {
                tx.send(1);
                rx.recv()
            });
            relay.join().unwrap();
        },
        twin: || {
            let (tx, rx) = chan(1);
            let relay = spawn(move || {
                tx.send(1);
                rx.recv()
            });
            assert_eq!(relay.join().unwrap(), Some(1));
        },
    },
    Case {
        name: "a signal that nobody waits for yet",
        ends: Ends::Deadlock,
        bug: || {
            let (ready_in, ready) = chan(0);
            go(move || {
                let _ = ready_in.try_send(());
            });
            ready.recv();
        },
        twin: || {
            let (ready_in, ready) = chan(1);
            go(move || {
                let _ = ready_in.try_send(());
            });
            ready.recv();
        },
    },
    Case {
        name: "a slot that the error path keeps",
        ends: Ends::Deadlock,
        bug: || {
            let (take, give) = chan(1);
            let job = |fails: bool| {
                take.send(());
                if fails {
                    return;
                }
                give.recv();
            };
            job(true);
            job(false);
        },
        twin: || {
            let (take, give) = chan(1);
            let job = |fails: bool| {
                take.send(());
                if fails {
                    give.recv();
                    return;
                }
                give.recv();
            };
            job(true);
            job(false);
        },
    },
    Case {
        name: "a free slot that is looked at and then taken",
        ends: Ends::Panic("turned away"),
        bug: || {
            let (take, give) = chan(1);
            let enter = |take: &Sender<()>, give: &Receiver<()>| {
                if take.len() < take.capacity() {
                    gosched();
                    take.try_send(()).expect("turned away");
                    give.recv();
                }
            };
            let (take2, give2) = (take.clone(), give.clone());
            let other = spawn(move || enter(&take2, &give2));
            enter(&take, &give);
            if let Err(panic) = other.join() {
                std::panic::resume_unwind(panic);
            }
        },
        twin: || {
            let (take, give) = chan(1);
            let enter = |take: &Sender<()>, give: &Receiver<()>| {
                take.send(());
                gosched();
                give.recv();
            };
            let (take2, give2) = (take.clone(), give.clone());
            let other = spawn(move || enter(&take2, &give2));
            enter(&take, &give);
            other.join().unwrap();
        },
    },
    Case {
        name: "an order of two senders that is assumed",
        ends: Ends::Panic("left: Some(2)"),
        bug: || {
            let (tx, rx) = chan(2);
            let second = tx.clone();
            go(move || tx.send(1));
            go(move || second.send(2));
            assert_eq!(rx.recv(), Some(1));
            assert_eq!(rx.recv(), Some(2));
        },
        twin: || {
            let (tx, rx) = chan(2);
            let second = tx.clone();
            go(move || {
                tx.send(1);
                go(move || second.send(2));
            });
            assert_eq!(rx.recv(), Some(1));
            assert_eq!(rx.recv(), Some(2));
        },
    },
    Case {
        name: "two clients that share one channel for answers",
        ends: Ends::Panic("another's answer"),
        bug: || {
            let (ask, asked) = chan(0);
            let (answer, answers) = chan(2);
            go(move || asked.iter().for_each(|n: i32| answer.send(n * n)));
            let clients: Vec<_> = [2, 3]
                .into_iter()
                .map(|n| {
                    let (ask, answers) = (ask.clone(), answers.clone());
                    spawn(move || {
                        ask.send(n);
                        assert_eq!(answers.recv(), Some(n * n), "another's answer");
                    })
                })
                .collect();
            for client in clients {
                client
                    .join()
                    .unwrap_or_else(|p| std::panic::resume_unwind(p));
            }
            ask.close();
        },
        twin: || {
            let (ask, asked) = chan::<(i32, Sender<i32>)>(0);
            go(move || asked.iter().for_each(|(n, answer)| answer.send(n * n)));
            let clients: Vec<_> = [2, 3]
                .into_iter()
                .map(|n| {
                    let ask = ask.clone();
                    spawn(move || {
                        let (answer, answers) = chan(0);
                        ask.send((n, answer));
                        assert_eq!(answers.recv(), Some(n * n), "another's answer");
                    })
                })
                .collect();
            for client in clients {
                client.join().unwrap();
            }
            ask.close();
        },
    },
    Case {
        name: "a ring of goroutines that all receive first",
        ends: Ends::Deadlock,
        bug: || ring(false),
        twin: || ring(true),
    },
    Case {
        name: "a third party that eats the acknowledgement",
        ends: Ends::Deadlock,
        bug: || {
            let (ack, acks) = chan(0);
            let thief: Receiver<()> = acks.clone();
            go(move || ack.send(()));
            go(move || {
                let _ = thief.try_recv();
            });
            acks.recv();
        },
        twin: || {
            let (ack, acks) = chan::<()>(0);
            let thief = acks.clone();
            go(move || ack.close());
            go(move || {
                let _ = thief.try_recv();
            });
            acks.recv();
        },
    },
];

/// Three goroutines pass a token round, if somebody has one to begin with.
fn ring(token: bool) {
    let ends: Vec<_> = (0..3).map(|_| chan::<()>(1)).collect();
    let first = ends[0].0.clone();
    let all: Vec<_> = (0..3)
        .map(|i| {
            let from = ends[i].1.clone();
            let to = ends[(i + 1) % 3].0.clone();
            spawn(move || {
                from.recv();
                to.send(());
            })
        })
        .collect();
    if token {
        first.send(());
    }
    for goroutine in all {
        goroutine.join().unwrap();
    }
}
