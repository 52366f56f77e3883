//! What is graded in lesson 07.
//!
//! How many run at the same time is counted by the jobs themselves (`Gauge`); that so
//! many can is shown by jobs that wait for each other. Time is virtual: an hour passes
//! when all rest, and never while somebody keeps asking.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lesson_07_worker_pool::Job;
use lesson_07_worker_pool::balance::balance;
use lesson_07_worker_pool::crawl::{Page, crawl};
use lesson_07_worker_pool::limit::Semaphore;
use lesson_07_worker_pool::order::map_pool;
use lesson_07_worker_pool::rated::Pool;
use lesson_07_worker_pool::workers::run_pool;
use marmota::runtime::{gosched, num_goroutine};
use marmota::sync::WaitGroup;
use marmota::time;
use marmota_grader::{Gate, Log, Meeting, Suite, Verdict, expect, expect_eq};

const HOUR: Duration = Duration::from_secs(3600);
const EVERY: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let mut suite = Suite::new(file!());
    workers(&mut suite);
    order(&mut suite);
    limit(&mut suite);
    balance_(&mut suite);
    rated(&mut suite);
    crawl_(&mut suite);
    suite.run()
}

/// Counts who is inside, and remembers the most there were. Clones are the same gauge.
#[derive(Clone, Default)]
struct Gauge(Arc<Mutex<(usize, usize)>>);

impl Gauge {
    /// Goes in, gives way so that others may come in too, and goes out.
    fn visit(&self) {
        {
            let mut counts = self.0.lock().expect("nobody panics in here");
            counts.0 += 1;
            counts.1 = counts.1.max(counts.0);
        }
        gosched();
        self.0.lock().expect("nobody panics in here").0 -= 1;
    }

    #[track_caller]
    fn expect_at_most(&self, limit: usize, who: &str) {
        let most = self.0.lock().expect("nobody panics in here").1;
        let expected = format!("at most {limit}");
        expect(most <= limit, who, &expected, most.to_string());
    }
}

