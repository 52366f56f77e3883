//! `budget`: one deadline shared by all stages.

use lesson_08_context::budget::{RequestId, Stage, run_stages};
use marmota::context::{self, Context, ContextError};
use marmota::time;
use marmota_grader::{Log, Suite, Verdict, expect_eq};

use crate::common::{HOUR, SECOND, cancelled_after, expect_seconds};

/// A stage that says how many seconds it has and then takes some.
fn stage(left: &Log<Option<u64>>, takes: u32) -> Stage {
    let left = left.clone();
    Box::new(move |ctx| {
        left.push(ctx.deadline().map(|end| (end - time::now()).as_secs()));
        pause_or_end(ctx, takes)
    })
}

/// Takes some seconds, or ends with the context.
fn pause_or_end(ctx: &Context, seconds: u32) -> Result<(), ContextError> {
    let done = ctx.done();
    marmota::select! {
        <-done => Err(ctx.err().expect("it is done")),
        <-time::after(seconds * SECOND) => Ok(()),
    }
}

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "budget::shares_what_is_left",
            "30 seconds, three stages that take four each: they may take 10, 13 and 22",
            || {
                let left = Log::new();
                let (ctx, cancel) = context::with_timeout(&context::background(), 30 * SECOND);
                let result = run_stages(&ctx, (0..3).map(|_| stage(&left, 4)).collect());
                cancel.cancel();
                expect_eq("the result", &result, &Ok(()));
                let shares = vec![Some(10), Some(13), Some(22)];
                expect_eq("seconds that the stages had", &left.all(), &shares);
            },
        )
        .on(
            Verdict::WrongResult,
            "what is left now, divided by the stages still to be run, this one included: 30/3, 26/2, \
             22/1",
        );
    suite
        .test(
            "budget::a_slow_stage_ends_the_run",
            "the second of three stages takes too long: its share passes, and that is the error",
            || {
                let (left, start) = (Log::new(), time::now());
                let (ctx, cancel) = context::with_timeout(&context::background(), 30 * SECOND);
                let ctx = context::with_value(&ctx, RequestId(7));
                let stages = vec![stage(&left, 4), stage(&left, 1000), stage(&left, 1)];
                let result = run_stages(&ctx, stages);
                cancel.cancel();
                let error = "request 7: stage 2: context deadline exceeded".to_owned();
                expect_eq("the result", &result, &Err(error));
                expect_eq("stages that were begun", &left.len(), &2);
                expect_seconds(start, 4 + 13);
            },
        )
        .on(
            Verdict::WrongResult,
            "the first error ends the run, and says where: the request, from the context's values, \
             where it has the type it was put in as; the stage, counted from 1; the error of the stage",
        );
    suite
        .test(
            "budget::no_deadline_no_share",
            "a context without a deadline: the stages have none, and see its values",
            || {
                let (left, ids) = (Log::new(), Log::new());
                let ctx = context::with_value(&context::background(), RequestId(8));
                let log = ids.clone();
                let looks: Stage = Box::new(move |ctx| {
                    log.push(ctx.value::<RequestId>().copied());
                    Ok(())
                });
                let result = run_stages(&ctx, vec![stage(&left, 100), looks]);
                expect_eq("the result", &result, &Ok(()));
                expect_eq("seconds that the first stage had", &left.all(), &vec![None]);
                expect_eq(
                    "the request as a stage sees it",
                    &ids.all(),
                    &vec![Some(RequestId(8))],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a stage's context is a child of ctx: then it has its values, and no deadline where ctx \
             has none",
        );
    suite
        .test(
            "budget::an_end_reaches_the_stage",
            "cancelled while a stage runs: the stage hears of it, and no other begins",
            || {
                let (left, start) = (Log::new(), time::now());
                let ctx = cancelled_after(5, &context::background());
                let waits: Stage = Box::new(|ctx| {
                    ctx.done().recv();
                    Err(ctx.err().expect("it is done"))
                });
                let result = run_stages(&ctx, vec![stage(&left, 1), waits, stage(&left, 1)]);
                let error = "request ?: stage 2: context canceled".to_owned();
                expect_eq("the result", &result, &Err(error));
                expect_eq("other stages that were begun", &left.len(), &1);
                expect_seconds(start, 5);
            },
        )
        .on(
            Verdict::Deadlock,
            "the stage waits for an end that never comes: its context must be a child of ctx",
        )
        .on(
            Verdict::WrongResult,
            "without a RequestId in the context it reads `request ?`",
        );
    suite
        .test(
            "budget::nothing_begins_after_the_end",
            "a stage does not mind that it is cancelled: the next does not begin",
            || {
                let left = Log::new();
                let (ctx, cancel) = context::with_cancel(&context::background());
                let stubborn: Stage = Box::new(move |_| {
                    cancel.cancel();
                    Ok(())
                });
                let result = run_stages(&ctx, vec![stubborn, stage(&left, 0)]);
                let error = "request ?: stage 2: context canceled".to_owned();
                expect_eq("the result", &result, &Err(error));
                expect_eq("stages begun after that", &left.len(), &0);
            },
        )
        .on(
            Verdict::WrongResult,
            "look at ctx.err() before each stage: one that cannot begin is where the run ended",
        );
    suite
        .test(
            "budget::a_stage_takes_its_helpers_along",
            "a stage starts a helper and returns: the helper is told at once",
            || {
                let told = Log::new();
                let log = told.clone();
                let start = time::now();
                let (ctx, cancel) = context::with_timeout(&context::background(), HOUR);
                let helped: Stage = Box::new(move |ctx| {
                    let ctx = ctx.clone();
                    marmota::go(move || {
                        ctx.done().recv();
                        log.push(start.elapsed().as_secs());
                    });
                    Ok(())
                });
                let left = Log::new();
                let result = run_stages(&ctx, vec![helped, stage(&left, 5)]);
                expect_eq("the result", &result, &Ok(()));
                expect_eq(
                    "when the helper was told, in seconds",
                    &told.all(),
                    &vec![0],
                );
                cancel.cancel();
            },
        )
        .on(
            Verdict::WrongResult,
            "cancel a stage's context when the stage is over: cancel.on_drop() gives a guard",
        );
}
