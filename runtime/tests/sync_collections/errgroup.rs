//! `errgroup`: the first error counts, and ends the context of all.

use super::common::{at_every_width, everywhere, explore, panic_message};
use marmota::context::{self, ContextError, background};
use marmota::sync::{WaitGroup, errgroup};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

#[test]
fn the_first_error_counts_and_ends_the_context() {
    everywhere(|| {
        let (group, ctx) = errgroup::Group::with_context(&background());
        group.go(|| Err("the first"));
        for _ in 0..2 {
            let ctx = ctx.clone();
            group.go(move || {
                ctx.done().recv();
                Err(format!("after {}", context::cause(&ctx).unwrap()))
            });
        }
        let err = group.wait().unwrap_err();
        assert_eq!(err.to_string(), "the first");
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
        assert_eq!(context::cause(&ctx).unwrap().to_string(), "the first");
        assert!(group.wait().is_err(), "and every time");
    });
}

#[test]
fn a_group_that_succeeds_ends_its_context_when_wait_returns() {
    everywhere(|| {
        let (group, ctx) = errgroup::Group::with_context(&background());
        let (theirs, inner) = (group.clone(), ctx.clone());
        group.go(move || {
            assert!(inner.err().is_none());
            // A goroutine of the group may start another.
            theirs.go(|| Ok::<_, &str>(()));
            Ok::<_, &str>(())
        });
        assert!(group.wait().is_ok());
        assert_eq!(ctx.err(), Some(ContextError::Canceled));
        assert_eq!(
            context::cause(&ctx).unwrap().to_string(),
            "context canceled"
        );
    });
}

#[test]
fn a_limit_bounds_how_many_are_active() {
    fn run(n: usize) {
        let group = errgroup::Group::new();
        group.set_limit(Some(2));
        let (active, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        for _ in 0..n {
            let (active, ended) = (active.clone(), ended.clone());
            group.go(move || {
                assert!(active.fetch_add(1, SeqCst) < 2, "a third one");
                marmota::runtime::gosched();
                active.fetch_sub(1, SeqCst);
                ended.fetch_add(1, SeqCst);
                Ok::<_, &str>(())
            });
        }
        group.wait().unwrap();
        assert_eq!(ended.load(SeqCst), n);
    }
    at_every_width(|| run(500));
    explore(|| run(4));
}

#[test]
fn try_go_starts_only_what_the_limit_allows() {
    everywhere(|| {
        let (group, gate) = (errgroup::Group::new(), WaitGroup::new());
        group.set_limit(Some(1));
        gate.add(1);
        let held = gate.clone();
        let body = move || {
            held.wait();
            Ok::<_, &str>(())
        };
        assert!(group.try_go(body));
        assert!(!group.try_go(|| Ok::<_, &str>(())));
        assert_eq!(
            panic_message(|| group.set_limit(None)),
            "errgroup: modify limit while 1 goroutines in the group are still active"
        );
        gate.done();
        group.wait().unwrap();
        group.set_limit(None);
        assert!(group.try_go(|| Ok::<_, &str>(())));
        group.wait().unwrap();
        group.set_limit(Some(0));
        assert!(!group.try_go(|| Ok::<_, &str>(())));
    });
}
