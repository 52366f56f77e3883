//! What is graded in lesson 04.
//!
//! What must happen once counts how often it happened, and gives way in its middle, so
//! that others can come in between. What was seen inside is told at the end: a panic
//! inside would be one of the things under test. Time is virtual.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use lesson_04_once::engine::Engine;
use lesson_04_once::lazy::Lazy;
use lesson_04_once::own::Once;
use lesson_04_once::registry::{Registry, Unreachable};
use lesson_04_once::shutdown::Shutdown;
use marmota::runtime::gosched;
use marmota::sync::WaitGroup;
use marmota::{sim, time};
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect_eq};

const HOUR: Duration = Duration::from_secs(3600);

const PARK: &str = "somebody asks again and again whether it is done, and keeps the runtime busy: wait for a \
                    lock, a channel or a Cond, which parks";

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    engine(&mut suite);
    lazy(&mut suite);
    shutdown(&mut suite);
    registry(&mut suite);
    registry_failures(&mut suite);
    own(&mut suite);
    own_panics(&mut suite);
    suite.run()
}

/// Runs `each(0)` to `each(n - 1)`, each on a goroutine, and waits for them.
#[track_caller]
fn together<T: Send + Sync + 'static>(
    n: u64,
    shared: &Arc<T>,
    each: impl Fn(&T, u64) + Send + Sync + 'static,
) {
    let (group, each) = (WaitGroup::new(), Arc::new(each));
    for i in 0..n {
        let (shared, each) = (Arc::clone(shared), Arc::clone(&each));
        group.go(move || each(&shared, i));
    }
    group.wait();
}

/// A number that goroutines share.
#[derive(Clone, Default)]
struct Count(Arc<AtomicU64>);

impl Count {
    fn up(&self) -> u64 {
        self.0.fetch_add(1, SeqCst) + 1
    }

    fn down(&self) {
        self.0.fetch_sub(1, SeqCst);
    }

    fn get(&self) -> u64 {
        self.0.load(SeqCst)
    }
}

/// What `f` on a goroutine of its own returned, or the text it panicked with.
#[track_caller]
fn outcome<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    marmota::spawn(f).join().map_err(|thrown| {
        let text = thrown.downcast_ref::<&str>().map(|s| (*s).to_owned());
        text.or_else(|| thrown.downcast_ref::<String>().cloned())
            .unwrap_or_default()
    })
}

