//! `retry`: try again with pauses that grow, until it works or the context ends.

use lesson_08_context::budget::RequestId;
use lesson_08_context::retry::{Failure, pause, retry};
use marmota::context::{self, ContextError};
use marmota::time;
use marmota_grader::{Suite, Verdict, expect_eq};

use crate::common::{HOUR, SECOND, cancelled_after, expect_seconds};

pub fn add_to(suite: &mut Suite) {
    suite
        .test(
            "retry::until_it_works",
            "an operation that works the third time: three attempts and two rests",
            || {
                let (start, mut tried) = (time::now(), 0);
                let result = retry(&context::background(), 5, 10 * SECOND, |_| {
                    tried += 1;
                    if tried < 3 { Err("busy") } else { Ok(tried) }
                });
                expect_eq("the result", &result, &Ok(3));
                expect_seconds(start, 20);
            },
        )
        .on(
            Verdict::WrongResult,
            "attempt, rest, attempt, rest, attempt: a rest lies between two attempts only",
        )
        .on(
            Verdict::Leak,
            "the rest is over, and something waits for it still: a select over time::after leaves \
             nothing behind",
        )
        .on(
            Verdict::Livelock,
            "who rests asks nobody what time it is: a select parks until it is",
        );
    suite
        .test(
            "retry::gives_up",
            "an operation that never works: three attempts, two rests, and what it said last",
            || {
                let (start, mut tried) = (time::now(), 0);
                let result: Result<(), _> = retry(&context::background(), 3, 10 * SECOND, |_| {
                    tried += 1;
                    Err(tried)
                });
                expect_eq("the result", &result, &Err(Failure::Failed(3)));
                expect_seconds(start, 20);
            },
        )
        .on(
            Verdict::WrongResult,
            "three attempts have two rests between them; after the last there is nothing to rest for",
        );
    suite
        .test(
            "retry::an_end_cuts_the_rest_short",
            "cancelled five seconds into a rest of an hour: it returns then, with one attempt made",
            || {
                let (start, mut tried) = (time::now(), 0);
                let ctx = cancelled_after(5, &context::background());
                let result: Result<(), _> = retry(&ctx, 3, HOUR, |_| {
                    tried += 1;
                    Err("busy")
                });
                let canceled = Err(Failure::Ended(ContextError::Canceled));
                expect_eq("the result", &result, &canceled);
                expect_eq("the attempts", &tried, &1);
                expect_seconds(start, 5);
            },
        )
        .on(
            Verdict::WrongResult,
            "a sleep hears of nothing: while you rest, wait for ctx.done() as well",
        )
        .on(
            Verdict::Leak,
            "the rest was cut short, but something still waits for its end: a select over \
             time::after leaves nothing behind",
        )
        .on(
            Verdict::Livelock,
            "who rests asks nobody whether it is over: a select parks until something happens",
        );
    suite
        .test(
            "retry::a_deadline_ends_it",
            "25 seconds, and ten between attempts: three attempts, and the error of a deadline",
            || {
                let (start, mut tried) = (time::now(), 0);
                let (ctx, cancel) = context::with_timeout(&context::background(), 25 * SECOND);
                let result: Result<(), _> = retry(&ctx, 9, 10 * SECOND, |_| {
                    tried += 1;
                    Err("busy")
                });
                cancel.cancel();
                let exceeded = Err(Failure::Ended(ContextError::DeadlineExceeded));
                expect_eq("the result", &result, &exceeded);
                expect_eq("the attempts", &tried, &3);
                expect_seconds(start, 25);
                expect_eq(
                    "a pause in a context that has ended",
                    &pause(&ctx, SECOND),
                    &Err(ContextError::DeadlineExceeded),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "ctx.err() says which of the two ends it was",
        );
    suite
        .test(
            "retry::ended_before_it_began",
            "a context that has ended: no attempt at all",
            || {
                let (ctx, cancel) = context::with_cancel(&context::background());
                cancel.cancel();
                let result = retry(&ctx, 3, SECOND, |_| Ok::<_, &str>("worked"));
                let canceled = Err(Failure::Ended(ContextError::Canceled));
                expect_eq("the result", &result, &canceled);
            },
        )
        .on(
            Verdict::WrongResult,
            "look at ctx.err() before each attempt, the first too",
        );
    suite
        .test(
            "retry::hands_the_context_on",
            "an operation that waits for the end of its context hears of it",
            || {
                let ctx = cancelled_after(5, &context::background());
                let ctx = context::with_value(&ctx, RequestId(7));
                let mut ids = Vec::new();
                let result: Result<(), _> = retry(&ctx, 2, SECOND, |ctx| {
                    ids.push(ctx.value::<RequestId>().copied());
                    ctx.done().recv();
                    Err("told")
                });
                let canceled = Err(Failure::Ended(ContextError::Canceled));
                expect_eq("the result", &result, &canceled);
                expect_eq("the request's number", &ids, &vec![Some(RequestId(7))]);
            },
        )
        .on(
            Verdict::Deadlock,
            "the operation waits for an end that never comes: hand on the context you were given, or \
             a child of it",
        )
        .on(
            Verdict::WrongResult,
            "the operation gets the context you were given, and after the end there is no attempt",
        );
}
