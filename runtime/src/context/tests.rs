//! What only the inside shows: who is still known to whom.

use super::*;
use crate::sim;
use std::sync::Weak;

fn children(context: &Context) -> usize {
    context.core().unwrap().children()
}

fn explore(f: fn()) {
    let report = sim::Explorer::new().schedules(100).run(f);
    assert!(report.passed(), "{report}");
}

#[test]
fn a_cancelled_child_leaves_its_parent_and_is_freed() {
    explore(|| {
        let (parent, _cancel) = with_cancel(&background());
        let mut made = Vec::new();
        for _ in 0..10 {
            let (child, cancel) = with_timeout(&parent, Duration::from_secs(9));
            made.push((Arc::downgrade(child.core().unwrap()), cancel));
        }
        assert_eq!(children(&parent), 10);
        // Not in the order they came.
        while !made.is_empty() {
            let (core, cancel) = made.swap_remove(made.len() / 2);
            cancel.cancel();
            drop(cancel);
            assert_eq!(core.strong_count(), 0, "timer and parent let go of it");
            assert_eq!(children(&parent), made.len());
        }
    });
}

#[test]
fn a_child_whose_time_ran_out_leaves_its_parent() {
    explore(|| {
        let (parent, _cancel) = with_cancel(&background());
        let (child, cancel) = with_timeout(&parent, Duration::from_secs(9));
        let core: Weak<Core> = Arc::downgrade(child.core().unwrap());
        child.done().recv();
        drop((child, cancel));
        while core.strong_count() > 0 {
            crate::runtime::gosched();
        }
        assert_eq!(children(&parent), 0);
    });
}

#[test]
fn a_stopped_after_func_leaves_its_context() {
    explore(|| {
        let (ctx, _cancel) = with_cancel(&background());
        let stops: Vec<_> = (0..3).map(|_| after_func(&ctx, || ())).collect();
        assert_eq!(children(&ctx), 3);
        assert!(stops[1].stop());
        assert_eq!(children(&ctx), 2);
    });
}

#[test]
fn an_abandoned_tree_is_freed() {
    explore(|| {
        let (parent, cancel) = with_cancel(&background());
        let (child, cancel_child) = with_cancel(&parent);
        let (up, down) = (
            Arc::downgrade(parent.core().unwrap()),
            Arc::downgrade(child.core().unwrap()),
        );
        drop((parent, cancel, child, cancel_child));
        assert_eq!((up.strong_count(), down.strong_count()), (0, 0));
    });
}

#[test]
fn a_deadline_on_a_plain_thread_says_what_to_do() {
    let made = std::panic::catch_unwind(|| with_timeout(&background(), Duration::from_secs(1)));
    let message = *made.unwrap_err().downcast::<&str>().unwrap();
    assert!(message.contains("make it inside a runtime"), "{message}");
}