fn engine(suite: &mut Suite) {
    suite
        .test(
            "engine::starts_at_the_first_use",
            "an engine that is not used is not started; one that is used twice, once",
            || {
                let starts = Count::default();
                let counted = starts.clone();
                let engine = Engine::new(move || {
                    counted.up();
                });
                expect_eq("the starts before any use", &starts.get(), &0);
                let results = [engine.run(|| "a"), engine.run(|| "b")];
                expect_eq("what the jobs returned", &results, &["a", "b"]);
                expect_eq("the starts after two uses", &starts.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "the start belongs into `run`, before the job, and only the first `run` may do it",
        );
    suite
        .test(
            "engine::starts_once_for_all",
            "two goroutines use it at the same moment: one start, and no job before it is over",
            || {
                let (starts, over) = (Count::default(), Arc::new(AtomicBool::new(false)));
                let (counted, ready) = (starts.clone(), Arc::clone(&over));
                let engine = Arc::new(Engine::new(move || {
                    counted.up();
                    gosched();
                    ready.store(true, SeqCst);
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(2, &engine, move |engine, _| {
                    engine.run(|| log.push(over.load(SeqCst)));
                });
                expect_eq("the starts", &starts.get(), &1);
                let all = vec![true, true];
                expect_eq("the start was over, as the jobs saw it", &seen.all(), &all);
            },
        )
        .on(
            Verdict::WrongResult,
            "between looking whether it was started and saying so, somebody else looked. Or a job \
             began because somebody had *begun* to start it: call_once waits until it is over",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test("engine::jobs_meet", "three jobs that wait for each other all end", || {
            let engine = Arc::new(Engine::new(gosched));
            let meeting = Meeting::of(3);
            together(3, &engine, move |engine, _| engine.run(|| meeting.arrive()));
        })
        .on(
            Verdict::Deadlock,
            "a job waits for one that cannot begin: the start happens once and alone, the jobs do not. \
             Is a lock held while a job runs?",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "engine::rests_while_it_starts",
            "the start takes an hour, and who waits for it is not busy meanwhile",
            || {
                // An hour of virtual time: it passes at once, but only when all rest.
                let engine = Arc::new(Engine::new(|| time::sleep(HOUR)));
                together(3, &engine, |engine, _| engine.run(|| ()));
            },
        )
        .on(Verdict::Livelock, PARK);
}

fn lazy(suite: &mut Suite) {
    suite
        .test(
            "lazy::loads_when_it_is_asked_for",
            "nothing is loaded before the first `get`, and once after two",
            || {
                let loads = Count::default();
                let counted = loads.clone();
                let lazy = Lazy::new(move || counted.up());
                expect_eq("the loads before any get", &loads.get(), &0);
                let values = [*lazy.get(), *lazy.get()];
                expect_eq("the values", &values, &[1, 1]);
                expect_eq("the loads after two gets", &loads.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "`new` keeps the function, the first `get` calls it, and later ones find the value",
        );
    suite
        .test(
            "lazy::all_share_one_value",
            "two goroutines ask at the same moment: one load, and both get that value",
            || {
                let loads = Count::default();
                let counted = loads.clone();
                let lazy = Arc::new(Lazy::new(move || {
                    gosched();
                    counted.up()
                }));
                let seen = Log::new();
                let log = seen.clone();
                together(2, &lazy, move |lazy, _| log.push(lazy.get()));
                expect_eq("the loads", &loads.get(), &1);
                let values = seen.all();
                let same = Arc::ptr_eq(&values[0], &values[1]);
                expect_eq("both have the same value, in one place", &same, &true);
            },
        )
        .on(
            Verdict::WrongResult,
            "both looked before either had loaded: whoever looks and loads must keep the others \
             out until the value is there",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "lazy::a_panic_is_remembered",
            "the load panics: so does every get, with the same text, and it is not called again",
            || {
                let loads = Count::default();
                let counted = loads.clone();
                let lazy: Arc<Lazy<u32>> = Arc::new(Lazy::new(move || {
                    counted.up();
                    gosched();
                    panic!("the disk is gone");
                }));
                let texts = Log::new();
                let log = texts.clone();
                together(2, &lazy, {
                    let lazy = Arc::clone(&lazy);
                    move |_, _| {
                        let lazy = Arc::clone(&lazy);
                        log.push(outcome(move || *lazy.get()));
                    }
                });
                let later = outcome(move || *lazy.get());
                texts.push(later);
                let gone: Result<u32, String> = Err("the disk is gone".to_owned());
                expect_eq("what came of three gets", &texts.all(), &vec![gone; 3]);
                expect_eq("the loads", &loads.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "that the load panicked is something to remember, with its text. once_value does; over \
             a Mutex, catch_unwind does",
        )
        .on(
            Verdict::Deadlock,
            "the load panicked, and those who wait for it were not told",
        );
    suite
        .test(
            "lazy::rests_while_it_loads",
            "the load takes an hour, and who waits for it is not busy meanwhile",
            || {
                let lazy = Arc::new(Lazy::new(|| time::sleep(HOUR)));
                together(3, &lazy, |lazy, _| drop(lazy.get()));
            },
        )
        .on(Verdict::Livelock, PARK);
}

fn shutdown(suite: &mut Suite) {
    suite
        .test(
            "shutdown::everybody_is_told",
            "two wait for the reason and one receives; one stop is enough for all",
            || {
                let shutdown = Arc::new(Shutdown::new());
                let (told, group) = (Log::new(), WaitGroup::new());
                for _ in 0..2 {
                    let (shutdown, told) = (Arc::clone(&shutdown), told.clone());
                    group.go(move || told.push(shutdown.wait()));
                }
                let (stopped, log) = (shutdown.stopped(), told.clone());
                group.go(move || log.push(format!("received {:?}", stopped.recv())));
                expect_eq("the first stop", &shutdown.stop("the user"), &true);
                group.wait();
                let expected = ["received None", "the user", "the user"].map(str::to_owned);
                expect_eq("what they were told, sorted", &told.sorted(), &expected.to_vec());
            },
        )
        .on(
            Verdict::Deadlock,
            "somebody was not told: one value that is sent reaches one receiver, a close reaches all, \
             now and later. And who sends waits until somebody receives",
        )
        .on(
            Verdict::WrongResult,
            "the channel was closed before the reason was written down: whoever waited for the one \
             looked for the other at once",
        );
    suite
        .test(
            "shutdown::closed_once",
            "two stop at the same moment: one is the first, and its reason counts",
            || {
                let shutdown = Arc::new(Shutdown::new());
                let first = Log::new();
                let log = first.clone();
                together(2, &shutdown, move |shutdown, i| {
                    let reason = ["an error", "a timeout"][i as usize];
                    if shutdown.stop(reason) {
                        log.push(reason.to_owned());
                    }
                });
                expect_eq("how many were the first", &first.len(), &1);
                let reason = vec![shutdown.wait()];
                expect_eq("the reason", &reason, &first.all());
            },
        )
        .on(
            Verdict::Panicked,
            "both found it open, and both closed it: to look and to close have to be one step",
        )
        .on(
            Verdict::WrongResult,
            "who is the first, and whose reason is written down, is decided in one step: once, for \
             both together",
        );
    suite
        .test(
            "shutdown::nobody_has_to_listen",
            "stop returns though nobody waits; who comes later is told all the same",
            || {
                let shutdown = Shutdown::new();
                let answers = ["first", "second", "third"].map(|reason| shutdown.stop(reason));
                expect_eq("who was the first", &answers, &[true, false, false]);
                let reasons = [shutdown.wait(), shutdown.wait()];
                expect_eq(
                    "the reason, twice",
                    &reasons,
                    &["first", "first"].map(String::from),
                );
                let received = shutdown.stopped().recv();
                expect_eq("what is received later", &received, &None);
            },
        )
        .on(
            Verdict::Deadlock,
            "to send waits for a receiver, and there may be none; to close waits for nobody",
        )
        .on(
            Verdict::Panicked,
            "a channel can be closed once: remember that it was",
        )
        .on(
            Verdict::WrongResult,
            "a stop that is not the first returns false and changes nothing",
        );
    suite
        .test(
            "shutdown::rests_while_it_waits",
            "nobody stops for an hour, and who waits is not busy meanwhile",
            || {
                let shutdown = Arc::new(Shutdown::new());
                together(2, &shutdown, |shutdown, i| {
                    if i == 0 {
                        shutdown.wait();
                    } else {
                        time::sleep(HOUR);
                        shutdown.stop("the hour is over");
                    }
                });
            },
        )
        .on(Verdict::Livelock, PARK);
}

fn registry(suite: &mut Suite) {
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

fn registry_failures(suite: &mut Suite) {
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

fn own(suite: &mut Suite) {
    suite
        .test(
            "own::one_of_two_runs",
            "two call at the same moment: one function runs, and both return after it",
            || {
                let (once, runs) = (Arc::new(Once::new()), Count::default());
                let over = Arc::new(AtomicBool::new(false));
                let seen = Log::new();
                let (counted, log) = (runs.clone(), seen.clone());
                together(2, &once, move |once, _| {
                    once.call_once(|| {
                        counted.up();
                        gosched();
                        over.store(true, SeqCst);
                    });
                    log.push(over.load(SeqCst));
                });
                expect_eq("how many functions ran", &runs.get(), &1);
                let all = vec![true, true];
                expect_eq("it was over, as each caller saw it", &seen.all(), &all);
            },
        )
        .on(
            Verdict::WrongResult,
            "did two look before either had said that it runs? Or did one return because the other had \
             begun, and not because it had ended?",
        )
        .on(
            Verdict::Deadlock,
            "somebody waits for a function that is over: who tells it?",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "own::all_who_wait_go_on",
            "three wait for a fourth whose function takes long; all go on when it is over",
            || {
                let (once, door) = (Arc::new(Once::new()), Gate::new());
                let (through, group) = (Log::new(), WaitGroup::new());
                for i in 0..4 {
                    let (once, door, through) = (Arc::clone(&once), door.clone(), through.clone());
                    group.go(move || {
                        once.call_once(|| door.pass());
                        through.push(i);
                    });
                }
                sim::wait();
                expect_eq(
                    "who returned before it was over",
                    &through.all(),
                    &Vec::new(),
                );
                door.open();
                group.wait();
                expect_eq("who went on, sorted", &through.sorted(), &vec![0, 1, 2, 3]);
            },
        )
        .on(
            Verdict::Deadlock,
            "only some of those who waited were woken: all have to be",
        )
        .on(
            Verdict::WrongResult,
            "whoever is not the first waits until the first one's function has returned",
        )
        .on(Verdict::Livelock, PARK);
    suite
        .test(
            "own::is_completed_never_waits",
            "not before it runs, not while it runs, but from then on",
            || {
                let (once, door) = (Arc::new(Once::new()), Gate::new());
                let mut answers = vec![once.is_completed()];
                let (theirs, inside) = (Arc::clone(&once), Log::new());
                let (log, gate) = (inside.clone(), door.clone());
                let running = marmota::spawn(move || {
                    theirs.call_once(|| {
                        log.push(theirs.is_completed());
                        gate.pass();
                    });
                });
                sim::wait();
                answers.push(once.is_completed());
                door.open();
                running.join().expect("nothing panics in there");
                answers.push(once.is_completed());
                let expected = vec![false, false, true];
                expect_eq("before, while, and after it runs", &answers, &expected);
                expect_eq("asked from within", &inside.all(), &vec![false]);
                let seen = Log::new();
                let log = seen.clone();
                together(3, &once, move |once, i| match i {
                    0 => once.call_once(|| ()),
                    _ => log.push(once.is_completed()),
                });
                expect_eq("while others call", &seen.all(), &vec![true, true]);
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits for a lock that is held while the function runs: a flag beside the lock can be \
             looked at without it",
        )
        .on(
            Verdict::WrongResult,
            "the flag means *over*, not *begun*: it is set after the function, and never taken back",
        );
    suite
        .test(
            "own::one_does_not_wait_for_another",
            "the functions of two Onces meet, and one calls a third",
            || {
                let all = Arc::new((Once::new(), Once::new(), Once::new()));
                let (meeting, runs) = (Meeting::of(2), Count::default());
                let counted = runs.clone();
                together(2, &all, move |(a, b, inner), i| {
                    let outer = if i == 0 { a } else { b };
                    outer.call_once(|| {
                        meeting.arrive();
                        inner.call_once(|| {
                            counted.up();
                        });
                    });
                });
                expect_eq("how often the third ran", &runs.get(), &1);
            },
        )
        .on(
            Verdict::Deadlock,
            "one Once waits for another: what it waits on must be its own",
        );
    suite
        .test(
            "own::rests_while_it_waits",
            "the function takes an hour, and who waits for it is not busy meanwhile",
            || {
                let once = Arc::new(Once::new());
                together(3, &once, |once, _| once.call_once(|| time::sleep(HOUR)));
            },
        )
        .on(Verdict::Livelock, PARK);
}

fn own_panics(suite: &mut Suite) {
    suite
        .test(
            "own::a_panic_counts_as_done",
            "the function panics: the caller gets the panic, and no other function is run",
            || {
                let (once, runs) = (Arc::new(Once::new()), Count::default());
                let (theirs, counted) = (Arc::clone(&once), runs.clone());
                let panicked = outcome(move || {
                    theirs.call_once(|| {
                        counted.up();
                        panic!("out of fuel");
                    });
                });
                expect_eq(
                    "what came of the first",
                    &panicked,
                    &Err("out of fuel".to_owned()),
                );
                let completed = once.is_completed();
                once.call_once(|| {
                    runs.up();
                });
                expect_eq("whether it was completed", &completed, &true);
                expect_eq("how many functions ran", &runs.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "a panic jumps over the line that sets the flag: let a drop set it",
        )
        .on(
            Verdict::Deadlock,
            "a panic jumps over the line that ends the wait: let a drop do it",
        );
    suite
        .test(
            "own::a_panic_lets_the_others_go_on",
            "two call at the same moment and the function panics: one gets it, the other returns",
            || {
                let (once, runs) = (Arc::new(Once::new()), Count::default());
                let seen = Log::new();
                let (counted, log) = (runs.clone(), seen.clone());
                together(2, &Arc::new(()), move |(), _| {
                    let (once, counted) = (Arc::clone(&once), counted.clone());
                    log.push(outcome(move || {
                        once.call_once(|| {
                            counted.up();
                            gosched();
                            panic!("out of fuel");
                        });
                    }));
                });
                let expected = vec![Ok(()), Err("out of fuel".to_owned())];
                expect_eq("what came of both, sorted", &seen.sorted(), &expected);
                expect_eq("how many functions ran", &runs.get(), &1);
            },
        )
        .on(
            Verdict::WrongResult,
            "the one who waited must not run its own function: the first one counts, whatever came of \
             it",
        )
        .on(
            Verdict::Deadlock,
            "a panic jumps over the line that ends the wait: let a drop do it",
        )
        .on(Verdict::Livelock, PARK);
}
