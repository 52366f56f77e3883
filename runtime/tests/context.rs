//! Contexts, on both drivers.

mod common;

use common::{at_every_width, everywhere, explore};
use marmota::context::{self, Context, ContextError, background};
use marmota::sync::WaitGroup;
use marmota::{go, spawn, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

#[derive(Debug, PartialEq)]
struct UserId(u32);

#[test]
fn background_and_todo_never_end() {
    everywhere(|| {
        for ctx in [background(), context::todo()] {
            assert_eq!(ctx.err(), None);
            assert_eq!(ctx.deadline(), None);
            assert!(ctx.done().try_recv().is_err(), "a nil channel");
            assert!(context::cause(&ctx).is_none());
            assert_eq!(ctx.value::<UserId>(), None);
        }
    });
}

#[test]
fn errors_read_as_in_go() {
    assert_eq!(ContextError::Canceled.to_string(), "context canceled");
    assert_eq!(
        ContextError::DeadlineExceeded.to_string(),
        "context deadline exceeded"
    );
}

#[test]
fn a_child_ends_with_its_parent_and_never_the_other_way() {
    everywhere(|| {
        let (parent, cancel_parent) = context::with_cancel(&background());
        let (child, cancel_child) = context::with_cancel(&parent);
        let (sibling, _cancel) = context::with_cancel(&parent);
        let grandchild = context::with_value(&sibling, UserId(1));
        cancel_child.cancel();
        assert_eq!(child.err(), Some(ContextError::Canceled));
        assert!(parent.err().is_none() && sibling.err().is_none());
        cancel_parent.cancel();
        cancel_parent.cancel();
        for ctx in [&parent, &sibling, &grandchild] {
            assert_eq!(ctx.err(), Some(ContextError::Canceled));
            assert_eq!(ctx.done().recv(), None);
        }
        let (born_late, _cancel) = context::with_cancel(&parent);
        assert_eq!(born_late.err(), Some(ContextError::Canceled));
        assert_eq!(born_late.done().recv(), None);
    });
}

#[test]
fn once_err_is_set_done_is_closed_and_the_other_way_round() {
    fn run(watchers: usize) {
        let (ctx, cancel) = context::with_cancel(&background());
        let (child, _cancel) = context::with_cancel(&ctx);
        let group = WaitGroup::new();
        for i in 0..watchers {
            let ctx = if i % 2 == 0 { &ctx } else { &child }.clone();
            group.go(move || {
                let done = ctx.done();
                if i % 4 < 2 {
                    while ctx.err().is_none() {
                        marmota::runtime::gosched();
                    }
                    assert_eq!(done.try_recv(), Err(marmota::chan::TryRecvError::Closed));
                } else {
                    assert_eq!(done.recv(), None);
                    assert_eq!(ctx.err(), Some(ContextError::Canceled));
                }
            });
        }
        marmota::runtime::gosched();
        cancel.cancel();
        group.wait();
    }
    at_every_width(|| (0..200).for_each(|_| run(8)));
    explore(|| run(4));
}

#[test]
fn done_is_the_same_channel_every_time() {
    everywhere(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        let first = ctx.done();
        assert!(first.same_channel(&ctx.clone().done()));
        assert!(first.same_channel(&context::with_value(&ctx, UserId(1)).done()));
        cancel.cancel();
        assert!(first.same_channel(&ctx.done()));
    });
}

#[test]
fn a_channel_closes_even_when_nothing_else_of_the_context_is_left() {
    everywhere(|| {
        let (parent, cancel) = context::with_cancel(&background());
        let done = context::with_cancel(&parent).0.done();
        go(move || cancel.cancel());
        assert_eq!(done.recv(), None);
    });
}

#[test]
fn a_timeout_ends_it_and_says_so() {
    everywhere(|| {
        let (ctx, cancel) = context::with_timeout(&background(), MILLI);
        let deadline = ctx.deadline().unwrap();
        assert_eq!(ctx.done().recv(), None);
        assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
        assert!(time::now() >= deadline, "not before its time");
        let cause = context::cause(&ctx).unwrap();
        assert_eq!(cause.to_string(), "context deadline exceeded");
        cancel.cancel();
        assert_eq!(
            ctx.err(),
            Some(ContextError::DeadlineExceeded),
            "the first end counts"
        );
    });
}

