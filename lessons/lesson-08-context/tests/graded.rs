//! What is graded in lesson 08.
//!
//! Time is virtual: "at once" means at the same moment on that clock, and an hour passes
//! only when all rest. That an end reaches somebody is shown by letting them wait for it:
//! if it does not, they wait for ever.

use std::process::ExitCode;
use std::time::Duration;

use lesson_08_context::budget::{RequestId, Stage, run_stages};
use lesson_08_context::group::Group;
use lesson_08_context::handler::{Part, Service, handle};
use lesson_08_context::retry::{Failure, pause, retry};
use lesson_08_context::tree;
use lesson_08_context::worker::{End, work};
use marmota::context::{self, Context, ContextError};
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::time;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect, expect_eq};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    retry_(&mut suite);
    worker(&mut suite);
    budget(&mut suite);
    group(&mut suite);
    handler(&mut suite);
    tree_(&mut suite);
    suite.run()
}

/// A child of `parent` that somebody cancels after `seconds`.
fn cancelled_after(seconds: u32, parent: &Context) -> Context {
    let (ctx, cancel) = context::with_cancel(parent);
    marmota::go(move || {
        time::sleep(seconds * SECOND);
        cancel.cancel();
    });
    ctx
}

#[track_caller]
fn expect_seconds(since: time::Instant, seconds: u32) {
    expect_eq("virtual time passed", &since.elapsed(), &(seconds * SECOND));
}

fn retry_(suite: &mut Suite) {
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

/// `count` jobs in a channel that has room for them, closed if `all` there are.
fn jobs(count: u32, all: bool) -> (marmota::Sender<u32>, marmota::Receiver<u32>) {
    let (tx, rx) = marmota::chan(16);
    (1..=count).for_each(|job| tx.send(job));
    if all {
        tx.close();
    }
    (tx, rx)
}

fn worker(suite: &mut Suite) {
    suite
        .test(
            "worker::until_there_are_no_more",
            "three jobs and a closed channel: all handled, then cleaned up",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(3, true);
                let end = work(
                    &context::background(),
                    &jobs,
                    |job| log.push(job.to_string()),
                    || log.push("clean".to_owned()),
                );
                expect_eq("the end", &end, &End::NoMoreJobs);
                expect_eq(
                    "what it did",
                    &log.all(),
                    &["1", "2", "3", "clean"].map(String::from).to_vec(),
                );
            },
        )
        .on(
            Verdict::Livelock,
            "a closed channel is always ready: a select gives None from it for ever. That is the end",
        )
        .on(
            Verdict::WrongResult,
            "clean up on every way out: when there are no more jobs, too",
        );
    suite
        .test(
            "worker::hears_of_the_end_while_it_waits",
            "nothing to do for an hour, then cancelled: it cleans up and ends",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(1, false);
                let ctx = cancelled_after(3600, &context::background());
                let end = work(
                    &ctx,
                    &jobs,
                    |job| log.push(job.to_string()),
                    || log.push("clean".to_owned()),
                );
                expect_eq("the end", &end, &End::Told(ContextError::Canceled));
                expect_eq(
                    "what it did",
                    &log.all(),
                    &["1", "clean"].map(String::from).to_vec(),
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits for a job, and hears of nothing else: wait for both with a select",
        )
        .on(
            Verdict::Livelock,
            "it asks again and again whether there is a job: a select without default parks",
        );
    suite
        .test(
            "worker::takes_no_more_once_told",
            "its second job cancels the context: the eight that wait are left alone",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(10, false);
                let (ctx, cancel) = context::with_cancel(&context::background());
                let end = work(
                    &ctx,
                    &jobs,
                    |job| {
                        log.push(job);
                        if job == 2 {
                            cancel.cancel();
                        }
                    },
                    || {},
                );
                expect_eq("the end", &end, &End::Told(ContextError::Canceled));
                expect_eq("the jobs handled", &log.all(), &vec![1, 2]);
            },
        )
        .on(
            Verdict::WrongResult,
            "if both are ready a select takes either: look at ctx.err() before it, in each turn",
        );
    suite
        .test(
            "worker::finishes_the_job_at_hand",
            "a deadline in the middle of a job: it is finished, then cleaned up",
            || {
                let log = Log::new();
                let (_tx, jobs) = jobs(5, false);
                let (ctx, cancel) = context::with_timeout(&context::background(), 5 * SECOND);
                let end = work(
                    &ctx,
                    &jobs,
                    |job| {
                        log.push(format!("{job} begins"));
                        time::sleep(3 * SECOND);
                        log.push(format!("{job} ends"));
                    },
                    || log.push("clean".to_owned()),
                );
                cancel.cancel();
                expect_eq("the end", &end, &End::Told(ContextError::DeadlineExceeded));
                let all = ["1 begins", "1 ends", "2 begins", "2 ends", "clean"];
                expect_eq("what it did", &log.all(), &all.map(String::from).to_vec());
            },
        )
        .on(
            Verdict::WrongResult,
            "ctx.err() says which end it was; cleaning up comes last",
        );
    suite
        .test(
            "worker::cleans_up_after_a_panic",
            "a job panics: it is cleaned up, once, and the panic goes on",
            || {
                let log = Log::new();
                let theirs = log.clone();
                let ended = marmota::spawn(move || {
                    let (_tx, jobs) = jobs(3, true);
                    work(
                        &context::background(),
                        &jobs,
                        |job| {
                            if job == 2 {
                                panic!("job 2 is not to be done");
                            }
                        },
                        || theirs.push("clean"),
                    )
                })
                .join();
                expect(ended.is_err(), "work", "lets the panic through", "returned");
                expect_eq("what it did at the end", &log.all(), &vec!["clean"]);
            },
        )
        .on(
            Verdict::WrongResult,
            "a panic skips what stands after the loop, but it drops what stands on the stack: a value \
             whose Drop cleans up",
        );
}

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

