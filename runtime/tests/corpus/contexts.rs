//! Contexts and what stands on them (groups, semaphores, flights), and counts and locks
//! that are used beside a wait: cancellations that do not arrive, slots that are never
//! given back, rights that are taken half.

use crate::{Case, Ends};
use marmota::context::{ContextError, background, with_cancel, with_timeout};
use marmota::sync::{RwMutex, Semaphore, WaitGroup, errgroup, singleflight};
use marmota::time::{after, sleep};
use marmota::{chan, go, select, spawn};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

pub(crate) const CASES: &[Case] = &[
    Case {
        name: "an error path without cancel",
        ends: Ends::Leak,
        bug: || {
            let (context, cancel) = with_cancel(&background());
            go(move || assert!(context.done().recv().is_none()));
            let parsed: Result<i32, _> = "x".parse();
            if parsed.is_ok() {
                cancel.cancel();
            }
        },
        twin: || {
            let (context, cancel) = with_cancel(&background());
            let _cancel = cancel.on_drop();
            go(move || assert!(context.done().recv().is_none()));
            let parsed: Result<i32, _> = "x".parse();
            drop(parsed);
        },
    },
    Case {
        name: "a child of the wrong context",
        ends: Ends::Leak,
        bug: || {
            let (_request, cancel) = with_cancel(&background());
            let (child, child_cancel) = with_cancel(&background());
            go(move || {
                child.done().recv();
                child_cancel.cancel();
            });
            cancel.cancel();
        },
        twin: || {
            let (request, cancel) = with_cancel(&background());
            let (child, child_cancel) = with_cancel(&request);
            go(move || {
                child.done().recv();
                child_cancel.cancel();
            });
            cancel.cancel();
        },
    },
    Case {
        name: "looking for the end only between two sends",
        ends: Ends::Leak,
        bug: || {
            let (context, cancel) = with_cancel(&background());
            let (tx, rx) = chan(0);
            go(move || {
                let mut n = 0;
                while context.err().is_none() {
                    tx.send(n);
                    n += 1;
                }
            });
            rx.recv();
            cancel.cancel();
        },
        twin: || {
            let (context, cancel) = with_cancel(&background());
            let (tx, rx) = chan(0);
            go(move || {
                let (mut n, done) = (0, context.done());
                loop {
                    select! {
                        tx <- n => n += 1,
                        <-done => return,
                    }
                }
            });
            rx.recv();
            cancel.cancel();
        },
    },
    Case {
        name: "a pause that does not hear the end",
        ends: Ends::Panic("took too long"),
        bug: || {
            let (context, cancel) = with_cancel(&background());
            let worker = spawn(move || {
                while context.err().is_none() {
                    sleep(10 * SECOND);
                }
            });
            ends_within_a_second(cancel, worker);
        },
        twin: || {
            let (context, cancel) = with_cancel(&background());
            let worker = spawn(move || {
                let done = context.done();
                while context.err().is_none() {
                    select! {
                        <-after(10 * SECOND) => {}
                        <-done => {}
                    }
                }
            });
            ends_within_a_second(cancel, worker);
        },
    },
    Case {
        name: "a longer timeout below a shorter one",
        ends: Ends::Panic("cut off"),
        bug: || {
            let (request, cancel) = with_timeout(&background(), SECOND);
            let (upload, upload_cancel) = with_timeout(&request, 5 * SECOND);
            let done = uploaded(&upload);
            upload_cancel.cancel();
            cancel.cancel();
            assert_eq!(done, Ok(()), "cut off");
        },
        twin: || {
            let (upload, cancel) = with_timeout(&background(), 5 * SECOND);
            let done = uploaded(&upload);
            cancel.cancel();
            assert_eq!(done, Ok(()), "cut off");
        },
    },
    Case {
        name: "the context of a group that has ended",
        ends: Ends::Panic("cut off"),
        bug: || {
            let (group, context) = errgroup::Group::with_context(&background());
            group.go(|| Ok::<(), String>(()));
            group.wait().unwrap();
            assert_eq!(uploaded(&context), Ok(()), "cut off");
        },
        twin: || {
            let request = background();
            let (group, _context) = errgroup::Group::with_context(&request);
            group.go(|| Ok::<(), String>(()));
            group.wait().unwrap();
            assert_eq!(uploaded(&request), Ok(()), "cut off");
        },
    },
    Case {
        name: "a failure that the others do not hear of",
        ends: Ends::Deadlock,
        bug: || {
            let group = errgroup::Group::new();
            let (_tx, rx) = chan::<i32>(0);
            group.go(|| Err("no source"));
            group.go(move || rx.recv().map(|_| ()).ok_or("closed"));
            assert!(group.wait().is_err());
        },
        twin: || {
            let (group, context) = errgroup::Group::with_context(&background());
            let (_tx, rx) = chan::<i32>(0);
            group.go(|| Err("no source"));
            group.go(move || {
                let done = context.done();
                select! {
                    value = <-rx => value.map(|_| ()).ok_or("closed"),
                    <-done => Err("given up"),
                }
            });
            assert!(group.wait().is_err());
        },
    },
    Case {
        name: "a group's goroutine that starts another within the limit",
        ends: Ends::Deadlock,
        bug: || nested(Some(1)),
        twin: || nested(Some(2)),
    },
    Case {
        name: "a group that waits for itself",
        ends: Ends::Deadlock,
        bug: || {
            let group = Arc::new(errgroup::Group::new());
            let theirs = group.clone();
            group.go(move || theirs.wait());
            let _ = group.wait();
        },
        twin: || {
            let (group, inner) = (errgroup::Group::new(), errgroup::Group::new());
            inner.go(|| Ok::<(), String>(()));
            group.go(move || inner.wait());
            group.wait().unwrap();
        },
    },
    Case {
        name: "two tokens taken one by one",
        ends: Ends::Deadlock,
        bug: || {
            two_with_tokens(|tokens| {
                tokens.acquire(&background(), 1).unwrap();
                tokens.acquire(&background(), 1).unwrap();
            });
        },
        twin: || two_with_tokens(|tokens| tokens.acquire(&background(), 2).unwrap()),
    },
    Case {
        name: "a token given back that was not got",
        ends: Ends::Panic("semaphore: released more than held"),
        bug: || {
            with_a_token_or_not(|tokens, context| {
                let _ = tokens.acquire(context, 1);
                tokens.release(1);
            });
        },
        twin: || {
            with_a_token_or_not(|tokens, context| {
                if tokens.acquire(context, 1).is_ok() {
                    tokens.release(1);
                }
            });
        },
    },
    Case {
        name: "a flight that waits for its own key",
        ends: Ends::Deadlock,
        bug: || {
            let flights = Arc::new(singleflight::Group::new());
            let inner = flights.clone();
            flights.run("a", || inner.run("a", || 1).0);
        },
        twin: || {
            let flights = Arc::new(singleflight::Group::new());
            let inner = flights.clone();
            assert_eq!(flights.run("a", || inner.run("b", || 1).0), (1, false));
        },
    },
    Case {
        name: "Add called concurrently with Wait",
        ends: Ends::Panic("WaitGroup misuse: Add called concurrently with Wait"),
        bug: || {
            let group = WaitGroup::new();
            let (first, second) = (group.clone(), group.clone());
            group.add(1);
            go(move || first.done());
            go(move || {
                second.add(1);
                second.done();
            });
            group.wait();
        },
        twin: || {
            let group = WaitGroup::new();
            let (first, second) = (group.clone(), group.clone());
            group.add(2);
            go(move || first.done());
            go(move || second.done());
            group.wait();
        },
    },
    Case {
        name: "two readers that both want to write",
        ends: Ends::Deadlock,
        bug: || {
            two_with_a_lock(|lock| {
                let seen = lock.read();
                if *seen < 2 {
                    *lock.write() += 1;
                }
            });
        },
        twin: || {
            two_with_a_lock(|lock| {
                let seen = *lock.read();
                let mut now = lock.write();
                if seen < 2 && *now < 2 {
                    *now += 1;
                }
            });
        },
    },
];

