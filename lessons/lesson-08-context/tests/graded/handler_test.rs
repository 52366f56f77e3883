//! `handler`: services are asked side by side, and a page is made of what came in time.

use lesson_08_context::handler::{Part, Service, handle};
use marmota::context::{self, Context, ContextError};
use marmota::time;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{HOUR, SECOND, cancelled_after, expect_seconds};

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

pub fn add_to(suite: &mut Suite) {
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