#[test]
fn cancelling_before_the_deadline_is_a_cancel_and_stops_the_timer() {
    everywhere(|| {
        let (ctx, cancel) = context::with_timeout(&background(), MILLI);
        cancel.cancel();
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
        time::sleep(2 * MILLI);
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
    });
    // A timer that is left would let an hour pass.
    explore(|| {
        let start = time::now();
        let (_ctx, cancel) = context::with_timeout(&background(), HOUR);
        cancel.cancel();
        let (parent, cancel) = context::with_cancel(&background());
        let (_child, _cancel) = context::with_timeout(&parent, HOUR);
        cancel.cancel();
        time::sleep(2 * HOUR);
        assert_eq!(time::now() - start, 2 * HOUR);
        assert_eq!(marmota::runtime::num_goroutine(), 1);
    });
}

#[test]
fn a_deadline_that_has_passed_ends_it_at_once() {
    everywhere(|| {
        let (ctx, _cancel) = context::with_deadline(&background(), time::now());
        assert_eq!(ctx.err(), Some(ContextError::DeadlineExceeded));
        let (ctx, _cancel) = context::with_timeout_cause(&background(), Duration::ZERO, "late");
        assert_eq!(context::cause(&ctx).unwrap().to_string(), "late");
    });
}

#[test]
fn a_parent_s_sooner_deadline_holds() {
    explore(|| {
        let start = time::now();
        let (parent, _cancel) = context::with_timeout(&background(), 5 * MILLI);
        let (child, _cancel) = context::with_timeout_cause(&parent, HOUR, "never seen");
        let (sooner, _cancel) = context::with_timeout(&parent, MILLI);
        assert_eq!(child.deadline(), parent.deadline());
        assert_eq!(child.to_string().matches("WithDeadline").count(), 1);
        assert_eq!(sooner.deadline(), Some(start + MILLI));
        sooner.done().recv();
        assert_eq!(time::now() - start, MILLI);
        child.done().recv();
        assert_eq!(time::now() - start, 5 * MILLI);
        assert_eq!(child.err(), Some(ContextError::DeadlineExceeded));
        let cause = context::cause(&child).unwrap();
        assert_eq!(cause.to_string(), "context deadline exceeded");
    });
}

#[test]
fn a_cancelled_parent_ends_a_child_with_a_deadline_as_cancelled() {
    everywhere(|| {
        let (parent, cancel) = context::with_cancel(&background());
        let (child, _cancel) = context::with_timeout(&parent, HOUR);
        cancel.cancel();
        assert_eq!(child.err(), Some(ContextError::Canceled));
    });
}

#[test]
fn the_first_cause_counts_and_goes_down_the_tree() {
    everywhere(|| {
        let (parent, cancel) = context::with_cancel_cause(&background());
        let (child, cancel_child) = context::with_cancel_cause(&parent);
        let (other, cancel_other) = context::with_cancel_cause(&parent);
        cancel_child.cancel("of the child");
        cancel.cancel("of the parent");
        cancel.cancel("too late");
        cancel_other.cancel("too late as well");
        let cause = |ctx: &Context| context::cause(ctx).unwrap().to_string();
        assert_eq!(cause(&parent), "of the parent");
        assert_eq!(cause(&child), "of the child");
        assert_eq!(cause(&other), "of the parent");
        assert_eq!(cause(&context::with_cancel(&other).0), "of the parent");
        assert_eq!(other.err(), Some(ContextError::Canceled));
        let (plain, cancel) = context::with_cancel_cause(&background());
        cancel.cancel_without_cause();
        assert_eq!(cause(&plain), "context canceled");
    });
}

#[test]
fn a_cause_can_be_any_error_and_is_the_very_same() {
    everywhere(|| {
        let (ctx, cancel) = context::with_cancel_cause(&background());
        cancel.cancel(std::io::Error::other("disk"));
        let first = context::cause(&ctx).unwrap();
        assert!(first.downcast_ref::<std::io::Error>().is_some());
        assert!(Arc::ptr_eq(&first, &context::cause(&ctx).unwrap()));
    });
}

#[test]
fn a_timeout_s_cause_is_seen_only_when_the_time_ran_out() {
    everywhere(|| {
        let (late, _cancel) = context::with_timeout_cause(&background(), MILLI, "too slow");
        late.done().recv();
        assert_eq!(late.err(), Some(ContextError::DeadlineExceeded));
        assert_eq!(context::cause(&late).unwrap().to_string(), "too slow");
        let deadline = time::now() + HOUR;
        let (ctx, cancel) = context::with_deadline_cause(&background(), deadline, "too slow");
        cancel.cancel();
        assert_eq!(
            context::cause(&ctx).unwrap().to_string(),
            "context canceled"
        );
    });
}

