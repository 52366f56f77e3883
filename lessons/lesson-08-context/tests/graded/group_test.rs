//! `group`: the first error cancels the others, and is what wait tells.

use lesson_08_context::group::Group;
use marmota::context::{self, ContextError};
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect, expect_eq};

use crate::common::{HOUR, SECOND, cancelled_after};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "group::waits_for_all",
            "three goroutines without an error: all have ended when wait returns",
            || {
                let (group, ctx) = Group::<&str>::new(&context::background());
                let ended = Log::new();
                for n in 1..=3 {
                    let ended = ended.clone();
                    group.go(move || {
                        gosched();
                        ended.push(n);
                        Ok(())
                    });
                }
                expect_eq("the context's error before that", &ctx.err(), &None);
                expect_eq("the result", &group.wait(), &Ok(()));
                expect_eq("those that had ended", &ended.sorted(), &vec![1, 2, 3]);
                expect(
                    ctx.err().is_some(),
                    "the context after wait",
                    "has ended",
                    "has not",
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "wait returns when the last has ended, and ends the context. Is each counted before it is \
             started?",
        );
    suite
        .test(
            "group::run_together",
            "three goroutines that wait for each other all end",
            || {
                let (group, _ctx) = Group::<&str>::new(&context::background());
                let meeting = Meeting::of(3);
                for _ in 0..3 {
                    let meeting = meeting.clone();
                    group.go(move || {
                        meeting.arrive();
                        Ok(())
                    });
                }
                expect_eq("the result", &group.wait(), &Ok(()));
            },
        )
        .on(
            Verdict::Deadlock,
            "one waits for another that was not begun: a goroutine each, and no lock held while it runs",
        );
    suite
        .test(
            "group::an_error_cancels_the_others",
            "one fails: the others, who wait for the end of the context, fail too; the first counts",
            || {
                let (group, ctx) = Group::new(&context::background());
                for _ in 0..2 {
                    let ctx = ctx.clone();
                    group.go(move || {
                        ctx.done().recv();
                        Err("told to stop")
                    });
                }
                group.go(|| Err("the disk is full"));
                expect_eq("the result", &group.wait(), &Err("the disk is full"));
            },
        )
        .on(
            Verdict::Deadlock,
            "the others wait for the end of the context, and wait waits for them: whoever fails ends \
             it, then and there",
        )
        .on(
            Verdict::WrongResult,
            "the first error counts: keep it before you cancel, or one who was told comes first",
        );
    suite
        .test(
            "group::cancels_before_anybody_waits",
            "one fails; an hour later, before wait, the context has ended",
            || {
                let (group, ctx) = Group::new(&context::background());
                group.go(|| Err("the disk is full"));
                time::sleep(HOUR);
                let error = Some(ContextError::Canceled);
                expect_eq("the context's error", &ctx.err(), &error);
                expect_eq("the result", &group.wait(), &Err("the disk is full"));
            },
        )
        .on(
            Verdict::WrongResult,
            "wait may come late: the goroutine that fails ends the context itself",
        );
    suite
        .test(
            "group::waits_even_after_an_error",
            "one fails at once, another takes ten seconds to clean up: wait waits for it",
            || {
                let (group, ctx) = Group::new(&context::background());
                let cleaned = Log::new();
                let log = cleaned.clone();
                group.go(move || {
                    ctx.done().recv();
                    time::sleep(10 * SECOND);
                    log.push("clean");
                    Ok(())
                });
                group.go(|| Err("the disk is full"));
                expect_eq("the result", &group.wait(), &Err("the disk is full"));
                expect_eq("what was done before", &cleaned.all(), &vec!["clean"]);
            },
        )
        .on(
            Verdict::WrongResult,
            "it returned while one was still cleaning up: wait for all, whatever happened",
        );
    suite
        .test(
            "group::hears_of_its_parent",
            "the parent is cancelled: the group hears of it; and the parent hears nothing of the group",
            || {
                let parent = cancelled_after(5, &context::background());
                let (group, ctx) = Group::new(&parent);
                group.go(move || {
                    ctx.done().recv();
                    Err(ctx.err())
                });
                let canceled = Err(Some(ContextError::Canceled));
                expect_eq("the result", &group.wait(), &canceled);

                let (parent, cancel) = context::with_cancel(&context::background());
                let (group, _ctx) = Group::new(&parent);
                group.go(|| Err("the disk is full"));
                let _error = group.wait();
                expect_eq("the parent's error after that", &parent.err(), &None);
                cancel.cancel();
            },
        )
        .on(
            Verdict::Deadlock,
            "the goroutine waits for an end that never comes: the group's context is a child of its \
             parent",
        );
    suite
        .test(
            "group::goroutines_start_others",
            "a goroutine of the group starts another, which fails",
            || {
                let (group, _ctx) = Group::new(&context::background());
                let inner = group.clone();
                group.go(move || {
                    inner.go(|| {
                        gosched();
                        Err("further down")
                    });
                    Ok(())
                });
                expect_eq("the result", &group.wait(), &Err("further down"));
            },
        )
        .on(
            Verdict::WrongResult,
            "count a goroutine when it is started, by whoever starts it, and wait until none is left: not \
             only for those there were",
        );
}
