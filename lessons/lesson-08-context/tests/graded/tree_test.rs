//! `tree`: the rules of a context, for the one that the learner writes.

use lesson_08_context::tree;
use marmota::sync::WaitGroup;
use marmota::time;
use marmota_grader::{Suite, Verdict, expect, expect_eq};

use crate::common::HOUR;

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "tree::down_and_not_up",
            "a node in the middle is cancelled: it and those below it end, no other",
            || {
                let root = tree::Context::root();
                let (a, b) = (root.child(), root.child());
                let (a1, a2) = (a.child(), a.child());
                let a11 = a1.child();
                a.cancel();
                let nodes = [&root, &a, &a1, &a11, &a2, &b];
                let ended: Vec<bool> = nodes.iter().map(|n| n.is_cancelled()).collect();
                expect_eq(
                    "root, a, a1, a11, a2, b: ended?",
                    &ended,
                    &vec![false, true, true, true, true, false],
                );
                a11.done().recv();
                root.cancel();
                expect(b.is_cancelled(), "b after root", "has ended", "has not");
            },
        )
        .on(
            Verdict::WrongResult,
            "an end goes to the children, from them to theirs, and never to the parent",
        )
        .on(
            Verdict::Deadlock,
            "at a lock: who holds it waits for you, or you hold it yourself, so let go of it before \
             you end the children. At done: a11 has ended, so its channel must be closed",
        );
    suite
        .test(
            "tree::wakes_all_who_wait",
            "four wait for the ends of a node and of one below it: all wake up",
            || {
                let root = tree::Context::root();
                let child = root.child();
                let group = WaitGroup::new();
                for ctx in [&root, &root, &child, &child] {
                    let done = ctx.done();
                    group.go(move || {
                        done.recv();
                    });
                }
                time::sleep(HOUR);
                root.cancel();
                group.wait();
            },
        )
        .on(
            Verdict::Deadlock,
            "one value wakes one who waits; closing wakes all. And does the end reach the child?",
        )
        .on(
            Verdict::Livelock,
            "somebody asks again and again whether it has ended: done is a channel to park on",
        );
    suite
        .test(
            "tree::born_ended",
            "a child of a node that has ended has ended, and so has its child",
            || {
                let root = tree::Context::root();
                root.cancel();
                let child = root.child();
                expect(child.is_cancelled(), "the child", "has ended", "has not");
                child.child().done().recv();
                expect_eq("the children root knows", &root.children(), &0);
            },
        )
        .on(
            Verdict::WrongResult,
            "a child must look whether its parent has ended: nobody will tell it later",
        )
        .on(
            Verdict::Deadlock,
            "the channel of a node that is born ended is closed as well",
        );
    suite
        .test(
            "tree::a_child_at_the_moment_of_the_end",
            "a node gets a child while it is cancelled: the child ends in any case",
            || {
                let root = tree::Context::root();
                let (theirs, group) = (root.clone(), WaitGroup::new());
                group.go(move || theirs.cancel());
                let child = root.child();
                group.wait();
                expect(child.is_cancelled(), "the child", "has ended", "has not");
                child.done().recv();
            },
        )
        .on(
            Verdict::WrongResult,
            "between the look at the parent and the entry in its list the parent ended: do both under \
             one lock",
        )
        .on(
            Verdict::Deadlock,
            "between the look at the parent and the entry in its list the parent ended: do both under \
             one lock",
        );
    suite
        .test(
            "tree::again_and_by_several",
            "parent, child and grandchild are cancelled at the same time, some twice",
            || {
                let root = tree::Context::root();
                let child = root.child();
                let grandchild = child.child();
                let group = WaitGroup::new();
                for ctx in [&grandchild, &root, &child, &grandchild] {
                    let ctx = ctx.clone();
                    group.go(move || ctx.cancel());
                }
                group.wait();
                for ctx in [&root, &child, &grandchild] {
                    expect(ctx.is_cancelled(), "each of them", "has ended", "has not");
                }
                root.cancel();
            },
        )
        .on(
            Verdict::Panicked,
            "a channel is closed once: whoever ends a node looks and marks it under one lock",
        )
        .on(
            Verdict::Deadlock,
            "one holds its lock and wants its parent's, the other holds that and wants its child's: \
             let go of one before you take the other",
        );
    suite
        .test(
            "tree::forgets_those_that_ended",
            "a root gets three children, two end: it knows one",
            || {
                let root = tree::Context::root();
                let children = [root.child(), root.child(), root.child()];
                expect_eq("the children root knows", &root.children(), &3);
                children[0].cancel();
                children[2].cancel();
                expect_eq("the children root knows", &root.children(), &1);
                expect(
                    !children[1].is_cancelled(),
                    "the one that is left",
                    "has not ended",
                    "has",
                );
                root.cancel();
                expect_eq("the children root knows", &root.children(), &0);
            },
        )
        .on(
            Verdict::WrongResult,
            "whoever ends takes its leave of its parent, or the root of a server grows for ever",
        );
}
