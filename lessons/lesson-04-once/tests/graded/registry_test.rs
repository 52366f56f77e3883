//! `registry`: a connection a name, each made once, failures tried again.

use std::sync::Arc;

use lesson_04_once::registry::{Registry, Unreachable};
use marmota::runtime::gosched;
use marmota::time;
use marmota_grader::{Log, Meeting, Suite, Verdict, expect_eq};

use crate::common::{Count, HOUR, PARK, outcome, together};

pub fn add_to(suite: &mut Suite) {
    connects(suite);
    failures(suite);
}

fn connects(suite: &mut Suite) {
    suite
        .test(
            "registry::one_connection_for_all",
            "two want mail at the same moment, and one later: one connection for all",
            || {
                let attempts = Count::default();
                let counted = attempts.clone();
                let registry = Arc::new(Registry::new(move |service| {
                    counted.up();
                    gosched();
                    Ok(format!("connection to {service}"))
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(2, &registry, move |registry, _| log.push(registry.get("mail")));
                seen.push(registry.get("mail"));
                expect_eq("the attempts", &attempts.get(), &1);
                let expected = Ok(Arc::new("connection to mail".to_owned()));
                expect_eq("the answers", &seen.all(), &vec![expected; 3]);
                let all: Vec<_> = seen.all().into_iter().flatten().collect();
                let same = all.windows(2).all(|pair| Arc::ptr_eq(&pair[0], &pair[1]));
                expect_eq("all have the same connection", &same, &true);
            },
        )
        .on(
            Verdict::WrongResult,
            "whoever looks and finds no connection has to keep others of that service out until there \
             is one",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "registry::services_do_not_wait",
            "two services are connected to at the same time: the two attempts meet",
            || {
                let meeting = Meeting::of(2);
                let registry = Arc::new(Registry::new(move |service: &str| {
                    meeting.arrive();
                    Ok(service.len())
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(2, &registry, move |registry, i| {
                    let service = ["mail", "search"][i as usize];
                    log.push(registry.get(service).map(|c| *c).ok());
                });
                expect_eq("the connections, sorted", &seen.sorted(), &vec![Some(4), Some(6)]);
            },
        )
        .on(
            Verdict::Deadlock,
            "one service is not connected to before the other is: no lock that all services share may \
             be held meanwhile",
        );
    suite
        .test(
            "registry::rests_while_it_connects",
            "connecting takes an hour, and who waits for it is not busy meanwhile",
            || {
                let registry = Arc::new(Registry::new(|_| {
                    time::sleep(HOUR);
                    Ok(())
                }));
                together(3, &registry, |registry, _| drop(registry.get("mail")));
            },
        )
        .on(Verdict::Livelock, PARK);
}

fn failures(suite: &mut Suite) {
    suite
        .test(
            "registry::a_failure_is_not_remembered",
            "the first attempt fails; the next get tries again, and its connection stays",
            || {
                let attempts = Count::default();
                let counted = attempts.clone();
                let registry = Registry::new(move |service| match counted.up() {
                    1 => Err(Unreachable(format!("{service} is down"))),
                    n => Ok(n),
                });
                let answers = [(); 3].map(|()| registry.get("mail").map(|c| *c));
                let down = Err(Unreachable("mail is down".to_owned()));
                expect_eq("the answers", &answers, &[down, Ok(2), Ok(2)]);
            },
        )
        .on(
            Verdict::WrongResult,
            "only a connection is kept. A Once keeps whatever came of the first call, failures too",
        )
        .on(
            Verdict::Deadlock,
            "after a failure nobody is connecting any more: does the list say so?",
        );
    suite
        .test(
            "registry::who_waited_tries_next",
            "three want mail; the first attempt fails, the second succeeds, and there is no third",
            || {
                let (attempts, now, most) = (Count::default(), Count::default(), Count::default());
                let (counted, at_once) = (attempts.clone(), most.clone());
                let registry = Arc::new(Registry::new(move |_| {
                    if now.up() > 1 {
                        at_once.up();
                    }
                    gosched();
                    now.down();
                    match counted.up() {
                        1 => Err(Unreachable("down".to_owned())),
                        n => Ok(n),
                    }
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(3, &registry, move |registry, _| {
                    log.push(registry.get("mail").map(|c| *c).ok());
                });
                expect_eq("attempts beside another", &most.get(), &0);
                let expected = vec![None, Some(2), Some(2)];
                expect_eq("the connections, sorted", &seen.sorted(), &expected);
                expect_eq("the attempts", &attempts.get(), &2);
            },
        )
        .on(
            Verdict::WrongResult,
            "one attempt at a time; only whose attempt failed gets the error; who waited for it looks \
             again, and tries if there still is no connection",
        )
        .on(
            Verdict::Deadlock,
            "the attempt failed, and those who waited for it were not woken",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "registry::a_panic_is_a_failure",
            "the first attempt panics; the one who waited for it tries and succeeds",
            || {
                let attempts = Count::default();
                let counted = attempts.clone();
                let registry = Arc::new(Registry::new(move |_| {
                    let n = counted.up();
                    gosched();
                    assert!(n > 1, "no cable");
                    Ok(n)
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(2, &registry, {
                    let registry = Arc::clone(&registry);
                    move |_, _| {
                        let registry = Arc::clone(&registry);
                        log.push(outcome(move || registry.get("mail").map(|c| *c).ok()));
                    }
                });
                let expected = vec![Ok(Some(2)), Err("no cable".to_owned())];
                expect_eq("what came of two gets, sorted", &seen.sorted(), &expected);
            },
        )
        .on(
            Verdict::Deadlock,
            "a panic jumps over everything up to the end of the function: what says that somebody is \
             connecting has to be undone by a drop",
        )
        .on(
            Verdict::WrongResult,
            "the panic goes to the one whose attempt it was, and to no other",
        );
}