/// The worker is told to end while it is at it.
fn ends_within_a_second(cancel: marmota::context::Cancel, worker: marmota::JoinHandle<()>) {
    sleep(SECOND);
    let told = marmota::time::now();
    cancel.cancel();
    worker.join().unwrap();
    assert!(told.elapsed() <= SECOND, "took too long");
}

/// Takes three seconds.
fn uploaded(context: &marmota::context::Context) -> Result<(), ContextError> {
    let done = context.done();
    select! {
        <-after(3 * SECOND) => Ok(()),
        <-done => Err(context.err().expect("it is done")),
    }
}

fn nested(limit: Option<usize>) {
    let group = Arc::new(errgroup::Group::new());
    group.set_limit(limit);
    let inner = group.clone();
    group.go(move || {
        inner.go(|| Ok::<(), String>(()));
        Ok::<(), String>(())
    });
    group.wait().unwrap();
}

/// Two goroutines of which each needs two of two tokens.
fn two_with_tokens(acquire: fn(&Semaphore)) {
    let (tokens, group) = (Semaphore::new(2), WaitGroup::new());
    for _ in 0..2 {
        let tokens = tokens.clone();
        group.go(move || {
            acquire(&tokens);
            tokens.release(2);
        });
    }
    group.wait();
}

/// A worker needs the one token, which is taken, and is cancelled meanwhile.
fn with_a_token_or_not(work: fn(&Semaphore, &marmota::context::Context)) {
    let (tokens, (context, cancel)) = (Semaphore::new(1), with_cancel(&background()));
    tokens.acquire(&background(), 1).unwrap();
    let theirs = tokens.clone();
    let group = WaitGroup::new();
    group.go(move || work(&theirs, &context));
    cancel.cancel();
    tokens.release(1);
    group.wait();
}

/// Two goroutines that look first and then write.
fn two_with_a_lock(work: fn(&RwMutex<i32>)) {
    let (lock, group) = (Arc::new(RwMutex::new(0)), WaitGroup::new());
    for _ in 0..2 {
        let lock = lock.clone();
        group.go(move || work(&lock));
    }
    group.wait();
}