#[test]
fn values_are_found_by_type_and_the_nearest_counts() {
    everywhere(|| {
        let ctx = context::with_value(&background(), UserId(1));
        let (ctx, _cancel) = context::with_cancel(&ctx);
        let ctx = context::with_value(&ctx, "a text");
        let inner = context::with_value(&ctx, UserId(2));
        assert_eq!(ctx.value::<UserId>(), Some(&UserId(1)));
        assert_eq!(inner.value::<UserId>(), Some(&UserId(2)));
        assert_eq!(inner.value::<&str>(), Some(&"a text"));
        assert_eq!(inner.value::<u8>(), None);
    });
}

#[test]
fn without_cancel_keeps_values_and_nothing_else() {
    everywhere(|| {
        let (parent, cancel) = context::with_timeout(&background(), HOUR);
        let child = context::without_cancel(&context::with_value(&parent, UserId(3)));
        cancel.cancel();
        assert_eq!(child.err(), None);
        assert_eq!(child.deadline(), None);
        assert!(context::cause(&child).is_none());
        assert!(child.done().try_recv().is_err());
        assert_eq!(child.value::<UserId>(), Some(&UserId(3)));
        let (below, cancel) = context::with_cancel(&child);
        assert_eq!(below.err(), None);
        cancel.cancel();
        assert_eq!(below.err(), Some(ContextError::Canceled));
    });
}

#[test]
fn chains_read_as_in_go() {
    explore(|| {
        let ctx = background();
        assert_eq!(ctx.to_string(), "context.Background");
        assert_eq!(context::todo().to_string(), "context.TODO");
        let (ctx, _c1) = context::with_cancel(&ctx);
        let ctx = context::with_value(&ctx, "a text");
        let ctx = context::with_value(&ctx, UserId(1));
        let ctx = context::without_cancel(&ctx);
        let (ctx, _c2) = context::with_timeout(&ctx, 90 * MILLI);
        let (ctx, _c3) = context::with_cancel_cause(&ctx);
        time::sleep(40 * MILLI);
        assert_eq!(
            ctx.to_string(),
            "context.Background.WithCancel.WithValue(&str, a text)\
             .WithValue(context::UserId, context::UserId).WithoutCancel\
             .WithDeadline(2000-01-01 00:00:00.09 +0000 UTC m=+0.090000000 [50ms]).WithCancel"
        );
        assert_eq!(format!("{ctx:?}"), ctx.to_string());
    });
    at_every_width(|| {
        let (ctx, _cancel) = context::with_timeout(&background(), HOUR);
        let text = ctx.to_string();
        assert!(
            text.starts_with("context.Background.WithDeadline(20"),
            "{text}"
        );
        assert!(text.contains(" +0000 UTC m=+36"), "{text}");
        assert!(
            text.contains(" [59m59.") || text.contains(" [1h0m0s]"),
            "{text}"
        );
    });
}

#[test]
fn after_func_runs_once_in_a_goroutine_of_its_own() {
    everywhere(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        let (calls, (tx, rx)) = (Arc::new(AtomicUsize::new(0)), marmota::chan(0));
        for _ in 0..2 {
            let (tx, calls) = (tx.clone(), calls.clone());
            let _stop = context::after_func(&ctx, move || {
                calls.fetch_add(1, SeqCst);
                // Nobody receives before cancel has returned.
                tx.send(());
            });
        }
        cancel.cancel();
        cancel.cancel();
        rx.recv();
        rx.recv();
        assert_eq!(calls.load(SeqCst), 2);
    });
}

#[test]
fn after_func_on_an_ended_context_runs_at_once() {
    everywhere(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        cancel.cancel();
        let (tx, rx) = marmota::chan(0);
        let stop = context::after_func(&ctx, move || tx.send(()));
        rx.recv();
        assert!(!stop.stop(), "it was started");
    });
}

#[test]
fn a_stopped_after_func_does_not_run() {
    everywhere(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        let stop = context::after_func(&ctx, || unreachable!("it was stopped"));
        assert!(stop.stop());
        assert!(!stop.stop(), "only once");
        cancel.cancel();
        marmota::runtime::gosched();
        let never = context::after_func(&background(), || unreachable!("it never ends"));
        assert!(never.stop());
    });
}