fn workers(suite: &mut Suite) {
    suite
        .test(
            "workers::each_job_once",
            "three workers, seven jobs: each has run once when `run_pool` returns",
            || {
                let ended = Log::new();
                let job = |n: u32| {
                    let ended = ended.clone();
                    Box::new(move || {
                        gosched();
                        ended.push(n);
                    }) as Job
                };
                run_pool(3, (1..=7).map(job).collect());
                expect_eq(
                    "the jobs that had ended",
                    &ended.sorted(),
                    &(1..=7).collect(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "an empty channel does not mean that the jobs have ended: wait for the workers, not for \
             the last send",
        )
        .on(
            Verdict::Deadlock,
            "a worker whose loop never ends waits for another job, and you for the worker: how does \
             it learn that there is no more?",
        )
        .on(
            Verdict::Leak,
            "a worker still waits for a job: close the channel when there is no more",
        );
    suite
        .test(
            "workers::jobs_meet",
            "three workers: three jobs that wait for each other all end",
            || {
                let meeting = Meeting::of(3);
                let arrive = |_| {
                    let meeting = meeting.clone();
                    Box::new(move || meeting.arrive()) as Job
                };
                run_pool(3, (0..3).map(arrive).collect());
            },
        )
        .on(
            Verdict::Deadlock,
            "fewer than three jobs were under way: start all workers before you feed them, each on a \
             goroutine of its own",
        );
    suite
        .test(
            "workers::no_more_than_workers",
            "two workers, twelve jobs: never more than two at a time",
            || {
                let (gauge, goroutines) = (Gauge::default(), Log::new());
                let job = |_| {
                    let (gauge, goroutines) = (gauge.clone(), goroutines.clone());
                    Box::new(move || {
                        goroutines.push(num_goroutine());
                        gauge.visit();
                    }) as Job
                };
                run_pool(2, (0..12).map(job).collect());
                gauge.expect_at_most(2, "jobs at the same time");
                let most = goroutines.sorted().pop().unwrap_or(0);
                expect(
                    most <= 5,
                    "goroutines in all, with main and two helpers",
                    "at most 5",
                    most.to_string(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "the workers are the goroutines: start two, in all, and let each do many jobs",
        );
    suite
        .test(
            "workers::a_slow_job_holds_up_nobody",
            "two workers, one of them busy: the other does all the rest",
            || {
                let rest_done = Gate::new();
                let left = Arc::new(Mutex::new(4));
                let mut jobs: Vec<Job> = Vec::new();
                let gate = rest_done.clone();
                jobs.push(Box::new(move || gate.pass()));
                for _ in 0..4 {
                    let (gate, left) = (rest_done.clone(), Arc::clone(&left));
                    jobs.push(Box::new(move || {
                        let last = {
                            let mut left = left.lock().expect("nobody panics in here");
                            *left -= 1;
                            *left == 0
                        };
                        if last {
                            gate.open();
                        }
                    }));
                }
                run_pool(2, jobs);
            },
        )
        .on(
            Verdict::Deadlock,
            "a job was dealt to a busy worker while the other had nothing to do: let both take from \
             the same channel",
        );
    suite
        .test(
            "workers::more_workers_than_jobs",
            "four workers and one job, or none: it returns, and no worker is left",
            || {
                let ended = Log::new();
                let log = ended.clone();
                run_pool(4, vec![Box::new(move || log.push(1))]);
                run_pool(4, Vec::new());
                expect_eq("the jobs that had ended", &ended.all(), &vec![1]);
            },
        )
        .on(
            Verdict::Leak,
            "a worker without a job waits for ever: close the channel",
        );
    suite
        .test(
            "workers::rests_while_it_waits",
            "three jobs take an hour, and nobody is busy meanwhile",
            || {
                let hour = |_| Box::new(|| time::sleep(HOUR)) as Job;
                run_pool(2, (0..3).map(hour).collect());
            },
        )
        .on(
            Verdict::Livelock,
            "somebody asks again and again whether the jobs are done: wait for the workers with a \
             WaitGroup",
        );
}

fn order(suite: &mut Suite) {
    suite
        .test(
            "order::results_in_the_items_order",
            "the calls end in reverse, the results stay in the items' order",
            || {
                let gates: Vec<Gate> = (0..4).map(|_| Gate::new()).collect();
                gates[3].open();
                let results = map_pool(3, vec![0, 1, 2], move |i: usize| {
                    gates[i + 1].pass();
                    gates[i].open();
                    i * 10
                });
                expect_eq("the results", &results, &vec![0, 10, 20]);
            },
        )
        .on(
            Verdict::WrongResult,
            "results come in the order in which calls end: send the item's number with each",
        )
        .on(
            Verdict::Deadlock,
            "three calls that wait for each other need three workers. Or who waits for a channel \
             that nobody closes?",
        )
        .on(
            Verdict::Panicked,
            "who closes the results' channel must know that no worker will send any more: that is \
             when the workers have ended, not when the items have been handed out",
        )
        .on(
            Verdict::Leak,
            "the results are all there, but workers still wait for items: close that channel",
        );
    suite
        .test(
            "order::many_items",
            "two workers, nine items: each is worked on once",
            || {
                let calls = Log::new();
                let log = calls.clone();
                let results = map_pool(2, (0..9).collect(), move |n: u32| {
                    log.push(n);
                    n * n
                });
                expect_eq(
                    "the results",
                    &results,
                    &(0..9).map(|n| n * n).collect::<Vec<u32>>(),
                );
                expect_eq("the items, sorted", &calls.sorted(), &(0..9).collect());
            },
        )
        .on(
            Verdict::Deadlock,
            "you hand out items, the workers hand out results, and nobody takes: take results while \
             you hand out items, each on a goroutine of its own",
        );
    suite
        .test(
            "order::no_more_than_workers",
            "two workers, eight items: never more than two calls at a time",
            || {
                let gauge = Gauge::default();
                let inner = gauge.clone();
                map_pool(2, (0..8).collect(), move |_: u32| inner.visit());
                gauge.expect_at_most(2, "calls at the same time");
            },
        )
        .on(
            Verdict::WrongResult,
            "a goroutine an item is no pool: start two, which take items from a channel",
        );
    suite
        .test(
            "order::no_items",
            "no items give no results, and leave nobody behind",
            || {
                let results = map_pool(3, Vec::<u8>::new(), |n| n);
                expect_eq("the results", &results, &Vec::new());
            },
        )
        .on(
            Verdict::Leak,
            "the workers wait for items: close their channel even if there were none",
        );
}

fn limit(suite: &mut Suite) {
    suite
        .test(
            "limit::no_more_than_size",
            "five goroutines, two permits: never more than two have one",
            || {
                let (permits, gauge, group) =
                    (Semaphore::new(2), Gauge::default(), WaitGroup::new());
                for _ in 0..5 {
                    let (permits, gauge) = (permits.clone(), gauge.clone());
                    group.go(move || {
                        let _permit = permits.acquire();
                        gauge.visit();
                    });
                }
                group.wait();
                gauge.expect_at_most(2, "permits out at the same time");
            },
        )
        .on(
            Verdict::WrongResult,
            "count again: how many sends fit before one waits? And if you look first and take then, \
             somebody comes in between: make it one step",
        )
        .on(
            Verdict::Deadlock,
            "permits came back and somebody still waits: each that comes back must wake one who \
             waits, also when it is not the first to come back",
        );
    suite
        .test(
            "limit::size_many_at_once",
            "three permits: three goroutines that wait for each other all have one",
            || {
                let (permits, meeting, group) =
                    (Semaphore::new(3), Meeting::of(3), WaitGroup::new());
                for _ in 0..3 {
                    let (permits, meeting) = (permits.clone(), meeting.clone());
                    group.go(move || {
                        let _permit = permits.acquire();
                        meeting.arrive();
                    });
                }
                group.wait();
            },
        )
        .on(
            Verdict::Deadlock,
            "the third waits for a permit that should be there: a semaphore of three has three",
        );
    suite
        .test(
            "limit::a_panic_gives_it_back",
            "whoever panics with a permit gives it back",
            || {
                let permits = Semaphore::new(1);
                let theirs = permits.clone();
                let ended = marmota::spawn(move || {
                    let _permit = theirs.acquire();
                    panic!("with a permit in hand");
                })
                .join();
                expect(ended.is_err(), "the goroutine", "panics", "did not");
                let _permit = permits.acquire();
            },
        )
        .on(
            Verdict::Deadlock,
            "the permit is lost: Drop runs when a panic unwinds, whatever else does not",
        );
    suite
        .test(
            "limit::try_does_not_wait",
            "one permit: a second try gives None, and one after it came back a permit",
            || {
                let permits = Semaphore::new(1);
                let first = permits.try_acquire();
                expect(first.is_some(), "the first try", "a permit", "None");
                for _ in 0..2 {
                    let second = permits.try_acquire();
                    expect(
                        second.is_none(),
                        "a try while it is out",
                        "None",
                        "a permit",
                    );
                }
                drop(first);
                let again = permits.try_acquire();
                expect(
                    again.is_some(),
                    "a try after it came back",
                    "a permit",
                    "None",
                );
            },
        )
        .on(
            Verdict::Deadlock,
            "it waits: try_acquire looks whether it would have to, and gives None",
        )
        .on(
            Verdict::WrongResult,
            "a try that fails must leave everything as it was",
        );
    suite
        .test(
            "limit::rests_while_it_waits",
            "a permit is out for an hour, and who waits for it keeps nobody busy",
            || {
                let permits = Semaphore::new(1);
                let permit = permits.acquire();
                let (theirs, group) = (permits.clone(), WaitGroup::new());
                group.go(move || drop(theirs.acquire()));
                time::sleep(HOUR);
                drop(permit);
                group.wait();
            },
        )
        .on(
            Verdict::Livelock,
            "acquire asks again and again in place of parking: a channel parks for you",
        );
}

/// Servers as tests have them: each takes from its channel, which has no buffer.
fn servers(
    count: usize,
    serve: impl Fn(usize, u32) + Send + Sync + 'static,
) -> Vec<marmota::Sender<u32>> {
    let serve = Arc::new(serve);
    let start = |server| {
        let (tx, rx) = marmota::chan(0);
        let serve = Arc::clone(&serve);
        marmota::go(move || {
            for request in rx {
                serve(server, request);
            }
        });
        tx
    };
    (0..count).map(start).collect()
}

/// `count` requests, 1, 2, 3, …, and then the end.
fn requests(count: u32) -> marmota::Receiver<u32> {
    let (tx, rx) = marmota::chan(0);
    marmota::go(move || {
        (1..=count).for_each(|request| tx.send(request));
        tx.close();
    });
    rx
}

fn balance_(suite: &mut Suite) {
    suite
        .test(
            "balance::each_request_once",
            "three servers, eight requests: each arrives once",
            || {
                let served = Log::new();
                let log = served.clone();
                let servers = servers(3, move |_, request| {
                    gosched();
                    log.push(request);
                });
                balance(&requests(8), &servers);
                // Time passes when all that was handed over has been served.
                time::sleep(HOUR);
                expect_eq("the requests served", &served.sorted(), &(1..=8).collect());
            },
        )
        .on(
            Verdict::WrongResult,
            "a request was lost or doubled: when all are busy it waits, and when one takes it the \
             others must not",
        )
        .on(
            Verdict::Leak,
            "the servers wait for more: close each one's channel when there is no more",
        );
    suite
        .test(
            "balance::a_busy_server_holds_up_nobody",
            "one server is busy until the others have served the rest",
            || {
                let (rest_served, count) = (Gate::new(), Log::new());
                let gate = rest_served.clone();
                let servers = servers(3, move |_, request| {
                    if request == 1 {
                        gate.pass();
                    } else {
                        count.push(request);
                        if count.len() == 5 {
                            gate.open();
                        }
                    }
                });
                balance(&requests(6), &servers);
                rest_served.pass();
            },
        )
        .on(
            Verdict::Deadlock,
            "a request waits for the busy server while another has nothing to do: offer it to all of \
             them at once",
        );
    suite
        .test(
            "balance::uses_all_servers",
            "three requests that wait for each other need all three servers",
            || {
                let meeting = Meeting::of(4);
                let arrive = meeting.clone();
                let servers = servers(3, move |_, _| arrive.arrive());
                balance(&requests(3), &servers);
                meeting.arrive();
            },
        )
        .on(
            Verdict::Deadlock,
            "a request waits for a server that is busy while another is free",
        );
    suite
        .test(
            "balance::rests_when_all_are_busy",
            "each request takes an hour, and the balancer keeps nobody busy meanwhile",
            || {
                let served = WaitGroup::new();
                served.add(5);
                let done = served.clone();
                let servers = servers(2, move |_, _| {
                    time::sleep(HOUR);
                    done.done();
                });
                balance(&requests(5), &servers);
                served.wait();
            },
        )
        .on(
            Verdict::Livelock,
            "it asks one server after the other, round and round: a select over all of them parks",
        );
    suite
        .test(
            "balance::no_requests",
            "no requests: the servers are told at once",
            || {
                balance(&requests(0), &servers(2, |_, _| {}));
            },
        )
        .on(Verdict::Leak, "a server waits for more: close its channel");
}

/// When each job of a pool started, in seconds since the first did.
fn since_the_first(starts: &Log<time::Instant>) -> Vec<u64> {
    let starts = starts.sorted();
    starts.iter().map(|&s| (s - starts[0]).as_secs()).collect()
}

/// A job that says when it starts and then takes as long as it is told.
fn timed(starts: &Log<time::Instant>, takes: Duration) -> Job {
    let starts = starts.clone();
    Box::new(move || {
        starts.push(time::now());
        time::sleep(takes);
    })
}

fn expect_taken(pool: &Pool, job: Job) {
    expect_eq("submit, before any stop", &pool.submit(job), &true);
}

fn rated(suite: &mut Suite) {
    suite
        .test(
            "rated::finishes_what_it_took",
            "five jobs are taken, then it is stopped: all have run when stop returns",
            || {
                let pool = Pool::new(2, EVERY);
                let ended = Log::new();
                for n in 1..=5 {
                    let ended = ended.clone();
                    expect_taken(
                        &pool,
                        Box::new(move || {
                            time::sleep(EVERY);
                            ended.push(n);
                        }),
                    );
                }
                pool.stop();
                expect_eq(
                    "the jobs that had ended",
                    &ended.sorted(),
                    &(1..=5).collect(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a job for which submit said true had not run: stop waits for the workers, and they \
             first empty whatever jobs wait in",
        )
        .on(
            Verdict::Deadlock,
            "stop waits for workers that were not all told: close a channel, and everybody who \
             receives from it learns",
        )
        .on(
            Verdict::Leak,
            "something of the pool lives on: who else receives or sends, and who tells it?",
        );
    suite
        .test(
            "rated::rests_without_work",
            "a pool without work rests, for an hour",
            || {
                let (pool, starts) = (Pool::new(2, EVERY), Log::new());
                time::sleep(HOUR);
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                pool.stop();
                expect_eq("jobs that ran", &starts.len(), &1);
            },
        )
        .on(
            Verdict::Livelock,
            "a worker without a job asks again and again: receive parks, and a select waits for \
             several things",
        );
    suite
        .test(
            "rated::keeps_the_pace",
            "three workers, five quick jobs: one start every ten seconds",
            || {
                let (pool, starts) = (Pool::new(3, EVERY), Log::new());
                for _ in 0..5 {
                    expect_taken(&pool, timed(&starts, Duration::ZERO));
                }
                pool.stop();
                expect_eq(
                    "the starts, in seconds since the first",
                    &since_the_first(&starts),
                    &vec![0, 10, 20, 30, 40],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "the pace is the pool's, not each worker's: they must share what says when the next may \
             start",
        );
    suite
        .test(
            "rated::slow_jobs_overlap",
            "three workers, jobs of 25 seconds: still one start every ten seconds",
            || {
                let (pool, starts) = (Pool::new(3, EVERY), Log::new());
                for _ in 0..5 {
                    expect_taken(&pool, timed(&starts, Duration::from_secs(25)));
                }
                pool.stop();
                expect_eq(
                    "the starts, in seconds since the first",
                    &since_the_first(&starts),
                    &vec![0, 10, 20, 30, 40],
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a job waited though a worker was free: is a lock held while a job runs, or does a pause \
             follow its end in place of its start?",
        );
    suite
        .test(
            "rated::a_rest_saves_nothing_up",
            "after a rest of 35 seconds two jobs are still ten seconds apart",
            || {
                let (pool, starts) = (Pool::new(2, EVERY), Log::new());
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                time::sleep(Duration::from_secs(35));
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                expect_taken(&pool, timed(&starts, Duration::ZERO));
                pool.stop();
                let starts = since_the_first(&starts);
                let gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
                let right = gaps.len() == 2 && gaps.iter().all(|&gap| gap >= 10);
                expect(
                    right,
                    "seconds between three starts",
                    "two numbers, neither below 10",
                    format!("{gaps:?}"),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "a ticker keeps a tick for whoever comes late, and the next follows soon after: count \
             from the last start",
        );
    suite
        .test(
            "rated::stop_refuses_the_rest",
            "after a stop submit gives false, and the job never runs",
            || {
                let pool = Pool::new(2, EVERY);
                pool.stop();
                let ran = Log::new();
                let log = ran.clone();
                expect_eq(
                    "submit after stop",
                    &pool.submit(Box::new(move || log.push(1))),
                    &false,
                );
                time::sleep(HOUR);
                expect_eq("jobs that ran", &ran.len(), &0);
            },
        )
        .on(
            Verdict::Panicked,
            "to send on a closed channel panics: who submits cannot know that somebody stops",
        )
        .on(
            Verdict::Deadlock,
            "submit waits for a worker, and there is none any more: it must hear of the stop as well",
        );
    suite
        .test(
            "rated::stop_while_some_submit",
            "four submit while it is stopped: what was taken has run, and nothing else",
            || {
                let pool = Pool::new(2, Duration::from_secs(1));
                let (taken, ran) = (Log::new(), Log::new());
                let submitters = WaitGroup::new();
                for n in 1..=4 {
                    let (pool, taken, ran) = (pool.clone(), taken.clone(), ran.clone());
                    submitters.go(move || {
                        gosched();
                        if pool.submit(Box::new(move || ran.push(n))) {
                            taken.push(n);
                        }
                    });
                }
                gosched();
                pool.stop();
                submitters.wait();
                expect_eq(
                    "the jobs that ran: those taken",
                    &ran.sorted(),
                    &taken.sorted(),
                );
            },
        )
        .on(
            Verdict::WrongResult,
            "true is a promise, and so is false. To look whether it stops and to hand the job over \
             must be one step; and who waits in `submit` when the stop comes gets an answer",
        )
        .on(
            Verdict::Panicked,
            "to send on a closed channel panics, and to look first whether it is closed does not \
             help: the stop may come in between",
        )
        .on(
            Verdict::Deadlock,
            "somebody waits in submit for a worker that has ended: a select hears of both",
        );
    suite
        .test(
            "rated::stop_by_several",
            "three stop it: each returns when the job has run",
            || {
                let (pool, ended) = (Pool::new(2, EVERY), Log::new());
                let log = ended.clone();
                expect_taken(
                    &pool,
                    Box::new(move || {
                        time::sleep(EVERY);
                        log.push(1);
                    }),
                );
                let stoppers = WaitGroup::new();
                for _ in 0..2 {
                    let (pool, ended) = (pool.clone(), ended.clone());
                    stoppers.go(move || {
                        pool.stop();
                        expect_eq("jobs that had run after a stop", &ended.len(), &1);
                    });
                }
                pool.stop();
                stoppers.wait();
                pool.stop();
                expect_eq("jobs that had run after a stop", &ended.len(), &1);
            },
        )
        .on(
            Verdict::Panicked,
            "a channel is closed once: the second who stops must know of the first, without a gap \
             between look and close",
        )
        .on(
            Verdict::WrongResult,
            "the second who stops also waits for the workers",
        );
}

/// A site for tests: `address links…`, a page a line; `!` in place of links for one that
/// is broken.
fn page(site: &str, address: &str) -> Result<Page, String> {
    gosched();
    let line = site
        .lines()
        .map(str::trim)
        .find(|l| l.split(' ').next() == Some(address));
    let mut links = line
        .unwrap_or_else(|| panic!("nobody links to {address}"))
        .split(' ')
        .skip(1)
        .map(str::to_owned)
        .peekable();
    if links.peek().is_some_and(|link| link == "!") {
        return Err(format!("{address} is broken"));
    }
    Ok(Page {
        title: address.to_uppercase(),
        links: links.collect(),
    })
}

/// What a crawl of `site` must give.
fn found(site: &str) -> BTreeMap<String, Result<String, String>> {
    let addresses = site.lines().filter_map(|l| l.trim().split(' ').next());
    addresses
        .map(|address| (address.to_owned(), page(site, address).map(|p| p.title)))
        .collect()
}

const SITE: &str = "a b c a
                    b c d d
                    c a b
                    d e
                    e a f
                    f";
const BROKEN: &str = "a b c
                      b !
                      c d
                      d";
const STAR: &str = "a b c d e f g h
                    b
                    c
                    d
                    e
                    f
                    g
                    h";

const SHARED: &str = "a b c d
                      b e f g h
                      c e f g h
                      d e f g h
                      e
                      f
                      g
                      h";

fn crawl_(suite: &mut Suite) {
    suite
        .test(
            "crawl::the_whole_site",
            "six pages that link in circles: all are found, each is fetched once",
            || {
                let fetched = Log::new();
                let log = fetched.clone();
                let result = crawl("a", 2, move |address| {
                    log.push(address.to_owned());
                    page(SITE, address)
                });
                let all: Vec<String> = found(SITE).into_keys().collect();
                expect_eq("the addresses fetched, sorted", &fetched.sorted(), &all);
                expect_eq("the result", &result, &found(SITE));
            },
        )
        .on(
            Verdict::WrongResult,
            "an address fetched twice: looking whether it is new and marking it must be one step. \
             One missing: it ended while somebody was still fetching, who found more",
        )
        .on(
            Verdict::Deadlock,
            "all wait for work and nobody is left to bring any: who notices that the last page is \
             done, and tells the others? Or all send addresses, and nobody takes them",
        )
        .on(
            Verdict::Leak,
            "workers wait for addresses that never come: tell them when it is over",
        );
    suite
        .test(
            "crawl::a_broken_page_is_no_end",
            "a page that cannot be fetched is reported; the others are found all the same",
            || {
                let result = crawl("a", 2, |address| page(BROKEN, address));
                expect_eq("the result", &result, &found(BROKEN));
            },
        )
        .on(
            Verdict::WrongResult,
            "a page that is broken has no links, and that is all: go on with the others",
        )
        .on(
            Verdict::Deadlock,
            "a broken page is done with, too: count it as such",
        );
    suite
        .test(
            "crawl::no_more_than_workers",
            "seven links on one page, two workers: never more than two fetches at a time",
            || {
                let gauge = Gauge::default();
                let inner = gauge.clone();
                let result = crawl("a", 2, move |address| {
                    inner.visit();
                    page(STAR, address)
                });
                gauge.expect_at_most(2, "fetches at the same time");
                expect_eq("the result", &result, &found(STAR));
            },
        )
        .on(
            Verdict::WrongResult,
            "a goroutine for each page is as many as there are links: start two, which take \
             addresses from a queue",
        )
        .on(
            Verdict::Deadlock,
            "every worker has links to hand over, and no worker takes any: where could they wait \
             without holding up who found them?",
        );
    suite
        .test(
            "crawl::fetches_meet",
            "three workers: three fetches that wait for each other end, and find the same links",
            || {
                let (meeting, fetched) = (Meeting::of(3), Log::new());
                let log = fetched.clone();
                let result = crawl("a", 3, move |address| {
                    log.push(address.to_owned());
                    if ["b", "c", "d"].contains(&address) {
                        meeting.arrive();
                    }
                    page(SHARED, address)
                });
                let all: Vec<String> = found(SHARED).into_keys().collect();
                expect_eq("the addresses fetched, sorted", &fetched.sorted(), &all);
                expect_eq("the result", &result, &found(SHARED));
            },
        )
        .on(
            Verdict::WrongResult,
            "three pages at a time that link to the same ones, and an address got in twice: to look \
             whether it is new and to mark it must be one step",
        )
        .on(
            Verdict::Deadlock,
            "one fetch waits for another that was not begun: is a lock held while fetching, or did a \
             worker go home when the queue was empty for a moment?",
        );
    suite
        .test(
            "crawl::one_worker_is_enough",
            "one worker and a page with forty links: all are found",
            || {
                let links: Vec<String> = (1..=40).map(|n| format!("page{n}")).collect();
                let names = links.clone();
                let result = crawl("a", 1, move |address| {
                    let links = if address == "a" {
                        names.clone()
                    } else {
                        vec![]
                    };
                    let title = String::new();
                    Ok(Page { title, links })
                });
                expect_eq("the number of pages found", &result.len(), &41);
            },
        )
        .on(
            Verdict::Deadlock,
            "the worker has links to hand over and waits for somebody to take them, which is \
             itself: they must wait where there is room for all",
        );
    suite
        .test(
            "crawl::no_page_waits_for_a_slow_one",
            "a page is slow: meanwhile the other worker fetches what its neighbour links to",
            || {
                let deep = Gate::new();
                let site = "a slow b\nslow\nb c\nc deep\ndeep";
                let result = crawl("a", 2, move |address| {
                    match address {
                        "slow" => deep.pass(),
                        "deep" => deep.open(),
                        _ => {}
                    }
                    page(site, address)
                });
                expect_eq("the result", &result, &found(site));
            },
        )
        .on(
            Verdict::Deadlock,
            "a free worker waited for the slow page: links can be fetched as soon as they are \
             found, whatever else of their level is still under way",
        );
    suite
        .test(
            "crawl::rests_while_it_waits",
            "each page takes an hour, and who waits for an address keeps nobody busy",
            || {
                let site = "a b\nb c\nc";
                let result = crawl("a", 2, move |address| {
                    time::sleep(HOUR);
                    page(site, address)
                });
                expect_eq("the result", &result, &found(site));
            },
        )
        .on(
            Verdict::Livelock,
            "a worker finds the queue empty and looks again at once: wait on a Cond, or on a channel",
        );
}