fn budget(suite: &mut Suite) {
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
            "the first error ends the run, and says where: the request, from the context's values; \
             the stage, counted from 1; the error of the stage",
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

fn group(suite: &mut Suite) {
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
            "wait returns when the last has ended, and ends the context",
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
            "count a goroutine when it is started, by whoever starts it, and not when it runs",
        );
}

/// A service that answers after `seconds`, whatever happens meanwhile.
fn deaf(seconds: u32, answer: &'static str) -> Service {
    Box::new(move |_| {
        time::sleep(seconds * SECOND);
        Ok(answer.to_owned())
    })
}

fn here(answer: &str) -> Part {
    Part::Here(answer.to_owned())
}

fn handler(suite: &mut Suite) {
    suite
        .test(
            "handler::all_in_time",
            "three services answer after 3, 1 and 2 seconds: the page is there after 3, in order",
            || {
                let start = time::now();
                let services = vec![deaf(3, "article"), deaf(1, "price"), deaf(2, "others")];
                let page = handle(&context::background(), 10 * SECOND, services);
                let parts = vec![here("article"), here("price"), here("others")];
                expect_eq("the page", &page, &Ok(parts));
                expect_seconds(start, 3);
            },
        )
        .on(
            Verdict::WrongResult,
            "the answers come in the order of their ends; the page is in the order of the services, \
             and is made when the last is there",
        );
    suite
        .test(
            "handler::asks_all_at_once",
            "three services that wait for each other all answer",
            || {
                let meeting = Meeting::of(3);
                let meets = |_| {
                    let meeting = meeting.clone();
                    Box::new(move |_: &Context| {
                        meeting.arrive();
                        Ok("met".to_owned())
                    }) as Service
                };
                let page = handle(&context::background(), HOUR, (0..3).map(meets).collect());
                expect_eq("the page", &page, &Ok(vec![here("met"); 3]));
            },
        )
        .on(
            Verdict::Deadlock,
            "one service waits for another that was not asked yet: a goroutine for each",
        )
        .on(
            Verdict::WrongResult,
            "one service waits for another that was not asked yet: a goroutine for each",
        );
    suite
        .test(
            "handler::a_late_one_leaves_a_hole",
            "one fails, one takes an hour and is deaf: after ten seconds the page is what there is",
            || {
                let start = time::now();
                let fails: Service = Box::new(|_| Err("no price today".to_owned()));
                let services = vec![deaf(2, "article"), fails, deaf(3600, "others")];
                let page = handle(&context::background(), 10 * SECOND, services);
                let failed = Part::Failed("no price today".to_owned());
                let parts = vec![here("article"), failed, Part::Late];
                expect_eq("the page", &page, &Ok(parts));
                expect_seconds(start, 10);
                // The deaf one answers now; nobody listens, and it must end all the same.
                time::sleep(2 * HOUR);
            },
        )
        .on(
            Verdict::WrongResult,
            "after `limit` the page is made of what has come; a service that failed has answered",
        )
        .on(
            Verdict::Leak,
            "a service that answers when nobody listens any more waits for ever: there must be room \
             for its answer",
        );
    suite
        .test(
            "handler::services_hear_of_the_time",
            "a service that waits for the end of its context ends when the time is up",
            || {
                let start = time::now();
                let ended = Log::new();
                let log = ended.clone();
                let good: Service = Box::new(move |ctx| {
                    ctx.done().recv();
                    log.push(start.elapsed().as_secs());
                    Err("told to stop".to_owned())
                });
                let services = vec![deaf(2, "article"), good];
                let page = handle(&context::background(), 10 * SECOND, services);
                expect_seconds(start, 10);
                let page = page.unwrap_or_default();
                expect_eq("the first part", &page.first(), &Some(&here("article")));
                time::sleep(SECOND);
                expect_eq("when the other ended, in seconds", &ended.all(), &vec![10]);
            },
        )
        .on(
            Verdict::Deadlock,
            "the service waits for the end of its context, which does not come: with_timeout",
        )
        .on(
            Verdict::WrongResult,
            "a service's context ends after `limit`, and so does the waiting",
        );
    suite
        .test(
            "handler::the_visitor_goes_away",
            "the request is cancelled after three seconds: its error, at once, and the services hear",
            || {
                let start = time::now();
                let ended = Log::new();
                let log = ended.clone();
                let good: Service = Box::new(move |ctx| {
                    ctx.done().recv();
                    log.push(start.elapsed().as_secs());
                    Err("told to stop".to_owned())
                });
                let ctx = cancelled_after(3, &context::background());
                let page = handle(&ctx, 10 * SECOND, vec![deaf(3600, "article"), good]);
                expect_eq("the page", &page, &Err(ContextError::Canceled));
                expect_seconds(start, 3);
                // Until the deaf one has ended.
                time::sleep(2 * HOUR);
                expect_eq("when the service ended, in seconds", &ended.all(), &vec![3]);
            },
        )
        .on(
            Verdict::WrongResult,
            "the services' context is a child of the request's, and handle listens to both ends: if \
             the request's has ended there is no page",
        )
        .on(
            Verdict::Leak,
            "a service waits to hand over an answer, or for an end that never comes",
        );
    suite
        .test(
            "handler::a_finished_page_tells_all",
            "a service leaves a helper behind: it is told as soon as the page is made",
            || {
                let start = time::now();
                let told = Log::new();
                let log = told.clone();
                let helped: Service = Box::new(move |ctx| {
                    let ctx = ctx.clone();
                    marmota::go(move || {
                        ctx.done().recv();
                        log.push(start.elapsed().as_secs());
                    });
                    Ok("article".to_owned())
                });
                let page = handle(&context::background(), HOUR, vec![helped, deaf(2, "price")]);
                expect_eq("the page", &page, &Ok(vec![here("article"), here("price")]));
                time::sleep(SECOND);
                expect_eq(
                    "when the helper was told, in seconds",
                    &told.all(),
                    &vec![2],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "cancel the services' context when the page is made, and not only when the time is up",
        );
}

fn tree_(suite: &mut Suite) {
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