#[test]
fn stopping_and_running_exclude_each_other() {
    fn run() {
        let (ctx, cancel) = context::with_cancel(&background());
        let (tx, rx) = marmota::chan(1);
        let stop = context::after_func(&ctx, move || tx.send(()));
        let canceller = spawn(move || cancel.cancel());
        let stopped = stop.stop();
        canceller.join().unwrap();
        if !stopped {
            rx.recv();
        }
        assert!(rx.is_empty());
    }
    at_every_width(|| (0..2_000).for_each(|_| run()));
    explore(run);
}

#[test]
fn a_deadline_runs_after_func_and_ends_the_children() {
    everywhere(|| {
        let (ctx, _cancel) = context::with_timeout(&background(), MILLI);
        let (child, _cancel) = context::with_cancel(&ctx);
        let (tx, rx) = marmota::chan(1);
        let _stop = context::after_func(&child, move || tx.send("ran"));
        assert_eq!(rx.recv(), Some("ran"));
        assert_eq!(child.err(), Some(ContextError::DeadlineExceeded));
    });
}

#[test]
fn a_guard_cancels_at_the_end_of_its_scope() {
    everywhere(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        let outcome = spawn(move || {
            let _guard = cancel.on_drop();
            panic!("on the way out");
        })
        .join();
        assert!(outcome.is_err());
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
    });
}

#[test]
fn a_hundred_thousand_children_end_wide_and_deep() {
    const N: usize = 100_000;
    at_every_width(|| {
        let (root, cancel) = context::with_cancel(&background());
        let wide: Vec<_> = (0..N).map(|_| context::with_cancel(&root)).collect();
        cancel.cancel();
        assert!(wide.iter().all(|(ctx, _)| ctx.err().is_some()));

        let (root, cancel) = context::with_cancel(&background());
        let mut deepest = root;
        let mut all = Vec::new();
        for i in 0..N {
            let (child, cancel) = context::with_cancel(&deepest);
            if i % 1000 == 0 {
                all.push((child.clone(), cancel));
            }
            deepest = context::with_value(&child, i);
        }
        cancel.cancel();
        assert_eq!(deepest.err(), Some(ContextError::Canceled));
        assert!(all.iter().all(|(ctx, _)| ctx.err().is_some()));
        assert_eq!(deepest.value::<UserId>(), None);
        assert!(deepest.to_string().len() > N * 10);
    });
}

#[test]
fn a_deep_chain_that_never_ended_is_freed_without_recursion() {
    at_every_width(|| {
        let (mut deepest, _cancel) = context::with_cancel(&background());
        for _ in 0..100_000 {
            deepest = context::with_cancel(&deepest).0;
        }
        drop(deepest);
    });
}

#[test]
fn a_tree_is_cancelled_while_it_grows() {
    fn run(growers: usize, rounds: usize) {
        let (root, cancel) = context::with_cancel(&background());
        let group = WaitGroup::new();
        for _ in 0..growers {
            let root = root.clone();
            group.go(move || {
                for i in 0..rounds {
                    let (child, cancel) = context::with_cancel(&root);
                    let (grandchild, _cancel) = context::with_timeout(&child, HOUR);
                    if i % 2 == 0 {
                        cancel.cancel();
                    } else if root.err().is_some() {
                        // Ended before, or by whoever ends the root.
                        grandchild.done().recv();
                        assert!(child.err().is_some());
                    }
                }
                root.done().recv();
                let (late, _cancel) = context::with_cancel(&root);
                assert!(late.err().is_some());
            });
        }
        marmota::runtime::gosched();
        cancel.cancel();
        group.wait();
    }
    at_every_width(|| run(8, 500));
    explore(|| run(2, 2));
}

#[test]
fn a_worker_loops_until_its_context_ends() {
    explore(|| {
        let (ctx, cancel) = context::with_timeout(&background(), Duration::from_secs(10));
        let worker = spawn(move || {
            let mut rounds = 0;
            while ctx.done().try_recv().is_err() && ctx.err().is_none() {
                time::sleep(Duration::from_secs(3));
                rounds += 1;
            }
            (rounds, ctx.err())
        });
        let (rounds, err) = worker.join().unwrap();
        assert_eq!((rounds, err), (4, Some(ContextError::DeadlineExceeded)));
        cancel.cancel();
    });
}

#[test]
fn a_thread_from_outside_may_cancel() {
    at_every_width(|| {
        let (ctx, cancel) = context::with_cancel(&background());
        let (tx, rx) = marmota::chan(1);
        let _stop = context::after_func(&ctx, move || tx.send(7));
        std::thread::spawn(move || cancel.cancel());
        assert_eq!(ctx.done().recv(), None);
        assert_eq!(rx.recv(), Some(7));
    });
}
